"""Long reads go to a replica, see what was acknowledged, and never fail because of it."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from hongyan.store import Database, SessionType, messages, open_database, replica
from servers.databases import (
    MariaDb,
    MariaDbPrimary,
    MariaDbReplica,
    PostgreSql,
    PostgreSqlReplica,
)

from .conftest import on_one_loop
from .writing import Writer, running

DEADLINE_S = 60


@contextmanager
def mariadbs() -> Iterator[tuple[Any, Any, str]]:
    with MariaDbPrimary() as primary, MariaDbReplica() as copy:
        url = primary.create("hongyan")
        copy.follow(primary)
        yield primary, copy, url


@contextmanager
def postgresqls() -> Iterator[tuple[Any, Any, str]]:
    with PostgreSql() as primary:
        url = primary.create("hongyan")
        with PostgreSqlReplica(primary) as copy:
            yield primary, copy, url


@pytest.fixture(scope="module", params=[mariadbs, postgresqls], ids=["mariadb", "postgresql"])
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any, str]]:
    with request.param() as servers:
        yield servers


@pytest.fixture
def copy(servers: tuple[Any, Any, str]) -> Any:
    """The server that follows."""
    return servers[1]


@on_one_loop
async def writer(servers: tuple[Any, Any, str]) -> AsyncIterator[Writer]:
    _, copy, url = servers
    database = await open_database(url, replica=copy.url("hongyan"))
    async with running(database) as writer:
        await used(writer.database)
        yield writer
    await database.close()


async def newest(database: Database) -> int:
    """The newest number of the conversation, from wherever long reads go."""
    rows = await database.read_copy(messages.history, 1, SessionType.SINGLE, 2, 0, 1)
    return rows[0].msg_id if rows else 0


async def used(database: Database) -> None:
    """Wait until the replica is read from."""
    assert database.replica is not None
    before = database.replica.stats.reads
    end = time.monotonic() + DEADLINE_S
    while database.replica.stats.reads == before:
        assert time.monotonic() < end, "the replica is not used"
        database.replica._rests_until = 0
        await newest(database)


async def test_a_read_sees_what_was_acknowledged_a_moment_ago(writer: Writer) -> None:
    replica = writer.database.replica
    before, end = replica.stats.reads, time.monotonic() + DEADLINE_S
    for number in itertools.count(1):
        stored = await writer.text(1, 2, "there")
        replica._rests_until = 0  # on a busy machine it is behind now and then
        assert await newest(writer.database) == stored.msg_id
        if number >= 50 and replica.stats.reads > before:
            return
        assert time.monotonic() < end, "the replica is not used"


async def test_what_another_process_has_committed_is_seen_too(
    writer: Writer, servers: tuple[Any, Any, str]
) -> None:
    other = await open_database(servers[2])
    async with running(other) as second:
        for _ in range(20):
            stored = await second.text(1, 2, "from elsewhere")
            assert await newest(writer.database) == stored.msg_id
    await other.close()


async def test_a_replica_that_is_behind_is_passed_over_until_it_is_not(writer: Writer, copy: Any) -> None:
    copy.fall_behind()
    try:
        stored = await writer.text(1, 2, "late")
        assert await newest(writer.database) == stored.msg_id
        assert writer.database.replica.rests
    finally:
        copy.catch_up()
    await used(writer.database)
    assert await newest(writer.database) == stored.msg_id


async def test_a_replica_that_is_gone_is_passed_over_until_it_is_back(writer: Writer, copy: Any) -> None:
    await asyncio.to_thread(copy.kill)
    try:
        stored = await writer.text(1, 2, "alone")
        assert await newest(writer.database) == stored.msg_id
        assert writer.database.replica.rests
    finally:
        await asyncio.to_thread(copy.start)
    await used(writer.database)
    assert await newest(writer.database) == stored.msg_id


async def test_a_replica_that_hangs_delays_one_read(
    writer: Writer, copy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "LIMIT_S", 0.5)
    copy.pause()
    try:
        stored = await writer.text(1, 2, "meanwhile")
        assert await newest(writer.database) == stored.msg_id
        assert writer.database.replica.rests
    finally:
        copy.resume()
    await used(writer.database)


async def test_a_server_that_writes_no_log_is_no_original(mariadb: MariaDb) -> None:
    url = mariadb.create("unlogged")
    database = await open_database(url, replica=url)
    assert await database.read_copy(_one) == 1
    assert database.replica is not None
    assert (database.replica.stats.reads, database.replica.stats.missed) == (0, 1)
    await database.close()


def _one(connection: Connection) -> int:
    return connection.exec_driver_sql("SELECT 1").scalar_one()
