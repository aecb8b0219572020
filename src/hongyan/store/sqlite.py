"""SQLite: one file in WAL mode, one thread that writes and a few that read."""

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from hongyan.errors import BackendError, ConfigError
from hongyan.store.database import ConflictError, Database, UnfitValueError, translated_errors
from hongyan.store.migrations import migrate
from hongyan.store.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")
Synchronous = Literal["FULL", "NORMAL", "OFF"]

_READERS = 4
# Only another process can hold the write lock (a command-line tool at its import), and it is
# better to wait for it than to fail what a client sent.
_BUSY_TIMEOUT_MS = 30_000
# Of new files. Each conversation has its place in the index, so almost every message of a commit
# changes a page of its own, and a commit writes whole pages: small ones are half the bytes.
_PAGE_BYTES = 2048
# Pages that may gather in the log before they are copied into the file. The copy is the one long
# pause of a writer, so it comes rarely; the file stays of bounded size all the same.
_CHECKPOINT_PAGES = 16_000
_LOG_LIMIT_BYTES = 128 * 1024 * 1024
_WRITER_CACHE_KIB = 64 * 1024
_READER_CACHE_KIB = 8 * 1024
_PREPARED_STATEMENTS = 1024


class SqliteDatabase(Database):
    """The embedded database.

    Args:
        path: the file; it is made, readable by its owner only, when it is missing.
        synchronous: ``FULL`` syncs the disk at every commit. ``NORMAL`` survives a kill of the
            process but may lose the last commits with the machine's power.
    """

    def __init__(self, path: Path, *, synchronous: Synchronous = "FULL") -> None:
        self._path = path
        self._writing = _engine(path, synchronous, writing=True)
        self._reading = _engine(path, synchronous, writing=False)
        self._writer = Threads(1, "hongyan-db-write")
        self._readers = Threads(_READERS, "hongyan-db-read")
        self._connection: Connection | None = None
        # To take a connection from a pool costs more than a short query, so each reader keeps its own.
        self._reader = threading.local()
        self._read_connections: list[Connection] = []
        self._closed = False
        self._impatient: Connection | None = None

    @property
    def dialect(self) -> str:  # noqa: D102
        return self._writing.dialect.name

    async def open(self) -> None:  # noqa: D102
        try:
            _touch(self._path)
            await self.write(migrate)
        except (BackendError, OSError) as error:
            await self.close()
            raise ConfigError(f"cannot open the database {self._path}: {error}") from error
        except ConfigError:
            await self.close()
            raise

    async def close(self) -> None:  # noqa: D102
        if self._closed:
            return
        self._closed = True
        await self._writer.run(self._disconnect)
        self._writer.shutdown()
        self._readers.shutdown()
        for connection in self._read_connections:
            connection.close()
        if self._impatient is not None:
            self._impatient.close()

    async def read(  # noqa: D102
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        self._refuse_when_closed()
        return await self._readers.run(partial(self._query, self._read_connection, query, *args, **kwargs))

    async def read_again(  # noqa: D102
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        # In the event loop's thread. Pages that are in the system's memory cost it some 10 µs a row; a
        # hand-over to a reader and back costs more, and for each row the reader waits for the interpreter.
        self._refuse_when_closed()
        try:
            return self._query(self._impatient_connection, query, *args, **kwargs)
        except BackendError:
            return await self.read(query, *args, **kwargs)  # it may wait for whoever has locked the file

    async def write(  # noqa: D102
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        self._refuse_when_closed()
        return await self._writer.run(partial(self._transact, work, *args, **kwargs))

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise BackendError("the database is closed")

    def _query(
        self, connected: Callable[[], Connection], query: Callable[..., T], *args: Any, **kwargs: Any
    ) -> T:
        with translated_errors():
            connection = connected()
            try:
                return query(connection, *args, **kwargs)
            finally:
                connection.rollback()

    def _transact(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            with translated_errors():
                connection = self._connected()
                with connection.begin():
                    return work(connection, *args, **kwargs)
        except (ConflictError, UnfitValueError):
            raise
        except BackendError:
            # A full disk or a failed sync may leave the connection in any state.
            self._disconnect()
            raise

    def _read_connection(self) -> Connection:
        connection: Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = self._reading.connect()
            self._read_connections.append(connection)
        return connection

    def _impatient_connection(self) -> Connection:
        """Return the event loop's own connection, which fails where others would wait for a lock."""
        if self._impatient is None:
            self._impatient = self._reading.connect()
            self._impatient.exec_driver_sql("PRAGMA busy_timeout=0")
        return self._impatient

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._writing.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def _touch(path: Path) -> None:
    """Make the file before SQLite does: its log and index take over the mode they find."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _engine(path: Path, synchronous: Synchronous, *, writing: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={
            "timeout": _BUSY_TIMEOUT_MS / 1000,
            "check_same_thread": False,
            "cached_statements": _PREPARED_STATEMENTS,
        },
    )
    pragmas = _writer_pragmas(synchronous) if writing else _reader_pragmas()
    event.listen(engine, "connect", partial(_prepare, pragmas))
    # Without IMMEDIATE a transaction that reads before it writes can be refused in its middle.
    event.listen(engine, "begin", partial(_begin, "BEGIN IMMEDIATE" if writing else "BEGIN"))
    return engine


def _writer_pragmas(synchronous: Synchronous) -> tuple[str, ...]:
    return (
        f"page_size={_PAGE_BYTES}",
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
        f"journal_size_limit={_LOG_LIMIT_BYTES}",
        f"cache_size=-{_WRITER_CACHE_KIB}",
        "temp_store=MEMORY",
    )


def _reader_pragmas() -> tuple[str, ...]:
    return ("query_only=ON", f"cache_size=-{_READER_CACHE_KIB}", "temp_store=MEMORY")


def _prepare(pragmas: tuple[str, ...], connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by its own rules
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)
