"""What the databases behind a network have in common: a pool that reads, one connection that writes.

Queries are synchronous functions; SQLAlchemy runs them in a greenlet that gives way to the event
loop whenever they wait for the server. So they run in the loop's own thread, and no other thread
has to be waited for.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hongyan.errors import BackendError, ConfigError
from hongyan.store.database import Database
from hongyan.store.failures import TryAgainError, server_errors
from hongyan.store.migrations import is_current, migrate
from hongyan.store.replica import Replica

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_LIMIT_S: Final = 10
_POOL_WAIT_S: Final = 30
"""How long a query waits for a free connection before it fails."""


class ServerDatabase(Database):
    """A database behind a network.

    Connections that broke are replaced at their next use: what the server had not begun is
    tried again, so that a restarted server is noticed by nobody who did not write meanwhile.

    Args:
        url: with SQLAlchemy's name of the engine and its driver.
        readers: how many connections may read at the same time.
        replica: the server that keeps a copy, where there is one, in the same form.
    """

    def __init__(self, url: URL, *, readers: int, replica: URL | None = None) -> None:
        self._url = url
        self._writing = self.engine(url, writing=True, pool_size=1)
        self._reading = self.engine(url, writing=False, pool_size=readers)
        self.replica = (
            Replica(self.engine(replica, writing=False, pool_size=readers), self.has_reached)
            if replica is not None
            else None
        )
        self._turn = asyncio.Lock()
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    @property
    def dialect(self) -> str:  # noqa: D102
        return self._writing.dialect.name

    @abstractmethod
    def engine(self, url: URL, *, writing: bool, pool_size: int) -> AsyncEngine:
        """Make an engine; one that writes commits for good, one that reads sees snapshots."""

    @abstractmethod
    def lock_schema(self, connection: Connection) -> None:
        """Wait until no other process changes the schema, and keep others from it."""

    @abstractmethod
    def unlock_schema(self, connection: Connection) -> None:
        """Let others change the schema again, where the end of the transaction does not."""

    @abstractmethod
    def position(self, connection: Connection) -> str:
        """Tell how far everything that is committed reaches; empty when that is unknown."""

    @abstractmethod
    def has_reached(self, connection: Connection, position: str, wait_s: float) -> bool:
        """Tell whether a copy holds everything up to a position of the original, after waiting a little.

        A query behind it on the connection sees that much.
        """

    async def open(self) -> None:  # noqa: D102
        try:
            await self.write(self._migrate)
        except (BackendError, ConfigError) as error:
            await self.close()
            raise ConfigError(f"cannot use the database {self._shown()}: {error}") from error

    async def close(self) -> None:  # noqa: D102
        self._closed = True
        async with self._turn:
            await self._writing.dispose()
        await self._idle.wait()
        await self._reading.dispose()
        if self.replica is not None:
            await self.replica.close()

    async def read(  # noqa: D102
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with self._counted():
            try:
                return await self._query(query, *args, **kwargs)
            except TryAgainError:
                # The pool held connections to a server that is gone; by now it has dropped them all.
                return await self._query(query, *args, **kwargs)

    async def read_copy(  # noqa: D102
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        if self.replica is None or self.replica.rests:
            return await self.read(query, *args, **kwargs)
        # Asked of the original each time: another db_proxy may have acknowledged something meanwhile.
        position = await self.read(self.position)
        with self._counted():
            try:
                return await self.replica.read(position, query, *args, **kwargs)
            except BackendError:
                pass  # the replica has said why
        return await self.read(query, *args, **kwargs)

    async def write(  # noqa: D102
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._turn:
            self._refuse_when_closed()
            with server_errors():
                async with self._writing.begin() as connection:
                    return await connection.run_sync(work, *args, **kwargs)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Have ``close`` wait for what is read meanwhile."""
        self._refuse_when_closed()
        self._running += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise BackendError("the database is closed")

    async def _query(self, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        with server_errors():
            async with self._reading.connect() as connection:
                return await connection.run_sync(query, *args, **kwargs)

    def _migrate(self, connection: Connection) -> None:
        if is_current(connection):
            return
        self.lock_schema(connection)
        try:
            migrate(connection)
        finally:
            self.unlock_schema(connection)

    def _shown(self) -> str:
        return self._url.set(drivername=self.dialect).render_as_string(hide_password=True)


def make_engine(
    url: URL, *, pool_size: int, writing: bool, isolation: str, connect_args: dict[str, Any], **options: Any
) -> AsyncEngine:
    """Make an engine with what all of them share.

    Raises:
        ConfigError: its driver is not installed.
    """
    try:
        return create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_POOL_WAIT_S,
            # A writer ends every transaction itself; a reader's is ended by the pool.
            pool_reset_on_return=None if writing else "rollback",
            isolation_level=isolation,
            connect_args=connect_args,
            hide_parameters=True,
            **options,
        )
    except (ModuleNotFoundError, SQLAlchemyError) as error:
        extra = "mysql" if url.get_backend_name() in ("mysql", "mariadb") else "postgres"
        text = f"the database {url.get_backend_name()} needs a driver: pip install 'hongyan[{extra}]'"
        raise ConfigError(text) from error
