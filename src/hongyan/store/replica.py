"""Reads from a copy of the database that a server of its own keeps, when that has caught up."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from sqlalchemy import Connection

from hongyan.errors import BackendError
from hongyan.store.failures import server_errors

if TYPE_CHECKING:  # SQLite has no replica, and the import would take a tenth of its start
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

CATCH_UP_S: Final = 0.25
"""How long a reader waits for the copy; what is further behind is not worth waiting for."""
LIMIT_S: Final = 5.0
"""How long the copy may take to answer before the reader goes to the original."""
REST_S: Final = 5.0
"""How long nobody asks a copy that was behind or did not answer."""

HasReached = Callable[[Connection, str, float], bool]
"""Takes a connection to the copy, a position of the original and how many seconds to wait for it."""

_log = structlog.get_logger("hongyan.store")


@dataclass(slots=True)
class ReplicaStats:
    """How often the copy has answered, and how often the original had to."""

    reads: int = 0
    missed: int = 0


class Replica:
    """The copy. Owns its connections.

    Args:
        engine: connects to it.
        has_reached: tells whether it holds everything up to a position.
        clock: seconds that only rise.
    """

    def __init__(
        self, engine: "AsyncEngine", has_reached: HasReached, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stats = ReplicaStats()
        self._engine = engine
        self._has_reached = has_reached
        self._clock = clock
        self._rests_until = clock()

    @property
    def rests(self) -> bool:
        """Whether it was of no use a moment ago."""
        return self._clock() < self._rests_until

    async def read(self, position: str, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a query that sees everything up to the position.

        Raises:
            BackendError: the copy is behind, or does not answer.
        """
        try:
            async with asyncio.timeout(LIMIT_S):
                found = await self._read(position, query, *args, **kwargs)
        except (BackendError, TimeoutError) as error:
            self.stats.missed += 1
            self._rests_until = self._clock() + REST_S
            reason = str(error) or "no answer in time"
            _log.warning("the replica is not read from for a while", reason=reason, seconds=REST_S)
            raise BackendError(reason) from error
        self.stats.reads += 1
        return found

    async def close(self) -> None:
        """Let go of every connection."""
        await self._engine.dispose()

    async def _read(self, position: str, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        def when_reached(connection: Connection) -> T:
            if not position:
                raise BackendError("the database writes no binary log, so that nobody can tell how far it is")
            if not self._has_reached(connection, position, CATCH_UP_S):
                raise BackendError("it is behind")
            return query(connection, *args, **kwargs)

        with server_errors():
            async with self._engine.connect() as connection:
                return await connection.run_sync(when_reached)
