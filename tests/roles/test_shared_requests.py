"""Requests that many clients make at once share a task: what came while it was busy is its next work."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from hongyan.cluster.link import Link
from hongyan.errors import RefusedError
from hongyan.metrics import Metrics
from hongyan.reactor.dispatch import Routes
from hongyan.roles.db_proxy import requests
from hongyan.roles.db_proxy.requests import Asked, Requests
from hongyan.store.journal import Journal
from hongyan.tasks import Tasks
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.server_pb2 import IMValidateReq


class Quiet:
    """A journal in which nothing waits."""

    async def settled(self) -> None:
        return


class Rounds:
    """Work that notes who came together and is busy until it is told to go on."""

    def __init__(self) -> None:
        self.names: asyncio.Queue[list[str]] = asyncio.Queue()
        self.go = asyncio.Event()

    async def __call__(self, asked: Sequence[Asked[IMValidateReq]]) -> None:
        await self.names.put([message.user_name for _, message, _ in asked])
        await self.go.wait()
        if any(message.user_name == "bug" for _, message, _ in asked):
            raise ZeroDivisionError


class Desk:
    """Takes requests and gives them to the rounds."""

    def __init__(self, tasks: Tasks, work: Any, most: int) -> None:
        self.requests = Requests(tasks, cast(Journal, Quiet()), most)
        self._routes: Routes[Link] = Routes(Node.MSG, Node.DB_PROXY)
        self.requests.serve_together(self._routes, commands.VALIDATE, work)
        self.refused: list[RefusedError] = []

    def ask(self, name: str) -> None:
        message = IMValidateReq(user_name=name, password="")
        self._routes.dispatch(cast(Link, self), OutboundFrame(commands.VALIDATE, message))

    def refuse(self, _frame: object, error: RefusedError) -> None:
        self.refused.append(error)


@asynccontextmanager
async def desk(work: Any, most: int = 100) -> AsyncIterator[Desk]:
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group, Metrics())
        yield Desk(tasks, work, most)
        tasks.cancel()


@pytest.fixture
def rounds() -> Rounds:
    return Rounds()


async def test_what_comes_while_it_is_busy_is_its_next_work(rounds: Rounds) -> None:
    async with desk(rounds) as at, asyncio.timeout(10):
        at.ask("anna")
        at.ask("bob")
        assert await rounds.names.get() == ["anna", "bob"]
        for name in ("carl", "dora", "emil"):
            at.ask(name)
        assert at.requests.pending == 3
        rounds.go.set()
        assert await rounds.names.get() == ["carl", "dora", "emil"]
        assert at.requests.pending == 0


async def test_more_than_make_a_round_are_the_next_one(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_TOGETHER", 2)
    rounds.go.set()
    async with desk(rounds) as at, asyncio.timeout(10):
        for name in ("anna", "bob", "carl", "dora", "emil"):
            at.ask(name)
        assert [await rounds.names.get() for _ in range(3)] == [["anna", "bob"], ["carl", "dora"], ["emil"]]
        assert at.requests.pending == 0


async def test_more_than_may_wait_are_refused(rounds: Rounds) -> None:
    async with desk(rounds, most=2) as at, asyncio.timeout(10):
        at.ask("anna")
        assert await rounds.names.get() == ["anna"]
        for name in ("bob", "carl", "dora"):
            at.ask(name)
        assert len(at.refused) == 1
        rounds.go.set()
        assert await rounds.names.get() == ["bob", "carl"]


async def test_after_a_bug_the_next_ones_are_served(rounds: Rounds) -> None:
    async with desk(rounds) as at, asyncio.timeout(10):
        at.ask("bug")
        assert await rounds.names.get() == ["bug"]
        at.ask("anna")
        rounds.go.set()
        assert await rounds.names.get() == ["anna"]
