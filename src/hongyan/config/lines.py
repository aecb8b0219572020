"""Which line of a TOML file a setting stands on, which the parser does not tell."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from hongyan.config.sections import Path


def lines_of(text: str) -> dict[Path, int]:
    """Return the first line of every table and key of ``text``, which has been parsed without an error."""
    lines: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        path, value = _only_path(tomllib.loads(statement))
        if statement.lstrip().startswith("["):
            table = path
            lines.setdefault(path, number)
        else:
            for inner in _paths(table + path, value):
                lines.setdefault(inner, number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield every header and every assignment with its first line; a value may go over several."""
    start, gathered = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        if not gathered and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start if gathered else number
        gathered += line + "\n"
        if _is_complete(gathered):
            yield start, gathered
            gathered = ""


def _is_complete(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _only_path(value: Any) -> tuple[Path, Any]:
    """Walk down to where the one statement ends: ``a.b = 1`` gives (a, b) and 1."""
    path: Path = ()
    while isinstance(value, dict) and len(value) == 1:
        ((key, value),) = value.items()
        path += (key,)
        value = value[0] if isinstance(value, list) and value == [{}] else value
    return path, value


def _paths(path: Path, value: Any) -> Iterator[Path]:
    yield path
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths((*path, key), inner)
