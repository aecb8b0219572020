"""Webhooks on database servers, where several servers take from one queue at the same time."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .receiver import Receiver, Told, say_yes
from .running import ALL_SCOPES, ApiSuite
from .telling import SETTINGS, register, say, taken

MESSAGES = 12
FAILING = {1, 3, 6}


@pytest.fixture(params=["mariadb", "postgresql"])
def suites(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ApiSuite, ApiSuite]]:
    """Two suites on one database; the first is running."""
    url = request.getfixturevalue(request.param).create("webhooks")
    settings: dict[str, Any] = {"db_proxy": {"database": url}, "http_msg.webhooks": SETTINGS}
    suites = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        suites.append(ApiSuite(tmp_path / name, settings, makes_users=not suites))
    suites[0].start()
    try:
        yield suites[0], suites[1]
    finally:
        for suite in suites:
            suite.stop()


async def test_each_event_is_told_once_by_two_servers_and_what_was_given_up_can_be_sent_again(
    suites: tuple[ApiSuite, ApiSuite], receiver: Receiver
) -> None:
    one, other = suites
    token, turn = one.key("everything", ALL_SCOPES), itertools.count(1)
    receiver.answer = lambda _told: 500 if next(turn) in FAILING else 204
    async with one.api(token) as api:
        path, secret = await register(api, receiver.url, "message")
    await asyncio.to_thread(other.start)  # it knows the webhook from the beginning
    async with one.api(token) as api, other.api(token) as beside:
        texts = [f"message {number}" for number in range(MESSAGES)]
        for text, by in zip(texts, itertools.cycle((api, beside)), strict=False):
            await say(by, text)
        told = [await taken(receiver) for _ in texts]
        check(told, texts, secret)
        assert receiver.refused.qsize() == len(FAILING)
        assert receiver.taken.empty()

        receiver.answer = lambda _told: 410
        await say(beside, "unwanted")
        async with asyncio.timeout(40):
            while not (await api.ask("GET", f"{path}/deliveries"))["deliveries"]:
                pass
        receiver.answer = say_yes
        number = path.rpartition("/")[2]
        assert await asyncio.to_thread(one.admin, "webhook", "resend", number) == "1 will be sent again\n"
        assert (await taken(receiver)).text == "unwanted"


def check(told: list[Told], texts: list[str], secret: str) -> None:
    assert sorted(one.text for one in told) == sorted(texts)
    for one in told:
        one.check_signature(secret)
