"""The hot path's modules as machine code, where somebody has compiled them.

``scripts/compile_hot_path.py`` puts them beside this file, with a list of the sources that they were made
of. The sources stay what counts: the compiled modules are used all together or not at all, and not when
one of the sources has changed since, under another Python, or with ``HONGYAN_COMPILED=0``.
"""

import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Final

PACKAGE: Final = Path(__file__).parent
FOLDER: Final = PACKAGE / "_compiled"
LIST: Final = FOLDER / "modules.json"
SWITCH: Final = "HONGYAN_COMPILED"
"""The environment variable that turns compiled modules off, with 0."""


class CompiledModules(MetaPathFinder):
    """Finds modules by a list: name to file."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for the modules in the list only."""
        file = self._files.get(name)
        if file is None:
            return None
        return spec_from_loader(name, ExtensionFileLoader(name, str(file)))


def use_compiled() -> None:
    """From now on import compiled modules, if there are any that fit."""
    if os.environ.get(SWITCH) == "0" or are_used() or not LIST.exists():
        return
    found = json.loads(LIST.read_text())
    if found["python"] == python_tag() and found["sources"] == digests(found["sources"]):
        files = {name: FOLDER / file for name, file in found["files"].items()}
        sys.meta_path.insert(0, CompiledModules(files))


def are_used() -> bool:
    """Tell whether compiled modules are imported in this process."""
    return any(isinstance(finder, CompiledModules) for finder in sys.meta_path)


def python_tag() -> str:
    """Name what a compiled module fits: the version of Python, the system and the processor."""
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


def digests(sources: "Mapping[str, str] | Sequence[str]") -> dict[str, str]:
    """Return a digest of each source, named by its path inside the package; of a missing one, none."""
    files = {source: PACKAGE / source for source in sources}
    return {
        source: hashlib.blake2b(file.read_bytes(), digest_size=16).hexdigest() if file.exists() else ""
        for source, file in files.items()
    }
