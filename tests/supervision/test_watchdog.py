"""Processes that hang: found, killed and started again; those that only pause are left alone."""

import asyncio
import itertools
import os
import signal
from collections.abc import Callable

import pytest

from hongyan.suite.supervision.child import Child
from hongyan.suite.supervision.watchdog import PROBES, Watchdog

from .test_child import OBEDIENT, watching

LIMIT_S = 0.12


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - a process outside changes it
            await asyncio.sleep(0.005)


async def test_a_process_that_hangs_is_killed_counted_and_started_again():
    hung: set[int] = set()

    async def answers(child: Child, _within_s: float) -> bool:
        return child.pid not in hung

    async with watching(OBEDIENT) as (watched, tasks):
        child = watched.child
        await child.start()
        tasks.start("keeping", child.keep())
        watching_over = tasks.start("watchdog", Watchdog(child, answers, LIMIT_S).run())
        first = child.pid
        os.kill(first, signal.SIGSTOP)
        hung.add(first)
        await until(lambda: child.pid not in {0, first})
        assert child.restarts == 1
        assert watched.metrics.counts["processes_killed", "msg: does not answer"] == 1
        watching_over.cancel()


@pytest.mark.parametrize("silences", [PROBES - 1, 0])
async def test_one_that_answers_in_time_is_left_alone(silences: int):
    asked = itertools.count(1)
    enough = asyncio.Event()

    async def answers(_child: Child, _within_s: float) -> bool:
        number = next(asked)
        if number == 5 * PROBES:
            enough.set()
        return number % PROBES == 0 or silences == 0

    async with watching(OBEDIENT) as (watched, tasks):
        await watched.child.start()
        watching_over = tasks.start("watchdog", Watchdog(watched.child, answers, LIMIT_S).run())
        await enough.wait()
        assert watched.child.pid
        assert not watched.metrics.counts
        watching_over.cancel()
