"""One process's share in the Redis that original db_proxies work with.

While a transaction runs, a :class:`RedisWork` hangs on its connection: numbers are taken through
it, and what the originals must find afterwards is noted in it. The journal sends that after the
commit. Redis holds nothing that the database does not: what could not be sent, and what a wiped
or restarted Redis has lost, is made again as a whole.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

import structlog
from sqlalchemy import Connection

from hongyan.errors import BackendError, HongyanError
from hongyan.store.redis_numbers import Wanted, take_numbers

if TYPE_CHECKING:
    from hongyan.store.redis_pools import RedisPools

Pool = Literal["unread", "group_set", "token", "group_member"]
POOLS: Final[tuple[Pool, ...]] = ("unread", "group_set", "token", "group_member")
Command = tuple[Pool, tuple[Any, ...]]
"""Which pool, and the words of a command."""

_log = structlog.get_logger("hongyan.store")

_WORK: Final = "hongyan.redis"
MARK: Final = "hy_complete"
"""Stands in every pool that holds everything; a wipe takes it away with the rest."""
CHECK_EVERY_S: Final = 1.0


class RedisWork:
    """What one transaction has to do with Redis."""

    def __init__(self, pools: "RedisPools") -> None:
        self.pools = pools
        self.commands: list[Command] = []

    def tell(self, pool: Pool, *command: Any) -> None:
        """Note a command for after the commit."""
        self.commands.append((pool, command))

    def take_numbers(self, connection: Connection, wanted: Sequence[Wanted]) -> None:
        """Take numbers for these conversations; see :func:`take_numbers`."""
        if wanted:
            take_numbers(connection, self.pools, wanted)


def redis_of(connection: Connection) -> RedisWork | None:
    """What the running transaction has to do with Redis; None where there is none."""
    work: RedisWork | None = connection.info.get(_WORK)
    return work


def noted(connection: Connection) -> int:
    """How much the running transaction has noted so far."""
    work = redis_of(connection)
    return len(work.commands) if work else 0


def take_back(connection: Connection, before: int) -> None:
    """What was noted after ``before`` is rolled back with its savepoint."""
    if work := redis_of(connection):
        del work.commands[before:]


class SharedRedis:
    """Keeps a Redis in step with the database.

    Attributes:
        complete: everything in it is as the database says; before that, answers come from the database.
    """

    def __init__(self, pools: "RedisPools") -> None:
        self._pools = pools
        self._work: RedisWork | None = None
        self.complete = False

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[None]:
        """A transaction of this process's journal runs on this connection."""
        # The connection itself may break meanwhile.
        info = connection.info
        self._work = info[_WORK] = RedisWork(self._pools)
        try:
            yield
        finally:
            del info[_WORK]

    async def committed(self) -> None:
        """Send what the transaction has noted."""
        work, self._work = self._work, None
        if work is None or not work.commands:
            return
        try:
            await self._pools.run(work.commands)
        except BackendError as error:
            self.complete = False
            _log.warning("Redis is behind the database", reason=str(error))

    async def watch(self, rebuild: Callable[[], Awaitable[None]]) -> None:
        """For ever: look whether something is missing, and have it made again.

        Args:
            rebuild: runs the rebuilding as a change of the journal.
        """
        while True:
            try:
                if not await self.is_complete():
                    # Set before: sending may fail and take it back.
                    self.complete = True
                    await rebuild()
            except HongyanError as error:
                self.complete = False
                _log.warning("Redis is not in step with the database", reason=str(error))
            await asyncio.sleep(CHECK_EVERY_S)

    async def is_complete(self) -> bool:
        """Whether nothing is missing in Redis, as far as its marks say.

        Raises:
            BackendError: it does not answer.
        """
        marks = [await self._pools.ask(pool, [("GET", MARK)]) for pool in POOLS]
        return self.complete and all(mark[0] for mark in marks)

    async def ask(self, pool: Pool, *commands: tuple[Any, ...]) -> list[Any] | None:
        """Answers of a complete Redis; None when the database has to be asked instead."""
        if not self.complete:
            return None
        try:
            mark, *answers = await self._pools.ask(pool, [("GET", MARK), *commands])
        except BackendError:
            return None
        return answers if mark else None

    async def close(self) -> None:
        """Let go of every connection."""
        await self._pools.close()
