"""A journal that is run and drained, and messages for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import Connection, Table, delete, literal, select, text

from hongyan.store import Conversations, Database, Journal, PendingMessage
from hongyan.store.commit import Observer
from hongyan.store.redis_shared import SharedRedis
from hongyan.store.teamtalk import metadata

NOW = 1_800_000_000


class Writer:
    """A running journal and what it has reported."""

    def __init__(
        self,
        database: Database,
        redis: SharedRedis | None = None,
        observe: Observer | None = None,
        **options: object,
    ) -> None:
        self.database = database
        self.redis = redis
        self.now = NOW
        self.conversations = Conversations(**options)
        self.batches: list[list[PendingMessage]] = []
        self.journal = Journal(
            database, self.conversations, self._stored, clock=lambda: self.now, redis=redis, observe=observe
        )

    async def send(self, *messages: PendingMessage) -> list[PendingMessage]:
        for message in messages:
            self.journal.append(message)
        await self.journal.settled()
        return list(messages)

    async def text(self, sender: int, peer: int, content: str = "hi", **options: str) -> PendingMessage:
        return (await self.send(single(sender, peer, content, **options)))[0]

    async def group_text(self, sender: int, group: int, content: str = "hi") -> PendingMessage:
        return (await self.send(grouped(sender, group, content)))[0]

    def _stored(self, messages: Sequence[PendingMessage]) -> None:
        self.batches.append(list(messages))


def single(sender: int, peer: int, content: str = "hi", **options: str) -> PendingMessage:
    return PendingMessage(sender, peer, 1, content, NOW, **options)


def grouped(sender: int, group: int, content: str = "hi", **options: str) -> PendingMessage:
    return PendingMessage(sender, group, 17, content, NOW, **options)


@asynccontextmanager
async def running(database: Database, **options: object) -> AsyncIterator[Writer]:
    writer = Writer(database, **options)
    async with asyncio.TaskGroup() as group:
        group.create_task(writer.journal.run())
        yield writer
        await writer.journal.close()


def wipe(connection: Connection) -> None:
    """Empty every table, and let ids begin again where a test looks at them."""
    for table in metadata.tables.values():
        if connection.execute(select(literal(1)).select_from(table).limit(1)).first():
            connection.execute(delete(table))
            _begin_ids_again(connection, table)


def _begin_ids_again(connection: Connection, table: Table) -> None:
    if table.name not in ("IMUser", "IMGroup", "IMRelationShip", "IMAudio"):
        return
    if connection.dialect.name == "mysql":
        connection.execute(text(f"ALTER TABLE {table.name} AUTO_INCREMENT = 1"))
    elif connection.dialect.name == "postgresql":
        connection.execute(text(f"""SELECT setval('"{table.name}_id_seq"', 1, false)"""))
