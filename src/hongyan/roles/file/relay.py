"""Online transfer: the receiver asks, the sender answers, the server passes it on (spec/flows.md 5).

Nothing is kept: what is under way between the two is bounded by what the receiver has asked for, and
it is asked on only while the receiver takes what came.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from hongyan.errors import ProtocolError
from hongyan.roles.file.session import MOST_BLOCKS, FileSession
from hongyan.roles.file.shelf import Entry
from hongyan.rules.pace import LARGEST_BLOCK_BYTES
from hongyan.wire.blocks import Block, renumbered
from hongyan.wire.frame import Frame
from hongyan.wire.pb.base_define_pb2 import (
    CLIENT_FILE_DONE,
    CLIENT_FILE_PEER_READY,
    CLIENT_REALTIME_RECVER,
    CLIENT_REALTIME_SENDER,
)
from hongyan.wire.pb.file_pb2 import IMFilePullDataReq, IMFileState


class _Asked(NamedTuple):
    """A block that the sender owes."""

    offset: int
    size: int
    seq: int


class Relay:
    """One side of an online transfer.

    Args:
        session: who is on this side.
        entry: the transfer.
        ended: called when it is over and is to be forgotten.
    """

    def __init__(self, session: FileSession, entry: Entry, ended: Callable[[Entry], None]) -> None:
        self._session = session
        self._entry = entry
        self._ended = ended
        self._is_receiver = session.role == CLIENT_REALTIME_RECVER
        self._waiting: deque[Frame] = deque()
        self._asked: deque[_Asked] = deque()
        session.connection.on_writable = self._pass_on

    def begin(self) -> None:
        """Tell the receiver when both are there."""
        receiver = self._entry.members.get(CLIENT_REALTIME_RECVER)
        if receiver is not None and CLIENT_REALTIME_SENDER in self._entry.members:
            receiver.say(CLIENT_FILE_PEER_READY, self._entry.transfer.sender)

    def pull(self, message: IMFilePullDataReq, frame: Frame) -> None:
        """The receiver wants a block."""
        if not self._is_receiver or self._other() is None:
            raise ProtocolError("file_pull_from_nobody")
        if not 0 < message.data_size <= LARGEST_BLOCK_BYTES:
            raise ProtocolError("file_pull_too_large", f"{message.data_size} bytes")
        if len(self._asked) + len(self._waiting) >= MOST_BLOCKS:
            raise ProtocolError("file_too_many_pulls")
        self._waiting.append(frame)
        self._pass_on()

    def block(self, block: Block, frame: Frame) -> None:
        """The sender answers the oldest question."""
        receiver = self._other()
        if self._is_receiver or receiver is None or not isinstance(receiver.part, Relay):
            raise ProtocolError("file_block_for_nobody")
        asked = receiver.part.take_asked()
        if asked is None or len(block.data) > asked.size or block.message.offset != asked.offset:
            raise ProtocolError("file_block_not_asked")
        self._entry.touched = time.time()
        receiver.send_pieces(renumbered(frame, asked.seq))
        receiver.part.go_on()

    def state(self, message: IMFileState, frame: Frame) -> None:
        """One side says that it is over; both are closed."""
        if self._is_receiver and message.state == CLIENT_FILE_DONE:
            self._entry.is_finished, self._entry.touched = True, time.time()
        other = self._other()
        if other is not None:
            other.send(frame)
            other.close("file_ended_by_peer")
        self._session.close("file_ended")
        self._ended(self._entry)

    def left(self) -> None:
        """One side is gone; the other waits no longer, and both may come again."""
        other = self._other()
        if other is not None:
            other.close("file_peer_left")

    def take_asked(self) -> "_Asked | None":
        """Take the oldest block that is owed."""
        return self._asked.popleft() if self._asked else None

    def go_on(self) -> None:
        """Ask for more of what waits to be asked."""
        self._pass_on()

    def _pass_on(self) -> None:
        sender = self._other()
        while self._waiting and sender is not None and self._session.connection.is_writable:
            frame = self._waiting.popleft()
            message = frame.message
            assert isinstance(message, IMFilePullDataReq)  # noqa: S101 - only such are put there
            self._asked.append(_Asked(message.offset, message.data_size, frame.seq))
            sender.send(frame)

    def _other(self) -> FileSession | None:
        role = CLIENT_REALTIME_SENDER if self._is_receiver else CLIENT_REALTIME_RECVER
        return self._entry.members.get(role)
