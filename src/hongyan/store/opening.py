"""Opens a store: the database, what is known of its conversations, and the journal that writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from hongyan.config import RedisConfig
from hongyan.errors import ConfigError
from hongyan.store.conversations import Conversations
from hongyan.store.database import Database
from hongyan.store.entries import PendingMessage
from hongyan.store.journal import Journal
from hongyan.store.redis_shared import Pool, SharedRedis
from hongyan.store.redis_told import ToldDatabase
from hongyan.store.sqlite import SqliteDatabase, Synchronous

_SQLITE: Final = "sqlite:///"
READERS: Final = 8
"""Connections that read, unless the configuration has another number."""


@dataclass(frozen=True, slots=True)
class Store:
    """One process's way to the database.

    The owner awaits ``journal.run()`` in its TaskGroup, reads through ``database.read`` and
    changes things through ``journal`` only.
    """

    database: Database
    conversations: Conversations
    journal: Journal

    async def close(self) -> None:
        """Decide everything that waits and let go of the database; safe to call twice."""
        await self.journal.close()
        await self.database.close()


async def open_store(
    place: Path | str,
    on_stored: Callable[[Sequence[PendingMessage]], None],
    *,
    synchronous: Synchronous = "FULL",
    max_pending: int = 50_000,
) -> Store:
    """Open a database, making its tables when they are missing, and a journal on it.

    Args:
        place: as for ``open_database``.
        on_stored: told of every batch of messages, see :class:`Journal`.
        synchronous: see :class:`SqliteDatabase`.
        max_pending: how many writes may wait.

    Raises:
        ConfigError: the database cannot be opened, or a newer version made it.
    """
    database = await open_database(place, synchronous=synchronous)
    conversations = Conversations()
    journal = Journal(database, conversations, on_stored, max_pending=max_pending)
    return Store(database, conversations, journal)


async def open_database(
    place: Path | str,
    *,
    synchronous: Synchronous = "FULL",
    readers: int = READERS,
    replica: str = "",
) -> Database:
    """Open only the database: for tools beside the suite, which write with ``write``.

    Args:
        place: SQLite's file, or a URL: ``sqlite:///FILE``, ``mysql://``, ``mariadb://`` or
            ``postgresql://`` with user, password, host, port and database.
        synchronous: see :class:`SqliteDatabase`; the others decide that themselves.
        readers: how many queries may run at the same time on a server.
        replica: the URL of a server that keeps a copy, of the same engine; empty means none.

    Raises:
        ConfigError: as for ``open_store``, or the URL is none of these.
    """
    database = _database(place, synchronous, readers, _parsed(replica) if replica else None)
    await database.open()
    return database


async def open_told(place: str, redis: RedisConfig) -> Database:
    """Open a database for a tool, and tell original servers of what it writes where they share a Redis.

    Raises:
        ConfigError: as for ``open_database`` and ``open_redis``.
    """
    shared = open_redis(redis)
    database = await open_database(place)
    return database if shared is None else ToldDatabase(database, shared)


def open_redis(config: RedisConfig) -> SharedRedis | None:
    """What keeps a Redis in step that original servers use too; None when there is none.

    Raises:
        ConfigError: its driver is not installed, or its URL cannot be used.
    """
    if not config.url:
        return None
    try:
        from hongyan.store.redis_pools import RedisPools  # noqa: PLC0415 - few installations need it
    except ModuleNotFoundError as error:
        raise ConfigError("db_proxy.redis needs a driver: pip install 'hongyan[redis]'") from error
    databases: dict[Pool, int] = {
        "unread": config.unread_db,
        "group_set": config.group_set_db,
        "token": config.token_db,
        "group_member": config.group_member_db,
    }
    return SharedRedis(RedisPools(config.url, databases))


def _database(place: Path | str, synchronous: Synchronous, readers: int, replica: URL | None) -> Database:
    if isinstance(place, str) and place.startswith(_SQLITE):
        place = Path(place.removeprefix(_SQLITE))
    if isinstance(place, Path):
        return SqliteDatabase(place, synchronous=synchronous)
    url = _parsed(place)
    if url.get_backend_name() in ("mysql", "mariadb"):
        from hongyan.store.mysql import MysqlDatabase  # noqa: PLC0415 - an installation has one engine

        return MysqlDatabase(url, readers=readers, replica=replica)
    if url.get_backend_name() == "postgresql":
        from hongyan.store.postgresql import PostgresqlDatabase  # noqa: PLC0415 - the same

        return PostgresqlDatabase(url, readers=readers, replica=replica)
    raise ConfigError(f"database: {url.get_backend_name()} is none of sqlite, mysql, mariadb, postgresql")


def _parsed(place: str) -> URL:
    try:
        url = make_url(place)
    except ArgumentError as error:
        # The text is not repeated: it may hold a password.
        raise ConfigError("database: not a URL such as mysql://user:password@host:3306/teamtalk") from error
    if not url.database:
        raise ConfigError("database: the URL names no database, as mysql://user:password@host:3306/teamtalk")
    return url
