"""Frames and messages as bytes, read from the specification's own tables; nothing of hongyan's."""

from __future__ import annotations

import csv
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
HEADER = struct.Struct(">IHHHHHH")
HEARTBEAT = 0x0701
ERROR_NOTICE = 0x07F0

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5
TEXT_TYPES = {"string", "bytes"}
NUMBER_TYPES = {"uint32", "bool"}


class BadMessageError(Exception):
    """A body that a strict peer would refuse."""


@dataclass(frozen=True)
class Field:
    number: int
    name: str
    label: str
    type: str

    @property
    def is_enum(self) -> bool:
        return self.type in ENUMS

    @property
    def is_message(self) -> bool:
        return self.type.rpartition(".")[2] in SCHEMA


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table, delimiter="\t")


def _read_schema() -> dict[str, dict[str, Field]]:
    schema: dict[str, dict[str, Field]] = {}
    for row in _rows("messages.tsv"):
        fields = schema.setdefault(row["message"], {})
        if row["number"]:
            fields[row["field"]] = Field(int(row["number"]), row["field"], row["label"], row["type"])
    return schema


def _read_enums() -> dict[str, set[int]]:
    enums: dict[str, set[int]] = {}
    for row in _rows("enums.tsv"):
        enums.setdefault(f"{row['package']}.{row['enum']}", set()).add(int(row["value"]))
    return enums


SCHEMA = _read_schema()
ENUMS = _read_enums()
MESSAGE_OF = {int(row["command"], 16): row["message"] for row in _rows("commands.tsv")}
COMMAND_OF = {message: command for command, message in MESSAGE_OF.items()}


class Message:
    """A decoded message: fields as attributes, absent ones None, absent lists empty."""

    def __init__(self, name: str, fields: dict[str, Any], unknown: bytes = b"") -> None:
        self.name = name
        self.fields = fields
        self.unknown = unknown

    def __getattr__(self, field: str) -> Any:
        try:
            label = SCHEMA[self.name][field].label
        except KeyError:
            raise AttributeError(f"{self.name} has no field {field}") from None
        return self.fields.get(field, [] if label == "repeated" else None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.name, self.fields) == (other.name, other.fields)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.name}({inside})"

    def has(self, **fields: Any) -> bool:
        return all(getattr(self, name) == value for name, value in fields.items())


@dataclass(frozen=True)
class Frame:
    """One frame; the header fields a server ignores can be set to what each client sends."""

    command: int
    body: bytes = b""
    seq: int = 0
    service: int | None = None
    version: int = 1
    flag: int = 0
    reserved: int = 0

    def encode(self) -> bytes:
        service = self.command >> 8 if self.service is None else self.service
        return (
            HEADER.pack(
                HEADER.size + len(self.body),
                self.version,
                self.flag,
                service,
                self.command,
                self.seq,
                self.reserved,
            )
            + self.body
        )

    @property
    def message(self) -> Message:
        return decode(MESSAGE_OF[self.command], self.body)

    def __repr__(self) -> str:
        if self.command not in MESSAGE_OF:
            return f"<{self.command:04x} seq {self.seq} {self.body[:80]!r}>"
        try:
            return f"<{self.command:04x} seq {self.seq} {str(self.message)[:300]}>"
        except BadMessageError as error:
            return f"<{self.command:04x} seq {self.seq} {self.body[:80]!r}: {error}>"


def frame_of(message: str, *, seq: int = 0, **fields: Any) -> Frame:
    return Frame(COMMAND_OF[message], encode(message, **fields), seq)


def header_of(raw: bytes) -> tuple[int, Frame]:
    """The length that a header states, and a frame without its body."""
    length, version, flag, service, command, seq, reserved = HEADER.unpack(raw)
    return length, Frame(command, b"", seq, service, version, flag, reserved)


# --- protobuf, the part of proto2 that the protocol uses ---


def varint(value: int) -> bytes:
    encoded = bytearray()
    value &= 0xFFFFFFFFFFFFFFFF
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def encode(message: str, **fields: Any) -> bytes:
    """Encodes what it is given, so that tests can leave required fields out."""
    known = SCHEMA[message]
    if strangers := fields.keys() - known.keys():
        raise KeyError(f"{message} has no {strangers}")
    parts = []
    for field in sorted(known.values(), key=lambda field: field.number):
        value = fields.get(field.name)
        values = value if field.label == "repeated" and value is not None else [value]
        parts += [_encode_field(field, item) for item in values if item is not None]
    return b"".join(parts)


def _encode_field(field: Field, value: Any) -> bytes:
    if field.type in NUMBER_TYPES or field.is_enum:
        return varint(field.number << 3 | VARINT) + varint(int(value))
    if isinstance(value, dict):
        value = encode(field.type.rpartition(".")[2], **value)
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    return varint(field.number << 3 | LENGTH_DELIMITED) + varint(len(value)) + value


def decode(message: str, body: bytes) -> Message:
    """Decodes as strictly as the original's peers: required fields there, enum values known."""
    by_number = {field.number: field for field in SCHEMA[message].values()}
    fields: dict[str, Any] = {}
    unknown = bytearray()
    for number, value, raw in _split(body):
        field = by_number.get(number)
        if field is None:
            unknown += raw
        elif field.label == "repeated":
            fields.setdefault(field.name, []).append(_decode_value(message, field, value))
        else:
            fields[field.name] = _decode_value(message, field, value)
    required = {field.name for field in by_number.values() if field.label == "required"}
    if missing := required - fields.keys():
        raise BadMessageError(f"{message} without {sorted(missing)}")
    return Message(message, fields, bytes(unknown))


def _decode_value(message: str, field: Field, value: int | bytes) -> Any:
    if isinstance(value, int) != (field.type in NUMBER_TYPES or field.is_enum):
        raise BadMessageError(f"{message}.{field.name} has the wrong wire type")
    if isinstance(value, int):
        if field.is_enum and value not in ENUMS[field.type]:
            raise BadMessageError(f"{message}.{field.name} is {value}, not one of its enum")
        return bool(value) if field.type == "bool" else value
    if field.is_message:
        return decode(field.type.rpartition(".")[2], value)
    return value.decode("utf-8", "surrogateescape") if field.type == "string" else value


def _split(body: bytes) -> Iterator[tuple[int, int | bytes, bytes]]:
    """Yields field number, value and the raw bytes of each field."""
    at = 0
    while at < len(body):
        start = at
        key, at = _read_varint(body, at)
        number, wire_type = key >> 3, key & 7
        value: int | bytes
        if wire_type == VARINT:
            value, at = _read_varint(body, at)
        else:
            size = {FIXED64: 8, FIXED32: 4}.get(wire_type)
            if wire_type == LENGTH_DELIMITED:
                size, at = _read_varint(body, at)
            if size is None or at + size > len(body):
                raise BadMessageError(f"wire type {wire_type} at {start} does not fit")
            value, at = body[at : at + size], at + size
        yield number, value, body[start:at]


def _read_varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(body):
        byte = body[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
    raise BadMessageError("a number without an end")
