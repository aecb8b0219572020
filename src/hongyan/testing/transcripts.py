"""Reads transcripts: JSON Lines of what servers and clients said to each other, byte by byte.

Both kinds of files begin with a head. A scenario goes on with records in the order of sending; a case
file has one request to db_proxy with its answers on each line.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hongyan.wire.frame import HEADER_BYTES, Frame, InboundFrame

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a scenario; ``extra`` holds what else stands there."""

    scenario: str
    about: str
    servers: tuple[str, ...]
    started: float
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pdu:
    """One frame.

    Attributes:
        n: the number of the record in its scenario; 0 in a case.
        ms: milliseconds since the head's ``started``.
        link: ``connecting>accepting``.
        conn: which connection of that link: a number, or ``user/device``.
        from_connecting: whether the connecting side sent it.
        raw: the whole frame, header included.
        body: a reading aid; ``raw`` counts.
    """

    n: int
    ms: int
    link: str
    conn: str
    from_connecting: bool
    raw: bytes
    message: str
    body: Json

    @property
    def command_id(self) -> int:
        """The command, from the header."""
        return int.from_bytes(self.raw[10:12], "big")

    @property
    def seq(self) -> int:
        """The sequence number, from the header."""
        return int.from_bytes(self.raw[12:14], "big")

    @property
    def payload(self) -> bytes:
        """The body's bytes."""
        return self.raw[HEADER_BYTES:]

    def frame(self) -> Frame:
        """Return it as a frame that was read from a connection."""
        return InboundFrame(self.raw, self.command_id, self.seq)


@dataclass(frozen=True, slots=True)
class Http:
    """One HTTP message, or as much of it as was kept."""

    n: int
    ms: int
    link: str
    conn: str
    from_connecting: bool
    text: str


@dataclass(frozen=True, slots=True)
class Event:
    """A connection was opened or closed, by the side that did it first."""

    n: int
    ms: int
    link: str
    conn: str
    from_connecting: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Note:
    """What the script of the scenario did next."""

    n: int
    ms: int
    text: str


Record = Pdu | Http | Event | Note


@dataclass(frozen=True, slots=True)
class Transcript:
    """A scenario."""

    head: Head
    records: Sequence[Record]

    def on(self, *links: str) -> Iterator[Pdu]:
        """Return the frames of some links, in order."""
        return (record for record in self.records if isinstance(record, Pdu) and record.link in links)

    def steps(self) -> Iterator[tuple[str, Sequence[Record]]]:
        """Return what stands between two notes, with the text of the first; before the first it is empty."""
        text, step = "", list[Record]()
        for record in self.records:
            if isinstance(record, Note):
                yield text, step
                text, step = record.text, []
            else:
                step.append(record)
        yield text, step


@dataclass(frozen=True, slots=True)
class Case:
    """One request to db_proxy on an otherwise quiet server; ``request`` is None for work by itself.

    Attributes:
        times: Unix seconds before and after.
        before: the storage, as changes against the fixture.
        changes: what the request changed there.
    """

    name: str
    request: Pdu | None
    response: Sequence[Pdu]
    times: tuple[float, float]
    before: Json
    changes: Json


def read_transcript(path: Path) -> Transcript:
    """Read a scenario.

    Raises:
        ValueError: the file is not a scenario; the text says which line.
    """
    lines = _json_lines(path)
    try:
        _, first = next(lines)
        head = _head(first)
    except (StopIteration, KeyError) as error:
        raise ValueError(f"{path}: line 1: not the head of a scenario") from error
    return Transcript(head, [_record(path, number, data) for number, data in lines])


def read_cases(path: Path) -> list[Case]:
    """Read the cases of a db_proxy file, whose first line is a head.

    Raises:
        ValueError: the file is not one; the text says which line.
    """
    return [_case(path, number, data) for number, data in _json_lines(path) if number > 1]


def _json_lines(path: Path) -> Iterator[tuple[int, Json]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            data = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{path}: line {number}: not JSON") from error
        if not isinstance(data, dict):
            raise ValueError(f"{path}: line {number}: not an object")  # noqa: TRY004 - of the file, not of a type
        yield number, data


def _head(data: Json) -> Head:
    known = {"scenario", "about", "servers", "started"}
    return Head(
        scenario=data["scenario"],
        about=data["about"],
        servers=tuple(data["servers"]),
        started=data["started"],
        extra={key: value for key, value in data.items() if key not in known},
    )


def _record(path: Path, number: int, data: Json) -> Record:
    try:
        if "note" in data:
            return Note(data["n"], data["ms"], data["note"])
        if "hex" in data and "http" not in data:
            return _pdu(data)
        place = (data["n"], data["ms"], data["link"], str(data["conn"]), data["dir"] == ">")
        if "http" in data:
            return Http(*place, data["http"])
        return Event(*place, data["event"] == "open")
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path}: line {number}: not a record of a transcript") from error


def _pdu(data: Json) -> Pdu:
    raw = bytes.fromhex(data["hex"])
    if int.from_bytes(raw[:4], "big") != len(raw):
        raise ValueError("the header's length is not the frame's")
    return Pdu(
        n=data.get("n", 0),
        ms=data.get("ms", 0),
        link=data.get("link", ""),
        conn=str(data.get("conn", "")),
        from_connecting=data.get("dir", ">") == ">",
        raw=raw,
        message=data.get("message", ""),
        body=data.get("body", {}),
    )


def _case(path: Path, number: int, data: Json) -> Case:
    try:
        return Case(
            name=data["case"],
            request=_pdu(data["request"]) if data["request"] else None,
            response=[_pdu(answer) for answer in data["response"]],
            times=(data["t0"], data["t1"]),
            before=data["before"],
            changes=data["changes"],
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path}: line {number}: not a case") from error
