"""The demo company in a real database."""

from collections.abc import AsyncIterator
from pathlib import Path
from time import time

import pytest

from hongyan.demo import PASSWORD, prepare_demo
from hongyan.store import (
    Database,
    SessionType,
    accounts,
    departments,
    groups,
    messages,
    open_database,
    sessions,
)
from hongyan.store.passwords import VerifiedPasswords, client_digest, verify
from hongyan.wire.cipher import MessageCipher


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(tmp_path / "hongyan.db")
    yield opened
    await opened.close()


async def test_everybody_who_is_named_can_log_in(database: Database) -> None:
    people = await prepare_demo(database)
    assert len(people) == 12
    assert {person.password for person in people} == {PASSWORD}
    verified = VerifiedPasswords()
    for person in people:
        found = await database.read(accounts.credentials, person.name)
        assert verify(found, client_digest(person.password), verified)


async def test_it_is_made_once(database: Database) -> None:
    first = await prepare_demo(database)
    before = await database.read(accounts.list_accounts)
    assert await prepare_demo(database) == first
    assert await database.read(accounts.list_accounts) == before
    assert len(await database.read(departments.list_departments)) == 6


async def test_anna_finds_what_was_said_to_her_over_the_past_days(database: Database) -> None:
    await prepare_demo(database)
    ids = {account.name: account.user_id for account in await database.read(accounts.list_accounts)}
    recent = await database.read(sessions.recent, ids["anna"], 0)
    assert len(recent) >= 6
    assert [row.updated for row in recent] == sorted((row.updated for row in recent), reverse=True)
    assert recent[0].updated < time()
    assert recent[-1].updated < time() - 86_400
    texts = [MessageCipher().decrypt(row.latest.content.encode()).decode() for row in recent if row.latest]
    assert "测试都过了。" in texts
    assert len(await database.read(groups.normal_groups, ids["anna"])) == 2


async def test_history_is_numbered_from_one_and_readable(database: Database) -> None:
    await prepare_demo(database)
    ids = {account.name: account.user_id for account in await database.read(accounts.list_accounts)}
    page = await database.read(messages.history, ids["王伟"], SessionType.SINGLE, ids["李娜"], 0, 10)
    assert [message.msg_id for message in page] == [4, 3, 2, 1]
