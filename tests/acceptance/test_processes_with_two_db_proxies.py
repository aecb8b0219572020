"""`hongyan up --processes --db-proxies 2` on MariaDB: both work; one that dies or hangs holds nobody up."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from .client import Client, RefusedError
from .people import People
from .suite import STOP_DEADLINE_S, admin
from .test_processes import RESTART_DEADLINE_S, Processes, is_back, status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from servers.databases import MariaDb

CONFIG = """\
[db_proxy]
database = "{database}"
[supervisor]
hung_after_s = 6
"""


class TwoDbProxies(Processes):
    def admin(self, *arguments: str) -> str:
        """With the file that names the database, where the database is asked for."""
        place = (
            ["--data", str(self.data)]
            if arguments[0] == "status"
            else ["--config", str(self.folder / "suite.toml")]
        )
        return admin(*arguments, *place, folder=self.folder)


@pytest.fixture(scope="module")
def suite(mariadb: MariaDb, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoDbProxies]:
    config = CONFIG.format(database=mariadb.create("processes"))
    suite = TwoDbProxies(tmp_path_factory.mktemp("processes"), config, "--processes", "--db-proxies", "2")
    try:
        suite.start()
        yield suite
        assert suite.stop() < STOP_DEADLINE_S
        assert not suite.server.tracebacks(), "a server logged an exception"
    finally:
        suite.stop()


@pytest.fixture
async def people(suite: TwoDbProxies) -> AsyncIterator[People]:
    people = People(suite)
    await people.welcome_at(suite.msg, RESTART_DEADLINE_S)
    yield people
    await people.close()


async def say_until_acked(sender: Client, to: int, text: bytes) -> None:
    """Send again what was refused, or not answered for some seconds, as our clients do."""
    async with asyncio.timeout(RESTART_DEADLINE_S):
        while True:
            try:
                await sender.say(to, text, client_msg_id=f"{text.decode()} {to}")
            except (RefusedError, AssertionError):
                await asyncio.sleep(0.05)
            else:
                return


async def test_both_are_used_and_one_that_dies_or_hangs_holds_nobody_up_for_long(
    suite: TwoDbProxies, people: People
) -> None:
    for process in await status(suite):
        if process["name"].startswith("db_proxy"):
            assert "msg" in {link["remote"] for link in process["links"]}, process["name"]
    alice, others = await people.online(), [(await people.user()).user_id for _ in range(4)]
    for restarts, number in enumerate((signal.SIGKILL, signal.SIGSTOP), 1):
        os.kill(suite.pids()["db_proxy2"], number)
        for other in others:  # conversations of both
            await say_until_acked(alice, other, number.name.encode())
        await is_back(suite, "db_proxy2", restarts)
    for other in others:
        texts = [message.msg_data for message in await alice.whole_history(other)]
        assert texts == [b"SIGKILL", b"SIGSTOP"]
    assert '"reason": "does not answer"' in suite.server.log_text()
