"""Opens a store: the database, what is known of its conversations, and the journal that writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hongyan.store.conversations import Conversations
from hongyan.store.database import Database
from hongyan.store.entries import PendingMessage
from hongyan.store.journal import Journal
from hongyan.store.sqlite import SqliteDatabase, Synchronous


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
    path: Path,
    on_stored: Callable[[Sequence[PendingMessage]], None],
    *,
    synchronous: Synchronous = "FULL",
    max_pending: int = 50_000,
) -> Store:
    """Open the embedded database, making it when it is missing.

    Args:
        path: the database file.
        on_stored: told of every batch of messages, see :class:`Journal`.
        synchronous: see :class:`SqliteDatabase`.
        max_pending: how many writes may wait.

    Raises:
        ConfigError: the database cannot be opened, or a newer version made it.
    """
    database = await open_database(path, synchronous=synchronous)
    conversations = Conversations()
    journal = Journal(database, conversations, on_stored, max_pending=max_pending)
    return Store(database, conversations, journal)


async def open_database(path: Path, *, synchronous: Synchronous = "FULL") -> Database:
    """Open only the database: for tools beside the suite, which write with ``write``.

    Raises:
        ConfigError: as for ``open_store``.
    """
    database = SqliteDatabase(path, synchronous=synchronous)
    await database.open()
    return database
