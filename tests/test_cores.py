"""The event loop and the journal's thread share a core; slow hashes have the others."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hongyan.suite import cores
from hongyan.suite.cores import Turns, share_one_core

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


@contextmanager
def _waiting_thread(niceness: int = 0) -> Iterator[Callable[[], int]]:
    """Give a function that starts a thread, which waits until the block ends, and tells its id."""
    stop = threading.Event()

    def wait() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
        stop.wait()

    thread = threading.Thread(target=wait)

    def start() -> int:
        thread.start()
        assert thread.native_id is not None
        return thread.native_id

    yield start
    stop.set()
    thread.join()


@linux_with_cores
async def test_two_threads_share_a_core_and_slow_hashes_keep_off_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "STAY_S", 0.05)
    monkeypatch.setattr(cores, "LOOK_S", 0.05)
    everywhere, me = os.sched_getaffinity(0), threading.get_native_id()
    with _waiting_thread() as start_journal, _waiting_thread() as start_reader, _waiting_thread(10) as start:
        journal = start_journal()
        sharing = asyncio.create_task(share_one_core([me, journal]))  # noqa: TID251 - cancelled below
        try:
            await _until(lambda: len(os.sched_getaffinity(me)) == 1)
            assert os.sched_getaffinity(journal) == os.sched_getaffinity(me)
            # By a thread that is confined, so they begin confined themselves.
            hashing, reader = start(), start_reader()
            await _until(lambda: _keep_apart(me, hashing, everywhere))
            assert os.sched_getaffinity(reader) == everywhere
        finally:
            sharing.cancel()
            os.sched_setaffinity(me, everywhere)


def test_a_core_is_crowded_when_its_threads_wait_for_more_than_each_other() -> None:
    before = Turns(waited=10.0, others_ran=4.0)
    assert not Turns(waited=10.2, others_ran=4.2).is_crowded(before, 0.25)
    assert Turns(waited=10.2, others_ran=4.1).is_crowded(before, 0.25)
