"""Generate the protobuf modules from the .proto files, or check that they are up to date.

Usage: generate_protos.py [--check]
"""

import argparse
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

SOURCE = Path(__file__).resolve().parent.parent / "src"
PACKAGE = Path("hongyan/wire/pb")


def generate(target: Path) -> None:
    """Write the modules and their type stubs below ``target``."""
    protos = sorted(str(path.relative_to(SOURCE)) for path in (SOURCE / PACKAGE).glob("*.proto"))
    plugin = Path(sys.executable).parent / "protoc-gen-mypy"
    arguments = [
        "protoc",
        f"--proto_path={SOURCE}",
        f"--proto_path={files('grpc_tools') / '_proto'}",
        f"--plugin=protoc-gen-mypy={plugin}",
        f"--python_out={target}",
        f"--mypy_out=quiet:{target}",
        *protos,
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit("protoc failed; its message is above")


def differences(target: Path) -> list[str]:
    """Name every generated file that is missing, stale or left over in the source tree."""
    fresh = {path.name: path.read_bytes() for path in (target / PACKAGE).iterdir()}
    present = {path.name: path.read_bytes() for path in (SOURCE / PACKAGE).glob("*_pb2.py*")}
    return sorted(name for name in fresh.keys() | present.keys() if fresh.get(name) != present.get(name))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail if a file is not up to date"
    )
    if not parser.parse_args().check:
        generate(SOURCE)
        return
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        stale = differences(Path(folder))
    if stale:
        raise SystemExit(f"not what the .proto files say: {', '.join(stale)}; run `make protos`")


if __name__ == "__main__":
    main()
