"""A database that original servers have filled, with damage: used as it stands, checked, mended, copied."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, inspect, select, text

from hongyan.errors import ConfigError
from hongyan.store import SessionType, accounts, messages, open_database, passwords, sessions, unread
from hongyan.store.checking import Finding, check
from hongyan.store.copying import copy
from hongyan.store.migrations import REVISIONS, current_revision
from hongyan.store.repairing import repair
from hongyan.store.schema import TEAMTALK_TABLES
from hongyan.store.teamtalk import (
    GROUP,
    GROUP_MEMBER,
    GROUP_MESSAGES,
    RELATION,
    SESSION,
    SINGLE_MESSAGES,
    USER,
    metadata,
)
from servers.databases import MariaDb
from servers.teamtalk import make_teamtalk

from .writing import NOW, running


@pytest.fixture
def url(mariadb: MariaDb) -> str:
    """A database as the shipped SQL makes it."""
    return make_teamtalk(mariadb)


def fill(connection: Connection) -> None:
    """What an original server has written, every damage that it is known for among it."""

    def put(table: Any, *rows: dict[str, Any]) -> None:
        for row in rows:
            connection.execute(insert(table).values(row))

    when = {"created": 100, "updated": 100}
    for user in (1, 2, 3):
        salted = {"password": passwords.legacy_hash(passwords.client_digest("pw"), "abcd"), "salt": "abcd"}
        put(USER, {"id": user, "name": f"u{user}", "departId": 1, **salted, **when})
    put(RELATION, {"id": 1, "smallId": 1, "bigId": 2, **when}, {"id": 2, "smallId": 1, "bigId": 2, **when})
    put(RELATION, {"id": 3, "smallId": 1, "bigId": 3, **when})
    for owner, peer in ((1, 2), (2, 1), (2, 1), (1, 3), (3, 1), (1, 77)):
        put(SESSION, {"userId": owner, "peerId": peer, "type": 1, "status": 0, **when})
    for relation, number, created in (
        (1, 1, 101),
        (1, 2, 102),
        (2, 1, 103),
        (3, 1, 101),
        (3, 1, 102),
        (3, 4, 103),
    ):
        row = {
            "relateId": relation,
            "fromId": 1,
            "toId": 2,
            "msgId": number,
            "content": f"{relation} {created}",
        }
        put(SINGLE_MESSAGES[relation], {**row, "type": 1, "created": created, "updated": created})
    put(GROUP, {"id": 1, "name": "g", "creator": 1, "status": 0, "userCnt": 4, **when})
    for user in (1, 2, 2, 99):
        put(GROUP_MEMBER, {"groupId": 1, "userId": user, "status": 0, **when})
    for number in (1, 2, 1):
        put(
            GROUP_MESSAGES[1],
            {"groupId": 1, "userId": 1, "msgId": number, "type": 17, "created": 100 + number},
        )


async def filled(url: str) -> Any:
    database = await open_database(url)
    await database.write(fill)
    return database


def columns(connection: Connection) -> dict[str, Any]:
    return {
        table.name: connection.execute(text(f"SHOW FULL COLUMNS FROM {table.name}")).all()
        for table in TEAMTALK_TABLES
        if inspect(connection).has_table(table.name)
    }


async def test_the_originals_tables_stay_as_they_are(mariadb: MariaDb, url: str) -> None:
    before = await shown(url)
    assert await shown(url) == before
    database = await open_database(url)
    assert await database.read(current_revision) == REVISIONS[-1]
    for table in TEAMTALK_TABLES:
        keys = await database.read(lambda c, t=table: inspect(c).get_indexes(t.name))
        assert not [key for key in keys if key["unique"]]
    await database.close()


async def shown(url: str) -> dict[str, Any]:
    """The columns of all tables, whatever has been migrated."""
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    engine = create_async_engine(make_url(url).set(drivername="mysql+asyncmy"))
    async with engine.connect() as connection:
        found = await connection.run_sync(columns)
    await engine.dispose()
    found.pop("IMTransmitFile", None)
    return found


async def test_it_is_used_with_all_its_damage(url: str) -> None:
    database = await filled(url)
    found = await database.read(accounts.credentials, "u1")
    assert passwords.verify(found, passwords.client_digest("pw"), passwords.VerifiedPasswords())
    async with running(database) as writer:
        first, second = await writer.text(1, 2, "new"), await writer.group_text(1, 1)
        assert first.error is second.error is None
        assert second.members == (1, 2, 99)
        page = await database.read(messages.history, 1, SessionType.SINGLE, 2, 0, 10)
        assert page[0].content == "new"
        recent = await database.read(sessions.recent, 2, 0)
        assert sorted(row[:2] for row in recent) == [(1, SessionType.SINGLE), (1, SessionType.GROUP)]
    await database.close()


async def test_what_was_there_before_us_counts_as_read(mariadb: MariaDb, url: str) -> None:
    rows = [
        "INSERT INTO IMRelationShip VALUES (1, 1, 2, 0, 1, 1)",
        "INSERT INTO IMRecentSession VALUES (1, 2, 1, 1, 0, 1, 1)",
        "INSERT INTO IMMessage_1 VALUES (1, 1, 1, 2, 7, 'x', 1, 0, 1, 1)",
        "INSERT INTO IMGroup VALUES (1, 'g', '', 1, 1, 1, 0, 1, 0, 1, 1)",
        "INSERT INTO IMGroupMember VALUES (1, 1, 2, 0, 1, 1)",
        "INSERT INTO IMGroupMessage_1 VALUES (1, 1, 1, 3, 'x', 17, 0, 1, 1)",
    ]
    mariadb.sql("USE teamtalk", *rows)
    database = await open_database(url)
    assert await database.read(unread.totals, [2]) == {}
    await database.close()


async def test_an_original_may_go_on_writing_rows_twice(mariadb: MariaDb, url: str) -> None:
    database = await open_database(url)
    await database.write(fill)
    for statement in (
        "INSERT INTO IMRelationShip (smallId, bigId, status, created, updated) VALUES (1, 2, 0, 1, 1)",
        "INSERT INTO IMRecentSession VALUES (0, 1, 2, 1, 0, 1, 1)",
        "INSERT INTO IMGroupMember (groupId, userId, status, created, updated) VALUES (1, 1, 0, 1, 1)",
        "INSERT INTO IMMessage_1 VALUES (0, 1, 1, 2, 1, 'again', 1, 0, 1, 1)",
        "SELECT * FROM IMMessage_1 FORCE INDEX (idx_relateId_status_created) WHERE relateId = 1",
    ):
        mariadb.sql("USE teamtalk", statement)
    await database.close()


def kinds(findings: list[Finding]) -> dict[str, str]:
    return {f"{finding.table}: {finding.what.split()[0]}": f"{finding.cases}" for finding in findings}


async def test_damage_is_reported_and_mended(url: str) -> None:
    database = await filled(url)
    assert kinds(await database.read(check)) == {
        "IMRelationShip: pairs": "1",
        "IMRecentSession: sessions": "1",
        "IMGroupMember: members": "1",
        "IMMessage_3: numbers": "1",
        "IMMessage_3: conversations": "1",
        "IMGroupMessage_1: numbers": "1",
        "IMGroup: groups": "1",
    }
    assert await database.write(repair, NOW)
    assert [finding for finding in await database.read(check) if finding.mendable] == []
    page = await database.read(messages.history, 1, SessionType.SINGLE, 2, 0, 10)
    assert [(row.msg_id, row.content) for row in reversed(page)] == [(1, "1 101"), (2, "1 102"), (3, "2 103")]
    page = await database.read(messages.history, 1, SessionType.SINGLE, 3, 0, 10)
    assert [(row.msg_id, row.content) for row in reversed(page)] == [(1, "3 101"), (2, "3 102"), (3, "3 103")]
    page = await database.read(messages.history, 1, SessionType.GROUP, 1, 0, 10)
    assert [row.msg_id for row in page] == [3, 2, 1]
    async with running(database) as writer:
        assert (await writer.text(1, 2)).msg_id == 4
    await database.close()


async def test_what_was_stored_while_redis_was_away_disturbs_nobody_and_gets_its_number(
    mariadb: MariaDb, url: str
) -> None:
    database = await filled(url)
    mariadb.sql(
        "USE teamtalk",
        "INSERT INTO IMMessage_3 (relateId, fromId, toId, msgId, content, created, updated)"
        " VALUES (3, 1, 3, 4294967295, 'no number', 104, 104)",
        "INSERT INTO IMGroupMessage_1 (groupId, userId, msgId, content, type, created, updated)"
        " VALUES (1, 1, 4294967295, 'no number', 17, 104, 104)",
    )
    found = {f.table for f in await database.read(check) if "without a number" in f.what}
    assert found == {"IMMessage_3", "IMGroupMessage_1"}
    async with running(database) as writer:
        assert (await writer.text(1, 3)).msg_id == 5
        assert (await writer.group_text(1, 1)).msg_id == 3
    assert await database.read(unread.totals, [3]) == {3: 4}  # the numbered ones
    await database.write(repair, NOW)
    page = await database.read(messages.history, 1, SessionType.SINGLE, 3, 0, 10)
    assert [row.content for row in page] == ["hi", "no number", "3 103", "3 102", "3 101"]
    assert [row.msg_id for row in page] == [5, 4, 3, 2, 1]
    await database.close()


@pytest.mark.parametrize("engine", ["sqlite", "mariadb", "postgresql"], indirect=True)
async def test_a_whole_installation_moves_to_another_engine_and_back(
    url: str, new_place: Callable[..., str]
) -> None:
    source = await filled(url)
    await source.write(repair, NOW)
    target = await open_database(new_place("moved"))
    pages: list[tuple[str, int, int]] = []
    counts = await copy(source, target, lambda *page: pages.append(page))
    assert {count.table for count in counts} == set(metadata.tables)
    assert all(count.source == count.target for count in counts)
    assert ("IMUser", 3, 3) in pages
    with pytest.raises(ConfigError, match="not empty"):
        await copy(source, target, lambda *_: None)
    for table in metadata.sorted_tables:
        assert await target.read(rows, table) == await source.read(rows, table)
    async with running(target) as writer:
        assert (await writer.text(1, 2)).msg_id == 4
        assert (await writer.text(2, 3)).msg_id == 1
    await target.close()
    await source.close()


def rows(connection: Connection, table: Any) -> list[Any]:
    return sorted(tuple(row) for row in connection.execute(select(table)))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
async def test_a_damaged_one_is_not_moved(url: str, new_place: Callable[..., str]) -> None:
    source, target = await filled(url), await open_database(new_place("moved"))
    with pytest.raises(ConfigError, match="--repair"):
        await copy(source, target, lambda *_: None)
    assert await target.read(lambda c: c.execute(select(func.count()).select_from(USER)).scalar()) == 0
    await source.close()
    await target.close()
