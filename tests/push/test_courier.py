"""The queue of a provider: bounded, in batches, again where it helps."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

import pytest

from hongyan.metrics import Metrics
from hongyan.roles.push import courier as courier_module
from hongyan.roles.push.courier import TOO_MANY, Courier
from hongyan.roles.push.notification import SENT, Notification, Outcome, Verdict, again, dead
from hongyan.tasks import Tasks

from .making import notification

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


class Post:
    """A provider that says what the test wants and notes what it was given."""

    name = "post"
    max_batch = 2

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.answers: deque[Outcome] = deque()
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_closed = False

    async def push(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        self.batches.append([each.token for each in notifications])
        await self.gate.wait()
        return [self.answers.popleft() if self.answers else SENT for _ in notifications]

    async def close(self) -> None:
        self.is_closed = True


class Desk:
    """A courier and what it decided."""

    def __init__(self, tasks: Tasks, **bounds: int) -> None:
        self.post = Post()
        self.metrics = Metrics()
        known = {"concurrency": 1, "max_pending": 4} | bounds
        self.courier = Courier(self.post, tasks, self.metrics, **known)
        self._decided: asyncio.Queue[tuple[str, Outcome]] = asyncio.Queue()

    def submit(self, token: str, **changes: float) -> None:
        self.courier.submit(
            notification(token, **changes),
            lambda note, outcome: self._decided.put_nowait((note.token, outcome)),
        )

    async def decided(self) -> tuple[str, Outcome]:
        async with asyncio.timeout(10):
            return await self._decided.get()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """Retries come at once; what was asked for is noted."""
    asked: list[float | None] = []

    def delay(attempts: int, asked_for_s: float | None) -> float | None:
        asked.append(asked_for_s)
        return 0.0 if attempts < 3 else None

    monkeypatch.setattr(courier_module, "retry_delay_s", delay)
    return asked


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group, Metrics())
        yield tasks
        tasks.cancel()


async def test_what_waits_leaves_in_batches(tasks: Tasks) -> None:
    desk = Desk(tasks)
    desk.post.gate.clear()
    for token in "abcd":
        desk.submit(token)
    desk.post.gate.set()
    assert [await desk.decided() for _ in range(4)] == [(token, SENT) for token in "abcd"]
    assert desk.post.batches == [["a"], ["b", "c"], ["d"]]


async def test_more_than_may_wait_is_refused_at_once(tasks: Tasks) -> None:
    desk = Desk(tasks, max_pending=2)
    desk.post.gate.clear()
    for token in "abc":
        desk.submit(token)
    assert await desk.decided() == ("c", TOO_MANY)
    assert desk.courier.pending == 2
    desk.post.gate.set()
    assert [await desk.decided() for _ in range(2)] == [("a", SENT), ("b", SENT)]
    assert desk.courier.pending == 0


async def test_what_may_be_taken_later_is_tried_again(tasks: Tasks, no_waiting: list[float | None]) -> None:
    desk = Desk(tasks)
    desk.post.answers.append(again("busy", 2.5))
    desk.submit("a")
    assert await desk.decided() == ("a", SENT)
    assert desk.post.batches == [["a"], ["a"]]
    assert no_waiting == [2.5]


async def test_it_is_given_up_after_some_attempts(tasks: Tasks) -> None:
    desk = Desk(tasks)
    desk.post.answers += [again("busy")] * 3
    desk.submit("a")
    assert await desk.decided() == ("a", Outcome(Verdict.REFUSED, "busy"))
    assert len(desk.post.batches) == 3


async def test_it_is_not_tried_again_when_it_is_worth_nothing_any_more(tasks: Tasks) -> None:
    desk = Desk(tasks)
    desk.post.answers.append(again("busy"))
    desk.submit("a", expires=time.time() - 1)
    assert await desk.decided() == ("a", Outcome(Verdict.REFUSED, "busy"))
    assert len(desk.post.batches) == 1


async def test_a_dead_token_is_reported_as_such(tasks: Tasks) -> None:
    desk = Desk(tasks)
    desk.post.answers.append(dead("gone"))
    desk.submit("a")
    assert await desk.decided() == ("a", dead("gone"))


async def test_closing_waits_for_what_is_under_way(tasks: Tasks) -> None:
    desk = Desk(tasks)
    desk.post.gate.clear()
    desk.submit("a")
    asyncio.get_running_loop().call_later(0.05, desk.post.gate.set)
    await desk.courier.close(10)
    assert await desk.decided() == ("a", SENT)
    assert desk.post.is_closed
    desk.submit("b")
    assert await desk.decided() == ("b", TOO_MANY)
