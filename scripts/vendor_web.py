"""Fetch the browser libraries of the web client from npm, unmodified, or check that they still are.

Usage: vendor_web.py [--check]

Needs npm, and the network to fetch. What lands in the tree is named in LIBRARIES; each folder has the
library's licence and a VERSION file with its name, version and the integrity that npm vouches for.
"""

import argparse
import json
import shutil
import subprocess
import tarfile
import tempfile
from hashlib import sha512
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
CLIENT: Final = ROOT / "src/hongyan/web/client/vendor"
API: Final = ROOT / "src/hongyan/web/api/vendor"
TESTS: Final = ROOT / "tests/web/vendor"


class Library(NamedTuple):
    """What is taken of an npm package, and where it goes."""

    package: str
    version: str
    folder: Path
    files: tuple[str, ...]


def _typed(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{suffix}" for name in names for suffix in ("js", "d.ts"))


LIBRARIES: Final = (
    Library(
        "lit-html",
        "3.3.0",  # 3.3.1 to 3.3.3 leave a comment behind for every row that `repeat` takes away
        CLIENT / "lit-html",
        _typed(
            "lit-html",
            "directive",
            "directive-helpers",
            "async-directive",
            "directives/live",
            "directives/ref",
            "directives/repeat",
        ),
    ),
    Library("pbf", "5.1.2", CLIENT / "pbf", _typed("index")),
    Library("@noble/hashes", "2.4.0", CLIENT / "noble-hashes", _typed("legacy", "_md", "_u64", "utils")),
    Library("@noble/ciphers", "2.4.0", CLIENT / "noble-ciphers", _typed("aes", "_polyval", "utils")),
    Library(
        "swagger-ui-dist",
        "5.35.0",
        API / "swagger-ui",
        ("swagger-ui-bundle.js", "swagger-ui.css", "NOTICE"),
    ),
    Library("axe-core", "4.14.1", TESTS / "axe-core", ("axe.min.js",)),
)


def fetch(library: Library, target: Path) -> None:
    """Put a library's files, its licence and its version below ``target``."""
    with tempfile.TemporaryDirectory() as folder:
        spec = f"{library.package}@{library.version}"
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("there is no npm")
        command = [npm, "pack", "--json", "--silent", spec]
        packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603
        about = json.loads(packed.stdout)[0]
        with tarfile.open(Path(folder) / about["filename"]) as archive:
            archive.extractall(folder, filter="data")
        copy(Path(folder) / "package", library, target, about["integrity"])


def copy(package: Path, library: Library, target: Path, integrity: str) -> None:
    """Copy what is wanted of an unpacked package."""
    shutil.rmtree(target, ignore_errors=True)
    digests = []
    for name in (*library.files, "LICENSE"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / name, target / name)
        digests.append(f"{sha512((target / name).read_bytes()).hexdigest()}  {name}")
    lines = [f"{library.package} {library.version}", f"npm integrity {integrity}", "", *digests]
    (target / "VERSION").write_text("\n".join(lines) + "\n")


def changed(library: Library) -> list[str]:
    """Name the files of a library that are not what was fetched."""
    lines = (library.folder / "VERSION").read_text().splitlines()
    wanted = dict(reversed(line.split("  ", 1)) for line in lines[3:])
    found = {
        path.relative_to(library.folder).as_posix(): sha512(path.read_bytes()).hexdigest()
        for path in library.folder.rglob("*")
        if path.is_file() and path.name != "VERSION"
    }
    names = wanted.keys() | found.keys()
    return [f"{library.package}: {name}" for name in sorted(names) if wanted.get(name) != found.get(name)]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a file was modified")
    if not parser.parse_args().check:
        for library in LIBRARIES:
            fetch(library, library.folder)
        return
    faults = [fault for library in LIBRARIES for fault in changed(library)]
    if faults:
        raise SystemExit(f"not as they were fetched: {', '.join(faults)}; run scripts/vendor_web.py")


if __name__ == "__main__":
    main()
