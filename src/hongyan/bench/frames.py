"""The frames of the generator as bytes, made once and patched, because encoding each would cost too much.

A payload is opaque ASCII: the sender's mark, which no other sender of any run has, the number of the
message, and filling. spec/crypto.md 1: servers store and deliver what is not valid ciphertext too.
"""

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Final, TypeVar

from google.protobuf.message import Message

from hongyan.wire.commands import HEARTBEAT, MSG_DATA, Command
from hongyan.wire.frame import HEADER_BYTES, OutboundFrame
from hongyan.wire.pb.message_pb2 import IMMsgData
from hongyan.wire.pb.other_pb2 import IMHeartBeat

M = TypeVar("M", bound=Message)

MARK_BYTES: Final = 13
NUMBER_BYTES: Final = 10
NUMBER_END: Final = MARK_BYTES + NUMBER_BYTES
SEQ_OFFSET: Final = 12
SEQS: Final = 0x7FFF
"""seq runs from 1 to this and starts again, as on Android."""

unpack_head = Struct(">I6xHH").unpack_from
"""length, command and seq of a header."""

_SEQ: Final = [seq.to_bytes(2, "big") for seq in range(1, SEQS + 1)]
HEARTBEAT_FRAME: Final = OutboundFrame(HEARTBEAT, IMHeartBeat()).raw


def encode(command: Command[M], message: M, seq: int = 0) -> bytes:
    """Make one whole frame, where speed does not matter."""
    return OutboundFrame(command, message, seq).raw


@lru_cache(maxsize=16)
def commands_of(data: bytes) -> frozenset[int]:
    """Return the ids of the frames in a read; none when it ends within a frame.

    For what thousands of connections get at once, such as notices of presence: looked at once for all.
    """
    commands, position = set(), 0
    while len(data) - position >= HEADER_BYTES:
        length, command, _ = unpack_head(data, position)
        commands.add(command)
        position += length
    return frozenset(commands) if position == len(data) else frozenset()


def sender_mark(run: str, sender: int) -> bytes:
    """Make the mark of a sender; ``run`` is five characters that no other run has."""
    return f"b{run:.5}{sender:07d}".encode()


class MessageFrames:
    """The IMMsgData frames of one sender, which differ in seq and number only.

    Args:
        message: recipient and type are used.
        mark: the sender's mark.
        payload_bytes: the length of msg_data.
        client_ids: set client_msg_id, to the mark and the number.

    Attributes:
        frame: returns the frame of the message with a number.
    """

    __slots__ = ("_format", "frame")

    def __init__(self, message: IMMsgData, mark: bytes, payload_bytes: int, *, client_ids: bool) -> None:
        number = b"\0" * NUMBER_BYTES  # no digit, so that it is found again
        filled = IMMsgData()
        filled.CopyFrom(message)
        filled.msg_data = mark + number + b"." * (payload_bytes - NUMBER_END)
        if client_ids:
            filled.client_msg_id = (mark + number).decode()
        raw = encode(MSG_DATA, filled).replace(b"%", b"%%")
        pattern = raw[:SEQ_OFFSET] + b"%b" + raw[SEQ_OFFSET + 2 :].replace(number, b"%010d")
        self._format = pattern.__mod__
        self.frame: Callable[[int], bytes] = self._with_client_id if client_ids else self._plain

    def _plain(self, index: int) -> bytes:
        return self._format((_SEQ[index % SEQS], index))

    def _with_client_id(self, index: int) -> bytes:
        return self._format((_SEQ[index % SEQS], index, index))


def index_of_seq(seq: int, at_least: int) -> int:
    """Return the number of the message with this seq, which is ``at_least`` or one of the next."""
    return at_least + (seq - 1 - at_least) % SEQS
