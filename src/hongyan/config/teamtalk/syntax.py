"""The form of the originals' files: ``key=value``, with the quirks of their parser (spec/conf.md 1)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from hongyan.errors import ConfigError

LONGEST_LINE: Final = 255
"""Bytes; what is longer is read as several lines."""

_LEADING_INTEGER: Final = re.compile(r"\s*([+-]?\d+)")


class Entry(NamedTuple):
    """One assignment that counts."""

    key: str
    value: str
    line: int


def read_entries(file: Path) -> tuple[dict[str, Entry], list[Entry]]:
    """Return the assignments of a file by their key, the first of each, and those that came too late.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    entries: dict[str, Entry] = {}
    repeats = [entry for entry in _assignments(data) if entries.setdefault(entry.key, entry) is not entry]
    return entries, repeats


def leading_integer(text: str) -> int:
    """Read a number as C's atoi does: leading digits only, 0 when there are none."""
    match = _LEADING_INTEGER.match(text)
    return int(match[1]) if match else 0


def _assignments(data: bytes) -> Iterator[Entry]:
    for number, line in _lines(data):
        key, equals, value = line.partition(b"#")[0].partition(b"=")
        # A carriage return is cut, unlike there, where a file with CR LF cannot be used at all.
        name, text = (part.strip(b" \t\r").decode(errors="replace") for part in (key, value))
        if equals and name and text:
            yield Entry(name, text, number)


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        for start in range(0, len(line) or 1, LONGEST_LINE):
            yield number, line[start : start + LONGEST_LINE]
