"""Database servers that go away, come back, or do not let us in."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from hongyan.errors import BackendError, ConfigError
from hongyan.store import SessionType, messages, open_database
from hongyan.store.schema import TEAMTALK_TABLES
from servers.databases import IN_URL, PASSWORD, MariaDb, PostgreSql

from .writing import Writer, running, single

SERVERS = {"mariadb": MariaDb, "postgresql": PostgreSql}


@pytest.fixture(params=SERVERS, scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A server of this module's own, to be killed."""
    with SERVERS[request.param]() as server:
        yield server


@pytest.fixture
def url(server: Any) -> str:
    return server.create("hongyan")


async def test_a_killed_server_loses_nothing_that_was_acknowledged(server: Any, url: str) -> None:
    database = await open_database(url)
    async with running(database) as writer:
        stored = await writer.send(*(single(1, peer) for peer in (2, 3, 2)))
        server.kill()
        lost = await writer.text(1, 2)
        assert isinstance(lost.error, BackendError)
        assert lost.msg_id == 0
        with pytest.raises(BackendError):
            await database.read(messages.history, 1, SessionType.SINGLE, 2, 0, 10)
        server.start()
        after = await back(writer)
        assert [message.msg_id for message in stored] == [1, 1, 2]
        page = await database.read(messages.history, 1, SessionType.SINGLE, 2, 0, 10)
        assert [row.msg_id for row in page] == list(range(after, 0, -1))
    await database.close()


async def back(writer: Writer) -> int:
    """Sends until the server has noticed that it is alive, and returns the number it gave."""
    for _ in range(100):
        message = await writer.text(1, 2)
        if message.error is None:
            return message.msg_id
        await asyncio.sleep(0.05)
    raise AssertionError(message.error)


async def test_a_restarted_server_is_noticed_by_nobody(server: Any, url: str) -> None:
    database = await open_database(url)
    async with running(database) as writer:
        await writer.send(single(1, 2), single(3, 4))
        await database.read(messages.history, 1, SessionType.SINGLE, 2, 0, 10)
        server.stop()
        server.start()
        assert (await writer.text(1, 2)).msg_id == 2
        assert len(await database.read(messages.history, 1, SessionType.SINGLE, 2, 0, 10)) == 2
    await database.close()


async def test_several_processes_may_make_the_tables_at_once(url: str) -> None:
    opened = await asyncio.gather(*(open_database(url) for _ in range(4)))
    for database in opened:
        for table in TEAMTALK_TABLES:
            assert await database.read(lambda c, table=table: c.execute(select(table)).all()) == []
        await database.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace(IN_URL, "wrong"),
        lambda url: url.replace("/hongyan", "/nowhere"),
        lambda url: url.replace("127.0.0.1", "127.0.0.2"),
        lambda url: url.replace("hongyan:", "stranger:"),
    ],
    ids=["password", "database", "address", "user"],
)
async def test_what_cannot_be_opened_is_said_without_the_password(
    url: str, change: Callable[[str], str]
) -> None:
    with pytest.raises(ConfigError) as failed:
        await open_database(change(url))
    text = str(failed.value)
    assert "cannot use the database" in text
    assert PASSWORD not in text
    assert IN_URL not in text
    assert "wrong" not in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "url", ["mysql:/nothing", "oracle://scott:tiger@localhost/x", "mysql://user:tiger@localhost"]
)
async def test_what_is_no_url_is_said_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError) as failed:
        await open_database(url)
    assert "tiger" not in str(failed.value)


async def test_errors_do_not_quote_what_people_wrote(url: str) -> None:
    database = await open_database(url)
    async with running(database) as writer:
        sent = await writer.send(single(1, 2, "a secret half \ud83d"), single(1, 2, "x"))
        assert "secret" not in str(sent[0].error)
        assert (sent[0].msg_id, sent[1].msg_id) == (0, 1)
    await database.close()
