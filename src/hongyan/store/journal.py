"""The one place where things reach the disk.

Whatever waits is committed in one transaction while the next things gather; a message is reported
only after its commit. An entry is never lost without a word: it is reported as stored, as refused
or as failed.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, time
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from hongyan.errors import BackendError, ErrorCode, RefusedError
from hongyan.store.commit import Change, Committer, Item, Observer
from hongyan.store.conversations import Conversations
from hongyan.store.database import Database
from hongyan.store.entries import PendingMessage, ReadMark
from hongyan.store.redis_shared import SharedRedis

P = ParamSpec("P")
T = TypeVar("T")

_MAX_PENDING = 50_000
_LARGEST_BATCH = 256
"""What is more waits for the next transaction, so that the first are answered while that is written."""
_CROWD = 16
"""So many at once come from busy senders, who write again as soon as they are answered."""
_GATHER_S = 0.001
"""How long a crowd waits for those who were answered last, so that one transaction does for all of them."""


@dataclass(slots=True)
class JournalStats:
    """What the journal has done since it started."""

    batches: int = 0
    messages: int = 0
    failed: int = 0
    largest_batch: int = 0
    seconds_in_commit: float = 0.0


class _Batch:
    """What is committed together."""

    __slots__ = ("decided", "entries")

    def __init__(self) -> None:
        self.entries: list[Item] = []
        self.decided = asyncio.Event()


class Journal:
    """Takes writes from the event loop and commits them in batches, in their order.

    Args:
        database: an open database that nobody else in this process writes to.
        conversations: the states of conversations, owned by this journal.
        on_stored: called on the loop once per batch with its messages, stored or not, in commit
            order. It must not raise.
        max_pending: how many entries may wait; beyond that they are refused.
        clock: Unix seconds.
        redis: what is told of every commit, where original servers share a Redis with us.
        observe: called in the transaction with every run of messages that it stores.
    """

    def __init__(
        self,
        database: Database,
        conversations: Conversations,
        on_stored: Callable[[Sequence[PendingMessage]], None],
        *,
        max_pending: int = _MAX_PENDING,
        clock: Callable[[], float] = time,
        redis: SharedRedis | None = None,
        observe: Observer | None = None,
    ) -> None:
        self.stats = JournalStats()
        self._committer = Committer(database, conversations, clock, redis, observe)
        self._on_stored = on_stored
        self._max_pending = max_pending
        self._gather_s = _GATHER_S
        self._waiting: deque[_Batch] = deque()
        self._pending = 0
        self._committing: _Batch | None = None
        self._wake = asyncio.Event()
        self._closing = False
        self._running = False
        self._stopped = asyncio.Event()

    @property
    def pending(self) -> int:
        """How many entries wait for the next commit."""
        return self._pending

    def append(self, entry: PendingMessage) -> None:
        """Take a message; ``on_stored`` tells what became of it.

        Raises:
            RefusedError: too much is waiting, or the journal is closing.
        """
        self._take(entry)

    def mark_read(self, user_id: int, session_type: int, peer_id: int) -> None:
        """Take a read ack: everything appended to this conversation so far is read by the user.

        Raises:
            RefusedError: as for ``append``.
        """
        self._take(ReadMark(user_id, session_type, peer_id))

    def submit(
        self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        """Take any other write, in order with the messages; its error goes to its future only.

        The change may run twice (when its batch is tried again), so it must have no effect
        outside the database.

        Raises:
            RefusedError: as for ``append``.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._take(Change(lambda connection: change(connection, *args, **kwargs), future))
        return future

    async def settled(self) -> None:
        """Return when everything taken before this call is decided, so that reads see it."""
        batch = self._waiting[-1] if self._waiting else self._committing
        if batch is not None:
            await batch.decided.wait()

    async def run(self) -> None:
        """Commit what comes until ``close``; the owner awaits this in its TaskGroup.

        Cancelled, it reports everything undecided as failed, the batch on its way to the disk too,
        although that may yet arrive there: ``close`` is the way to stop.
        """
        self._running = True
        try:
            while await self._something_waits():
                if self._is_a_crowd():
                    await asyncio.sleep(self._gather_s)
                await self._commit_waiting()
        finally:
            self._stopped.set()
            self._abandon()

    async def close(self) -> None:
        """Take nothing more and return when everything that waits is decided."""
        self._closing = True
        self._wake.set()
        # A run() that was started a moment ago may not have had its first turn yet.
        await asyncio.sleep(0)
        if self._running:
            await self._stopped.wait()
        else:
            self._abandon()

    def _take(self, entry: Item) -> None:
        if self._closing:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the server is stopping")
        if self._pending >= self._max_pending:
            raise RefusedError(ErrorCode.BUSY, "the server cannot keep up")
        waiting = self._waiting
        if not waiting or len(waiting[-1].entries) >= _LARGEST_BATCH:
            waiting.append(_Batch())
            self._wake.set()
        waiting[-1].entries.append(entry)
        self._pending += 1

    async def _something_waits(self) -> bool:
        await self._wake.wait()
        return bool(self._waiting)

    def _is_a_crowd(self) -> bool:
        return _CROWD <= len(self._waiting[0].entries) < _LARGEST_BATCH and not self._closing

    async def _commit_waiting(self) -> None:
        batch = self._committing = self._waiting.popleft()
        self._pending -= len(batch.entries)
        if not self._waiting and not self._closing:
            self._wake.clear()
        started = perf_counter()
        failure = await self._committer.commit(batch.entries)
        self.stats.seconds_in_commit += perf_counter() - started
        self._committing = None
        self._settle(batch, failure)

    def _settle(self, batch: _Batch, failure: BackendError | None) -> None:
        messages = []
        for entry in batch.entries:
            if type(entry) is PendingMessage:
                messages.append(entry)
            elif type(entry) is Change:
                entry.settle(failure)
        if failure is not None:
            for message in messages:
                message.reset(failure)
        self._count(messages)
        if messages:
            self._on_stored(messages)
        batch.decided.set()

    def _count(self, messages: Sequence[PendingMessage]) -> None:
        stats = self.stats
        stats.batches += 1
        stats.messages += len(messages)
        stats.largest_batch = max(stats.largest_batch, len(messages))
        errors = [message.error for message in messages if message.error is not None]
        stats.failed += sum(isinstance(error, BackendError) for error in errors)

    def _abandon(self) -> None:
        """Tell those who still wait that nobody will store what they gave."""
        self._closing = True
        stopped = BackendError("the journal was stopped")
        undecided = [*([self._committing] if self._committing else []), *self._waiting]
        self._committing, self._pending = None, 0
        self._waiting.clear()
        for batch in undecided:
            self._settle(batch, stopped)
