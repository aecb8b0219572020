"""Words for what is wrong with a setting: the place, and what is allowed there."""

import difflib
from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from hongyan.config.secrets import masked
from hongyan.config.sections import Path, dotted, section_at

LONGEST_VALUE: Final = 60


def describe(model: type[BaseModel], error: ValidationError, place_of: Callable[[Path], str]) -> list[str]:
    """Make one line of each fault.

    Args:
        model: what was validated.
        error: what came of it.
        place_of: tells where a setting was written, ``""`` when nobody knows.
    """
    lines = []
    for fault in error.errors(include_url=False):
        path = tuple(str(part) for part in fault["loc"])
        place = [place_of(path), _key(path)]
        lines.append(": ".join([*filter(None, place), _allowed(model, path, fault)]))
    return lines


def _key(path: Path) -> str:
    """Write a path with the position in a list from one on, as people count."""
    return dotted(tuple(f"entry {int(part) + 1}" if part.isdigit() else part for part in path))


def _allowed(model: type[BaseModel], path: Path, fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return _unknown(model, path)
    if fault["type"] == "model_type":
        return f"must be a table, [{dotted(path)}]"
    text = str(fault["msg"]).removeprefix("Value error, ")
    for theirs, ours in (("Input should be", "must be"), ("String should", "must"), ("Tuple should", "must")):
        text = text.replace(theirs, ours)
    return text if fault["type"] == "missing" or len(path) < 2 else text + _not(path, fault["input"])  # noqa: PLR2004


def _unknown(model: type[BaseModel], path: Path) -> str:
    section = section_at(model, path[:-1])
    known = [] if section is None else list(section.model_fields)
    kind = "key" if len(path) > 1 else "table"
    if near := difflib.get_close_matches(path[-1], known, n=1):
        return f"there is no such {kind}; did you mean {near[0]}?"
    return f"there is no such {kind}; there are {', '.join(known)}" if known else f"there is no such {kind}"


def _not(path: Path, value: Any) -> str:
    if isinstance(value, dict | BaseModel):
        return ""
    text = repr(masked(tuple(part for part in path if not part.isdigit()), value))
    return f", not {text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + '...'}"
