"""The event loop and the journal's thread share a core; all others have the other cores."""

import asyncio
import os
import threading
from collections.abc import Callable

import pytest

from hongyan.suite import cores
from hongyan.suite.cores import share_one_core

linux_with_cores = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two cores to choose",
)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - the scheduler sends no event
            await asyncio.sleep(0.01)


def _keep_apart(one: int, other: int | None, everywhere: set[int]) -> bool:
    here = os.sched_getaffinity(one)
    return len(here) == 1 and os.sched_getaffinity(other or 0) == everywhere - here


@linux_with_cores
async def test_two_threads_share_a_core_and_others_keep_off_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "STAY_S", 0.05)
    everywhere, me = os.sched_getaffinity(0), threading.get_native_id()
    stop = threading.Event()
    journal, other = (threading.Thread(target=stop.wait) for _ in range(2))
    journal.start()
    sharing = asyncio.create_task(share_one_core([me, journal.native_id]))  # noqa: TID251 - cancelled below
    try:
        await _until(lambda: len(os.sched_getaffinity(me)) == 1)
        assert os.sched_getaffinity(journal.native_id) == os.sched_getaffinity(me)
        other.start()  # by a thread that is confined, so it begins confined itself
        await _until(lambda: _keep_apart(me, other.native_id, everywhere))
    finally:
        sharing.cancel()
        stop.set()
        os.sched_setaffinity(me, everywhere)
        journal.join()
        other.join()
