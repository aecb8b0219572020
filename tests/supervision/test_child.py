"""A supervised process: started again with delays, stopped in time or killed; small programs play servers."""

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hongyan.errors import BackendError
from hongyan.logs import Relay
from hongyan.metrics import Metrics
from hongyan.suite.supervision.child import MAX_LINE_BYTES, Child
from hongyan.suite.supervision.schedule import RestartSchedule
from hongyan.tasks import Tasks

READY = "print('{}', flush=True)"
OBEDIENT = f"{READY}; sys.stdin.read()"
DEADLINE_S = 30.0


class Impatient(RestartSchedule):
    """The same delays, a hundred times shorter, and written down."""

    def __init__(self) -> None:
        super().__init__()
        self.delays: list[float] = []
        self.enough = asyncio.Event()

    def delay_s(self, ran_for_s: float) -> float:
        delay_s = super().delay_s(ran_for_s)
        self.delays.append(delay_s)
        if len(self.delays) == 4:
            self.enough.set()
        return delay_s / 100


class Watched:
    """A child on a program, with all that is needed to look at it."""

    def __init__(self, program: str, tasks: Tasks) -> None:
        self.metrics = Metrics()
        self.schedule = Impatient()
        self.written = io.StringIO()
        self.child = Child(
            "msg",
            lambda: [sys.executable, "-c", f"import os, signal, sys, time; {program}"],
            os.open(os.devnull, os.O_RDONLY),
            Relay(self.written),
            tasks,
            self.metrics,
            self.schedule,
        )

    def lines(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.written.getvalue().splitlines()]


@asynccontextmanager
async def watching(program: str) -> AsyncIterator[tuple[Watched, Tasks]]:
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        tasks = Tasks(group, Metrics())
        watched = Watched(program, tasks)
        try:
            yield watched, tasks
        finally:
            await watched.child.stop(DEADLINE_S)


async def test_it_is_ready_when_it_says_where_it_listens():
    async with watching('print(\'{"msg": ["127.0.0.1", 7]}\', flush=True); sys.stdin.read()') as (watched, _):
        assert watched.child.pid == 0
        await watched.child.start()
        assert watched.child.addresses == {"msg": ("127.0.0.1", 7)}
        assert watched.child.pid > 0


async def test_what_ends_before_it_is_ready_cannot_be_started():
    async with watching("sys.exit(3)") as (watched, _):
        with pytest.raises(BackendError, match="msg ended with exit code 3 while it started"):
            await watched.child.start()


async def test_what_dies_again_and_again_is_started_after_growing_delays():
    async with watching(f"{READY}; os.kill(os.getpid(), signal.SIGKILL)") as (watched, tasks):
        await watched.child.start()
        tasks.start("keeping", watched.child.keep())
        await watched.schedule.enough.wait()
        assert watched.schedule.delays == [1, 2, 4, 8]
        assert watched.child.restarts == watched.metrics.counts["processes_restarted", "msg"] == 3


async def test_what_cannot_even_start_again_is_tried_again():
    async with watching(f"{READY} if not os.path.exists('/proc/' + str(os.getpid())) else sys.exit(1)") as (
        watched,
        tasks,
    ):
        with pytest.raises(BackendError):
            await watched.child.start()
        tasks.start("keeping", watched.child.keep())
        await watched.schedule.enough.wait()
        assert watched.schedule.delays == [1, 2, 4, 8]


async def test_after_a_stop_it_is_not_started_again():
    async with watching(OBEDIENT) as (watched, tasks):
        await watched.child.start()
        keeping = tasks.start("keeping", watched.child.keep())
        await watched.child.stop(DEADLINE_S)
        await keeping
        assert watched.child.restarts == 0
        with pytest.raises(BackendError, match="not started"):
            await watched.child.start()


async def test_what_does_not_stop_in_time_is_killed_and_counted():
    async with watching(f"signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}; time.sleep(60)") as (
        watched,
        _,
    ):
        await watched.child.start()
        await watched.child.stop(0.05)
        assert watched.metrics.counts["processes_killed", "msg: did not stop in time"] == 1
        assert watched.child.pid == 0


async def test_its_lines_are_passed_on_with_its_name_and_long_ones_in_pieces():
    program = f"{READY}; sys.stderr.write('short\\n' + 'x' * {MAX_LINE_BYTES + 70_000})"
    async with watching(program) as (watched, _):
        await watched.child.start()
        await watched.child._process.wait()
    short, *pieces = watched.lines()
    assert short == {"process": "msg", "event": "short"}
    assert "".join(piece["event"] for piece in pieces) == "x" * (MAX_LINE_BYTES + 70_000)
    assert len(pieces) > 1


async def test_settings_in_the_environment_do_not_reach_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HONGYAN_MSG__PORT", "1")
    async with watching(f"sys.stderr.write(str('HONGYAN_MSG__PORT' in os.environ)); {OBEDIENT}") as (
        watched,
        _,
    ):
        await watched.child.start()
    assert watched.lines() == [{"process": "msg", "event": "False"}]
