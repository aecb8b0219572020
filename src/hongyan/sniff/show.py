"""Lines for people or for programs, and the choice of commands to show."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from hongyan.errors import ConfigError
from hongyan.sniff.decode import Decoded
from hongyan.wire.commands import COMMANDS

Write = Callable[[str], None]


class Direction(Enum):
    """Who speaks; the value is the sign in a line."""

    CLIENT = ">"
    SERVER = "<"
    UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a frame comes from; ``connection`` counts from 1."""

    connection: int
    direction: Direction


class Printer:
    """Writes a line for every frame that is wanted.

    Args:
        write: takes a finished line.
        as_json: JSON lines instead of text.
        commands: ids, or parts of names, of the commands to show; empty shows all.
    """

    def __init__(self, write: Write, *, as_json: bool, commands: Sequence[str] = ()) -> None:
        self._write = write
        self._as_json = as_json
        self._wanted = _command_ids(commands)
        self.printed = 0

    def frame(self, time: float | None, origin: Origin, decoded: Decoded) -> None:
        """Show a frame."""
        if self._wanted and decoded.command_id not in self._wanted:
            return
        self.printed += 1
        self._write(_json(time, origin, decoded) if self._as_json else _text(time, origin, decoded))

    def note(self, time: float | None, origin: Origin, text: str) -> None:
        """Show something that is not a frame, such as a connection that opened."""
        if self._as_json:
            self._write(_dump({**_place(time, origin), "note": text}))
        else:
            self._write(f"{_prefix(time, origin)} -- {text}")


def _command_ids(texts: Sequence[str]) -> frozenset[int]:
    ids: set[int] = set()
    for text in texts:
        found = {id_ for id_, command in COMMANDS.items() if _matches(text, id_, command.name)}
        if not found:
            raise ConfigError(
                f"no command {text!r}: write an id such as 0x0301 or a part of a name such as MSG_DATA"
            )
        ids |= found
    return frozenset(ids)


def _matches(text: str, id_: int, name: str) -> bool:
    try:
        return int(text, 0) == id_
    except ValueError:
        return text.upper() in name


def _text(time: float | None, origin: Origin, decoded: Decoded) -> str:
    parts = [
        f"{_prefix(time, origin)} {decoded.command or 'unknown'}(0x{decoded.command_id:04x})",
        f"seq={decoded.seq} len={decoded.length}",
    ]
    if decoded.odd:
        parts.append("[" + " ".join(f"{name}={value}" for name, value in decoded.odd.items()) + "]")
    parts += [f"{name}={_plain(value)}" for name, value in decoded.fields.items()]
    if decoded.problem:
        parts.append(f"!! {decoded.problem}")
    return " ".join(parts)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + " ".join(f"{name}={_plain(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if isinstance(value, str) and (not value or not value.isprintable() or " " in value):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _prefix(time: float | None, origin: Origin) -> str:
    clock = "" if time is None else f"{datetime.fromtimestamp(time).astimezone():%H:%M:%S.%f} "
    return f"{clock}#{origin.connection} {origin.direction.value}"


def _json(time: float | None, origin: Origin, decoded: Decoded) -> str:
    line: dict[str, Any] = {
        **_place(time, origin),
        "command": decoded.command,
        "command_id": decoded.command_id,
        "seq": decoded.seq,
        "length": decoded.length,
        **decoded.odd,
        "fields": decoded.fields,
    }
    if decoded.problem:
        line["problem"] = decoded.problem
    return _dump(line)


def _place(time: float | None, origin: Origin) -> dict[str, Any]:
    stamp = None if time is None else datetime.fromtimestamp(time).astimezone().isoformat()
    return {"time": stamp, "connection": origin.connection, "direction": origin.direction.name.lower()}


def _dump(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False)
