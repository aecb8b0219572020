"""Blocks of files: IMFilePullDataRsp, whose ``file_data`` is copied neither into a message nor out of one.

protobuf copies such a field when it is set, when it is encoded, when it is parsed and at every look at it. A
file is nothing but these fields, so here they are cut out before the library reads the rest, and put behind
what it wrote.
"""

from typing import Final, NamedTuple

from hongyan.wire import commands
from hongyan.wire.commands import Command
from hongyan.wire.frame import HEADER, HEADER_BYTES, VERSION, Frame, M, parse_body
from hongyan.wire.pb.file_pb2 import IMFilePullDataRsp

Buffer = bytes | bytearray | memoryview
"""Bytes, whoever has them; not to be changed any more."""

_COMMAND: Final = commands.FILE_PULL_DATA_REPLY
_VARINT: Final = 0
_BYTES: Final = 2
_DATA_TAG: Final = IMFilePullDataRsp.FILE_DATA_FIELD_NUMBER << 3 | _BYTES
_NO_DATA: Final = bytes([_DATA_TAG, 0])
_LONGEST_VARINT: Final = 5
_MORE: Final = 0x80
"""Set in every byte of a number but the last; the other seven bits are its value."""


class Block(NamedTuple):
    """A block that has arrived.

    Attributes:
        message: everything but ``file_data``, which is empty.
        data: the content, which lies in the frame or the message that it came in.
    """

    message: IMFilePullDataRsp
    data: Buffer


class BlockFrame(Frame):
    """A block to be sent. It is the same bytes as an OutboundFrame of the whole message, in two pieces.

    Args:
        message: everything but ``file_data``.
        data: the content; stays where it is.
        seq: of the request that it answers.
    """

    __slots__ = ("_data",)

    def __init__(self, message: IMFilePullDataRsp, data: Buffer, seq: int) -> None:
        self.command_id = _COMMAND.id
        self.seq = seq
        self.message = message
        self._raw = None
        self._data = data

    @property
    def pieces(self) -> tuple[Buffer, Buffer]:
        """What is sent, one behind the other."""
        assert self.message is not None  # noqa: S101 - set once, in the constructor
        size = len(self._data)
        head = self.message.SerializePartialToString() + bytes([_DATA_TAG]) + _encode_varint(size)
        length = HEADER_BYTES + len(head) + size
        header = HEADER.pack(length, VERSION, 0, _COMMAND.service, _COMMAND.id, self.seq, 0)
        return header + head, self._data

    @property
    def raw(self) -> bytes:
        """The whole frame, which costs a copy."""
        return b"".join(self.pieces)

    def decode(self, command: Command[M]) -> M:
        """Return the whole message, which costs some more."""
        return parse_body(command, self.raw[HEADER_BYTES:])


def read_block(frame: Frame) -> Block:
    """Read a frame of this command as strictly as the library does.

    Raises:
        RefusedError: it is no such message.
    """
    body = frame.view[HEADER_BYTES:]
    place = _find_data(body)
    if place is None:
        message = parse_body(_COMMAND, bytes(body))
        data = message.file_data
        message.file_data = b""
        return Block(message, data)
    begin, content, end = place
    return Block(parse_body(_COMMAND, b"".join((body[:begin], _NO_DATA, body[end:]))), body[content:end])


def renumbered(frame: Frame, seq: int) -> tuple[Buffer, Buffer]:
    """Return the pieces of a frame that is passed on as the answer to another number."""
    view = frame.view
    length, version, flag, service, command_id, _, reserved = HEADER.unpack_from(view)
    header = HEADER.pack(length, version, flag, service, command_id, seq, reserved)
    return header, view[HEADER_BYTES:]


def _find_data(body: memoryview) -> tuple[int, int, int] | None:
    """Find where the field begins, and where its content begins and ends.

    None when it is not there exactly once, or anything is unusual: then the library is to look.
    """
    place, position, size = None, 0, len(body)
    try:
        while position < size:
            begin = position
            tag, position = _read_varint(body, position)
            if tag & 7 not in (_VARINT, _BYTES):
                return None
            length, position = _read_varint(body, position)
            if tag & 7 == _BYTES:
                content, position = position, position + length
                if tag == _DATA_TAG:
                    if place is not None:
                        return None
                    place = begin, content, position
    except ValueError:
        return None
    return place if position == size else None


def _read_varint(body: memoryview, position: int) -> tuple[int, int]:
    """Return a number and where it ends.

    Raises:
        ValueError: it is cut off, or not written in the shortest way.
    """
    value = 0
    for shift, byte in enumerate(body[position : position + _LONGEST_VARINT]):
        value |= (byte & ~_MORE) << 7 * shift
        if byte < _MORE:
            if not byte and shift:
                break
            return value, position + shift + 1
    raise ValueError("no number of the usual kind")


def _encode_varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= _MORE:
        encoded.append(value % _MORE | _MORE)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
