"""Compile the modules through which every message goes, with mypyc, for the Python that runs this.

Hongyan runs without it, and more slowly: docs/explanation/performance.md says by how much. What is made
lies in src/hongyan/_compiled; `hongyan.compiled` says when it is used. Nothing happens when it is up to
date. Where it does not succeed, for lack of a C compiler or for an error, it says why, and that is all.

Usage: compile_hot_path.py
"""

import contextlib
import io
import json
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

from hongyan.compiled import FOLDER, LIST, PACKAGE, digests, python_tag

SOURCES: Final = (
    "cluster/link.py",
    "cluster/memory.py",
    "cluster/pdu.py",
    "reactor/connection.py",
    "reactor/dispatch.py",
    "roles/db_proxy/messages.py",
    "roles/msg/db_links.py",
    "roles/msg/directory.py",
    "roles/msg/lanes.py",
    "roles/msg/messages.py",
    "store/batch.py",
    "store/conversations.py",
    "store/entries.py",
    "store/journal.py",
    "wire/attach.py",
    "wire/blocks.py",
    "wire/frame.py",
    "wire/in_place.py",
)
"""By their paths inside the package: what profiles show of a message's way, and what inherits from it."""


def main() -> None:
    """Run the command line."""
    wanted = {"python": python_tag(), "sources": digests(SOURCES), "recipe": Path(__file__).read_text()}
    if LIST.exists() and json.loads(LIST.read_text()).items() >= wanted.items():
        return
    if not has_compiler():
        _say("there is no C compiler, or no Python.h; Hongyan runs as it is, more slowly")
        return
    _say("this takes about a minute ...")
    with tempfile.TemporaryDirectory(prefix="hongyan-compile-") as folder:
        try:
            files = _quietly(Path(folder))
        except RuntimeError as error:
            _say(f"{error}\nthis failed; Hongyan runs as it is, more slowly")
            return
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(Path(folder) / "lib", FOLDER)
    LIST.write_text(json.dumps(wanted | {"files": files}, indent=1))  # last: what is listed is there


def has_compiler() -> bool:
    """Tell whether this Python can be extended here."""
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    headers = Path(sysconfig.get_path("include"), "Python.h")
    return shutil.which(command.split()[0]) is not None and headers.exists()


def _quietly(folder: Path) -> dict[str, str]:
    """Compile; what the tools have to say is the error's text when it fails.

    Raises:
        RuntimeError: one of them failed.
    """
    from setuptools.errors import BaseError  # here and below: not needed when nothing is to be done

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            return _compile(folder)
        except (BaseError, SystemExit) as error:  # mypyc exits where the types are wrong
            raise RuntimeError(f"{said.getvalue()}{error}") from error


def _compile(folder: Path) -> dict[str, str]:
    """Compile into ``folder``/lib; return the file there of each module."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    alone = folder / "src"  # mypyc names modules by their paths from here, and mypy looks for others here
    alone.mkdir()
    (alone / PACKAGE.name).symlink_to(PACKAGE)
    os.chdir(alone)
    # What is installed on demand only need not be there.
    arguments = ["--ignore-missing-imports", *(f"{PACKAGE.name}/{source}" for source in SOURCES)]
    extensions = mypycify(arguments, opt_level="2", debug_level="0", target_dir=str(folder / "c"))
    command = build_ext(Distribution({"name": PACKAGE.name, "ext_modules": extensions}))
    command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "o")
    command.ensure_finalized()
    command.run()
    return {extension.name: command.get_ext_filename(extension.name) for extension in extensions}


def _say(text: str) -> None:
    print(f"compiling the hot path: {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
