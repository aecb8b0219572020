"""Two db_proxies under load on one database and one Redis, and everything that can fail does."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hongyan.store import Database, SessionType, membership, open_database
from hongyan.store.teamtalk import GROUP_MESSAGES, RELATION, SINGLE_MESSAGES
from servers.databases import MariaDb, PostgreSql, Redis

from .writing import NOW

FLOOD = Path(__file__).parent / "flood.py"
ENOUGH = 500
"""Messages that a process must have stored since the last outage before the next one comes."""
DEADLINE_S = 60


class Flood:
    """A process that writes, and what it has reported as stored, in its order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.reported: dict[tuple[int, int], list[int]] = defaultdict(list)

    async def go_on(self, count: int = ENOUGH) -> None:
        """Read until so many more are stored."""
        for _ in range(count):
            self._note(await asyncio.wait_for(self.process.stdout.readline(), DEADLINE_S))

    async def kill(self) -> None:
        self.process.kill()
        for line in (await self.process.stdout.read()).splitlines(keepends=True):
            self._note(line)
        await self.process.wait()

    def _note(self, line: bytes) -> None:
        if line.endswith(b"\n"):
            session_type, peer, msg_id = map(int, line.split())
            self.reported[session_type, peer].append(msg_id)


@asynccontextmanager
async def flooding(*arguments: str) -> AsyncIterator[Flood]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        FLOOD,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    flood = Flood(process)
    try:
        yield flood
    finally:
        if process.returncode is None:
            await flood.kill()


@pytest.fixture(params=[MariaDb, PostgreSql], ids=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A server of this module's own, to be restarted."""
    with request.param() as server:
        yield server


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


def numbers(connection: Connection) -> dict[tuple[int, int], list[int]]:
    """The numbers in the database by conversation."""
    found: dict[tuple[int, int], list[int]] = {}
    for relation, peer in connection.execute(select(RELATION.c.id, RELATION.c.bigId)).all():
        message = SINGLE_MESSAGES[relation % 8].c
        rows = select(message.msgId).where(message.relateId == relation)
        assert (SessionType.SINGLE, peer) not in found
        found[SessionType.SINGLE, peer] = list(connection.execute(rows).scalars())
    message = GROUP_MESSAGES[1].c
    rows = select(message.msgId).where(message.groupId == 1)
    found[SessionType.GROUP, 1] = list(connection.execute(rows).scalars())
    return found


@pytest.mark.parametrize("with_redis", [True, False], ids=["redis", "alone"])
async def test_what_was_acknowledged_is_there_once_and_in_order(
    server: Any, own_redis: Redis, with_redis: bool
) -> None:
    url = server.create("hongyan")
    database = await open_database(url)
    who = {"name": "g", "group_type": 1, "member_ids": [1, 2], "by": 1, "now": NOW}
    await database.write(lambda connection: membership.create(connection, **who))
    arguments = [url, own_redis.url if with_redis else ""]
    async with AsyncExitStack() as stack:
        first, second, third = [await stack.enter_async_context(flooding(*arguments)) for _ in range(3)]
        floods = (first, second, third)
        await asyncio.gather(*(flood.go_on() for flood in floods))
        await third.kill()
        await asyncio.gather(first.go_on(), second.go_on())
        own_redis.wipe()
        await asyncio.gather(first.go_on(), second.go_on())
        server.stop()
        server.start()
        await asyncio.gather(first.go_on(), second.go_on())
        own_redis.kill()
        own_redis.start()
        await asyncio.gather(first.go_on(), second.go_on())
        server.kill()
        server.start()
        await asyncio.gather(first.go_on(), second.go_on())
        await first.kill()
        await second.go_on()
        await second.kill()
    await hold_together(database, floods)
    await database.close()


async def hold_together(database: Database, floods: tuple[Flood, ...]) -> None:
    stored = await database.read(numbers)
    for ids in stored.values():
        assert sorted(ids) == list(range(1, len(ids) + 1))
    for conversation, ids in stored.items():
        reported = [flood.reported[conversation] for flood in floods]
        for each in reported:
            assert each == sorted(each)
        together = [number for each in reported for number in each]
        assert len(together) == len(set(together))
        assert set(together) <= set(ids)
