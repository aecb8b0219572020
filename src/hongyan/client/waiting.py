"""Who waits for an answer: requests by the sequence number of their header (spec/wire.md 4)."""

import asyncio
from typing import Any, Final, Generic, Protocol, TypeVar

from google.protobuf.message import Message

from hongyan.client.errors import ClientError, ConnectionLost, RequestRefused
from hongyan.errors import RefusedError
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame
from hongyan.wire.pb.extension_pb2 import IMErrorNotice

M = TypeVar("M", bound=Message)

MAX_SEQ: Final = 0xFFFF
"""Sequence numbers are 1 to this; 0 is for notifications."""


class Waiter(Protocol):
    """Something that an answer can be given to, at most once."""

    @property
    def reply(self) -> Command[Any]:
        """The command of the awaited answer."""

    def settle(self, frame: Frame) -> None:
        """Take the answer."""

    def fail(self, error: ClientError) -> None:
        """Learn that no answer comes."""


class Reply(Generic[M]):
    """One awaited answer, decoded."""

    def __init__(self, reply: Command[M]) -> None:
        self.reply = reply
        self.future: asyncio.Future[M] = asyncio.get_running_loop().create_future()

    def settle(self, frame: Frame) -> None:
        """Decode and hand over; an answer that does not parse is a failure of this request only."""
        if self.future.done():
            return
        try:
            self.future.set_result(frame.decode(self.reply))
        except RefusedError as error:
            self.fail(RequestRefused(error.code, f"the server's answer is not readable: {error}"))

    def fail(self, error: ClientError) -> None:
        """Raise ``error`` where the answer is awaited."""
        if not self.future.done():
            self.future.set_exception(error)


class WaitingTable:
    """The waiters of one link by sequence number."""

    def __init__(self) -> None:
        self._waiters: dict[int, Waiter] = {}
        self._last_seq = 0

    def take(self, waiter: Waiter) -> int:
        """Reserve a sequence number that nobody else waits on."""
        if len(self._waiters) >= MAX_SEQ:
            raise ConnectionLost("every sequence number is waiting for an answer")
        seq = self._last_seq % MAX_SEQ + 1
        while seq in self._waiters:
            seq = seq % MAX_SEQ + 1
        self._last_seq = seq
        self._waiters[seq] = waiter
        return seq

    def drop(self, seq: int) -> None:
        """Stop waiting; a late answer is ignored."""
        self._waiters.pop(seq, None)

    def settle(self, frame: Frame) -> bool:
        """Give an answer to who waits for it; false when it is nobody's.

        The command is compared too: servers relay messages with their sender's seq (spec/wire.md 4).
        """
        waiter = self._waiters.get(frame.seq)
        if waiter is None or waiter.reply.id != frame.command_id:
            return False
        del self._waiters[frame.seq]
        waiter.settle(frame)
        return True

    def refuse(self, notice: IMErrorNotice) -> bool:
        """Give an error notice to whom it is about; false when that is nobody."""
        waiter = self._waiters.pop(notice.seq, None)
        if waiter is None:
            return False
        waiter.fail(refusal(notice))
        return True

    def fail_all(self, error: ClientError) -> None:
        """The link is gone: nobody here gets an answer."""
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters.values():
            waiter.fail(error)


def refusal(notice: IMErrorNotice) -> RequestRefused:
    """Turn a notice into what is raised."""
    retry_after_s = notice.retry_after_ms / 1000 if notice.HasField("retry_after_ms") else None
    return RequestRefused(notice.code, notice.text, retry_after_s)
