"""Frames, the unit of every TCP link: a 16-byte header and one protobuf body (spec/wire.md 1).

A frame is decoded at most once and encoded at most once: what arrived keeps its bytes, what is
made keeps its message, and either turns into the other only when somebody asks.
"""

from struct import Struct
from typing import Any, Final, TypeVar

from google.protobuf.message import DecodeError, Message

from hongyan.errors import ErrorCode, ProtocolError, RefusedError
from hongyan.wire.commands import Command

M = TypeVar("M", bound=Message)

HEADER: Final = Struct(">IHHHHHH")
"""length (u32, whole frame), version, flag, service, command, seq, reserved (u16 each), big-endian."""
HEADER_BYTES: Final = HEADER.size
VERSION: Final = 1
"""The version that servers write; what arrives is not checked, stock clients send 0, 1, 6 and 13."""
DEFAULT_MAX_FRAME_BYTES: Final = 1024 * 1024

_LENGTH: Final = Struct(">I")
_UNPACK_HEADER: Final = HEADER.unpack_from
_UNPACK_NEEDED: Final = Struct(">I6xHH2x").unpack_from
"""Length, command and seq, which are all that finding the handler needs."""
_PACK_HEADER: Final = HEADER.pack


class Frame:
    """What travels on a link. ``raw`` and ``decode`` convert on demand and remember the result."""

    __slots__ = ("_raw", "command_id", "message", "seq")

    command_id: int
    seq: int
    message: Message | None
    """The decoded body, if it has been decoded or made here."""
    _raw: bytes | None

    @property
    def raw(self) -> bytes:
        """The whole frame as it stands on the wire."""
        raise NotImplementedError

    @property
    def view(self) -> memoryview:
        """The same, never copied for it; not to be changed."""
        return memoryview(self.raw)

    def decode(self, command: Command[M]) -> M:
        """Return the body as ``command``'s message.

        Raises:
            RefusedError: the body does not parse or lacks a required field.
        """
        raise NotImplementedError

    @property
    def attach_data(self) -> bytes:
        """The attach_data of a body that was decoded or made here; empty where there is none."""
        attach: bytes = getattr(self.message, "attach_data", b"")
        return attach


class InboundFrame(Frame):
    """A frame that was read from a connection."""

    __slots__ = ()

    def __init__(self, raw: bytes, command_id: int, seq: int) -> None:
        self.command_id = command_id
        self.seq = seq
        self._raw = raw
        self.message = None

    @property
    def raw(self) -> bytes:
        """The bytes as they were received, header included."""
        assert self._raw is not None  # noqa: S101 - set once, in the constructor
        return self._raw

    def decode(self, command: Command[M]) -> M:
        """Parse the body, once."""
        message = self.message
        if message is None:
            assert self._raw is not None  # noqa: S101 - set once, in the constructor
            message = self.message = parse_body(command, self._raw[HEADER_BYTES:])
        return message  # type: ignore[return-value] # every caller names the command of this frame


class OutboundFrame(Frame):
    """A frame made here: from a command and its message.

    Args:
        command: gives the ids and, to the type checker, the message class.
        message: not to be changed once the frame is sent; a link in one process hands it over as it is.
        seq: 0 for everything that is not the answer to a request (spec/wire.md 4).
        origin: the client's frame on whose behalf this one is sent; its version, flag and reserved are kept.
    """

    __slots__ = ("_command", "_origin")

    def __init__(self, command: Command[M], message: M, seq: int = 0, origin: Frame | None = None) -> None:
        self.command_id = command.id
        self.seq = seq
        self._raw = None
        self.message = message
        self._command: Command[Any] = command
        self._origin = origin

    @property
    def raw(self) -> bytes:
        """The encoded frame; encoded at the first call."""
        raw = self._raw
        if raw is None:
            raw = self._raw = self._encode()
        return raw

    def _encode(self) -> bytes:
        body: bytes = self.message.SerializePartialToString()  # type: ignore[union-attr] # set for good
        command, length, origin = self._command, HEADER_BYTES + len(body), self._origin
        if origin is None:
            return _PACK_HEADER(length, VERSION, 0, command.service, command.id, self.seq, 0) + body
        _, version, flag, _, _, _, reserved = _UNPACK_HEADER(origin.raw)
        return _PACK_HEADER(length, version, flag, command.service, command.id, self.seq, reserved) + body

    def decode(self, command: Command[M]) -> M:
        """Return the message this frame was made of."""
        return self.message  # type: ignore[return-value] # every caller names the command of this frame


def parse_body(command: Command[M], body: bytes) -> M:
    """Parse a body strictly: every required field present, every required enum known.

    Raises:
        RefusedError: it is not such a message; the content is not part of the error.
    """
    try:
        message = command.message.FromString(body)
    except DecodeError as error:
        raise RefusedError(ErrorCode.MALFORMED, f"{command.name} does not parse") from error
    if not message.IsInitialized():
        raise RefusedError(ErrorCode.MALFORMED, f"{command.name} lacks a required field")
    return message


class Framer:
    """Cuts a byte stream into frames, however the bytes were split or run together.

    ``fault`` is set when a length is below the header's size or over the limit. The frames before it
    are good; after it nothing can be trusted and everything is dropped.
    """

    __slots__ = ("_rest", "fault", "max_frame_bytes")

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        self.max_frame_bytes = max_frame_bytes
        self._rest: bytearray | None = None  # the start of a frame whose end has not arrived
        self.fault: ProtocolError | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes as they arrived and return the frames that are complete now."""
        rest = self._rest
        if rest is not None:
            rest += data
            if len(rest) < HEADER_BYTES:
                return []
            length: int = _LENGTH.unpack_from(rest)[0]
            if self._is_sane(length) and len(rest) < length:
                return []  # not copied until it is whole, so that a slow large frame costs no more
            data = bytes(rest)
            self._rest = None
        return [] if self.fault else self._cut(data)

    def _cut(self, data: bytes) -> list[Frame]:
        frames: list[Frame] = []
        position, size, limit = 0, len(data), self.max_frame_bytes
        while size - position >= HEADER_BYTES:
            length, command_id, seq = _UNPACK_NEEDED(data, position)
            end = position + length
            if not HEADER_BYTES <= length <= limit:
                self.fault = self._fault(length)
                return frames
            if end > size:
                break
            frames.append(InboundFrame(data[position:end], command_id, seq))
            position = end
        if position < size:
            self._rest = bytearray(data[position:])
        return frames

    def _is_sane(self, length: int) -> bool:
        return HEADER_BYTES <= length <= self.max_frame_bytes

    def _fault(self, length: int) -> ProtocolError:
        if length < HEADER_BYTES:
            return ProtocolError("frame_too_short", f"{length} bytes, less than the header's {HEADER_BYTES}")
        return ProtocolError("frame_too_long", f"{length} bytes, over the limit of {self.max_frame_bytes}")
