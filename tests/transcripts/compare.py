"""Compares what was recorded with what came, field by field and in order."""

import difflib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.message import DecodeError, Message

from hongyan.errors import ProtocolError
from hongyan.testing import Pdu
from hongyan.wire.attach import AttachType, unpack_attach
from hongyan.wire.commands import COMMANDS, MSG_SERVER_INFO
from hongyan.wire.frame import HEADER, HEADER_BYTES
from hongyan.wire.pb.message_pb2 import IMMsgData

CLOSED = b""
"""Stands for the end of the connection among what was sent on it."""
_TIMES = {"server_time", "create_time", "updated_time", "latest_update_time"}
_OF_THE_MACHINE = {"host_name", "ip1", "ip2", "prior_ip", "backip_ip", "task_id"}
_BETWEEN_SERVERS = {
    "login_time_us",
    "ws_port",
    "ws_is_encrypted",
    "ws_url",
    "login_client_type",
    "server_tag",
    "peer_address",
    "server_name",
}
"""Fields that ours adds to what servers tell each other (docs/protocol.md); originals skip them."""
_HEADER_FIELDS = ("version", "flag", "service", "command", "seq", "reserved")


class Clock:
    """When the recording was made, and when it is replayed."""

    def __init__(self, recorded: float) -> None:
        self._recorded = recorded - 5
        self._replayed = time.time() - 5

    def is_now(self, recorded: int, replayed: int) -> bool:
        """Whether both times are of this moment, or the replay passed on the recorded one."""
        return recorded == replayed or (recorded >= self._recorded and replayed >= self._replayed)


def differences(
    recorded: Sequence[Pdu | int], came: Sequence[bytes], clock: Clock, step: int
) -> Iterator[str]:
    """Yield what differs on one connection within a step of a scenario.

    Args:
        recorded: frames, and numbers of records that say the connection ended.
        came: frames, and CLOSED for the end.
        clock: tells moments apart from other numbers.
        step: the number of the note that begins it.
    """
    wanted = [_key(record) for record in recorded]
    got = [_name(raw) for raw in came]
    matcher = difflib.SequenceMatcher(None, wanted, got, autojunk=False)
    for what, begin, end, from_, to in matcher.get_opcodes():
        if what == "equal":
            for record, raw in zip(recorded[begin:end], came[from_:to], strict=True):
                if isinstance(record, Pdu):
                    yield from (f"{record.n} {field}" for field in _fields(record.raw, raw, clock))
            continue
        for record in recorded[begin:end]:
            yield f"{record.n if isinstance(record, Pdu) else record} missing {_key(record)}"
        for raw in came[from_:to]:
            yield f"{step}+ extra {_name(raw)}"


def _key(record: Pdu | int) -> str:
    return f"{record.command_id:04x}" if isinstance(record, Pdu) else "close"


def _name(raw: bytes) -> str:
    return raw[10:12].hex() if raw else "close"


def _fields(recorded: bytes, came: bytes, clock: Clock) -> Iterator[str]:
    for name, one, other in zip(
        _HEADER_FIELDS, HEADER.unpack_from(recorded)[1:], HEADER.unpack_from(came)[1:], strict=True
    ):
        if one != other:
            yield f"header {name}"
    command = COMMANDS[int.from_bytes(recorded[10:12], "big")]
    if recorded[HEADER_BYTES:] != came[HEADER_BYTES:]:
        one, other = (command.message.FromString(raw[HEADER_BYTES:]) for raw in (recorded, came))
        found = set(_of_message(one, other, clock))
        yield from sorted(found - ({"port"} if command is MSG_SERVER_INFO else set()))


def _of_message(one: Message, other: Message, clock: Clock) -> Iterator[str]:
    for field in one.DESCRIPTOR.fields:
        name = field.name
        if name in _BETWEEN_SERVERS:
            continue
        if field.is_repeated:
            yield from _of_list(name, getattr(one, name), getattr(other, name), clock)
        elif one.HasField(name) != other.HasField(name):
            yield name
        elif field.message_type is not None:
            yield from _of_message(getattr(one, name), getattr(other, name), clock)
        elif not _is_same(name, getattr(one, name), getattr(other, name), clock):
            yield name


def _of_list(name: str, one: Sequence[Any], other: Sequence[Any], clock: Clock) -> Iterator[str]:
    if len(one) != len(other):
        yield f"{name} length"
        return
    for first, second in zip(one, other, strict=True):
        if isinstance(first, Message):
            yield from (f"{name}.{field}" for field in _of_message(first, second, clock))
        elif first != second:
            yield name


def _is_same(name: str, one: Any, other: Any, clock: Clock) -> bool:
    if name in _TIMES:
        return clock.is_now(one, other)
    if name == "attach_data":
        return _attach(one) == _attach(other)
    return name in _OF_THE_MACHINE or bool(one == other)


def _attach(data: bytes) -> object:
    """The layout without what only its maker can read: handle and number; and without moments."""
    try:
        attach = unpack_attach(data)
    except ProtocolError:
        return _message(data)
    if attach.type not in set(AttachType):
        return _message(data)
    return len(data) == 12, attach.type, _message(attach.payload)


def _message(data: bytes) -> object:
    try:
        message = IMMsgData.FromString(data)
    except DecodeError:
        return data
    message.ClearField("create_time")
    message.ClearField("attach_data")
    return message.SerializePartialToString(deterministic=True)
