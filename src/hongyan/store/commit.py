"""Group commit: many entries in one transaction, none of which can spoil the others."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, TypeVar, final

import structlog
from sqlalchemy import Connection

from hongyan.errors import BackendError
from hongyan.store.batch import store_run
from hongyan.store.claims import notice_others
from hongyan.store.conversations import Conversations
from hongyan.store.database import (
    ConflictError,
    Database,
    TryAgainError,
    UnfitValueError,
    translated_errors,
)
from hongyan.store.entries import Entry, PendingMessage
from hongyan.store.redis_shared import SharedRedis, noted, take_back

T = TypeVar("T")

_RETRIES = 3

_log = structlog.get_logger("hongyan.store")


@final
class Change(Generic[T]):
    """Any write that is not a message; it shares the transaction but not the fate of the others."""

    __slots__ = ("_error", "_future", "_result", "_work")

    def __init__(self, work: Callable[[Connection], T], future: asyncio.Future[T]) -> None:
        self._work = work
        self._future = future
        self._result: T | None = None
        self._error: Exception | None = None

    def apply(self, connection: Connection) -> None:
        """Do the work inside the transaction, or leave no trace in it but the error."""
        savepoint, before = connection.begin_nested(), noted(connection)
        try:
            with translated_errors():
                self._result = self._work(connection)
        except Exception as error:  # noqa: BLE001 - raised again where the change was asked for
            # This raises when the whole transaction is gone with the change: then the batch fails.
            savepoint.rollback()
            take_back(connection, before)
            self._error = error
        else:
            savepoint.commit()
            self._error = None

    def settle(self, failure: BackendError | None) -> None:
        """Tell whoever asked, unless he was cancelled meanwhile."""
        error = failure or self._error
        if self._future.done():
            return
        if error is not None:
            self._future.set_exception(error)
        else:
            self._future.set_result(self._result)  # type: ignore[arg-type] # set by apply


Item = Entry | Change[Any]
Observer = Callable[[Connection, Sequence[Entry], int], None]
"""Takes the connection, what a run has stored, and the time."""


class Committer:
    """Writes batches, one at a time.

    Args:
        database: where to.
        conversations: the states, which only this object's work touches.
        clock: Unix seconds.
        redis: what is told of every commit, where original servers share a Redis with us.
        observe: called inside the transaction with what a run has stored.
    """

    def __init__(
        self,
        database: Database,
        conversations: Conversations,
        clock: Callable[[], float],
        redis: SharedRedis | None = None,
        observe: Observer | None = None,
    ) -> None:
        self._database = database
        self._conversations = conversations
        self._clock = clock
        self._redis = redis
        self._observe = observe

    async def commit(self, items: Sequence[Item]) -> BackendError | None:
        """Store the items in their order; return the reason when nothing of them was stored."""
        try:
            await self._commit(items)
        except BackendError as error:
            self._conversations.discard()
            _log.error("a batch was not stored", entries=len(items), reason=str(error))
            return error
        if self._redis is not None:
            await self._redis.committed()
        return None

    async def _commit(self, items: Sequence[Item]) -> None:
        try:
            await self._store_or_try_again(items)
        except (ConflictError, UnfitValueError) as error:
            self._conversations.discard()
            _log.warning("a batch is stored one by one", entries=len(items), reason=str(error))
            await self._database.write(self._store_one_by_one, items)

    async def _store_or_try_again(self, items: Sequence[Item]) -> None:
        """Store the items, again when another writer or a cut connection got in the way."""
        for _ in range(_RETRIES):
            try:
                return await self._database.write(self._store, items)
            except TryAgainError as error:
                self._conversations.discard()
                _log.warning("a batch is tried again", entries=len(items), reason=str(error))
        return await self._database.write(self._store, items)

    def _store(self, connection: Connection, items: Sequence[Item]) -> None:
        with self._transaction(connection):
            self._store_runs(connection, items, int(self._clock()))

    def _store_runs(self, connection: Connection, items: Sequence[Item], now: int) -> None:
        run: list[Entry] = []
        for item in items:
            if type(item) is Change:
                self._store_run(connection, run, now)
                run.clear()
                item.apply(connection)
            else:
                run.append(item)
        self._store_run(connection, run, now)

    def _store_run(self, connection: Connection, run: list[Entry], now: int) -> None:
        store_run(connection, self._conversations, run, now)
        if self._observe is not None and run:
            self._observe(connection, run, now)

    def _store_one_by_one(self, connection: Connection, items: Sequence[Item]) -> None:
        now = int(self._clock())
        with self._transaction(connection):
            for item in items:
                if type(item) is Change:
                    item.apply(connection)
                else:
                    self._store_alone(connection, item, now)

    def _transaction(self, connection: Connection) -> AbstractContextManager[None]:
        self._conversations.begin()
        notice_others(connection, self._conversations)
        return nullcontext() if self._redis is None else self._redis.transaction(connection)

    def _store_alone(self, connection: Connection, entry: Entry, now: int) -> None:
        """Store one entry, or leave no trace in the transaction but the entry's error."""
        _reset(entry, None)
        savepoint, before = connection.begin_nested(), noted(connection)
        try:
            with translated_errors():
                self._store_run(connection, [entry], now)
        except (ConflictError, UnfitValueError) as error:
            savepoint.rollback()
            take_back(connection, before)
            self._conversations.discard()
            _reset(entry, error)
        else:
            savepoint.commit()


def _reset(entry: Entry, error: BackendError | None) -> None:
    if isinstance(entry, PendingMessage):
        entry.reset(error)
