"""Work in threads: results and errors come back, in order, and nothing is left running."""

import asyncio
import threading

import pytest

from hongyan.store.threads import Threads


async def test_results_and_errors_come_back() -> None:
    threads = Threads(2, "test")
    assert await threads.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)
    threads.shutdown()


async def test_one_thread_works_in_the_order_of_asking() -> None:
    threads, done = Threads(1, "test"), list[int]()
    await asyncio.gather(*(threads.run(lambda n=n: done.append(n)) for n in range(100)))  # type: ignore[misc]
    assert done == list(range(100))
    threads.shutdown()


async def test_what_was_cancelled_before_its_turn_is_not_done() -> None:
    threads, go, done = Threads(1, "test"), threading.Event(), list[str]()
    first = threads.run(go.wait)
    second = threads.run(lambda: done.append("second"))
    third = threads.run(lambda: done.append("third"))
    second.cancel()
    go.set()
    await asyncio.gather(first, third)
    assert done == ["third"]
    threads.shutdown()


async def test_shutdown_waits_for_the_work_and_ends_the_threads() -> None:
    threads, done = Threads(2, "to be gone"), list[int]()
    for number in range(10):
        threads.run(lambda n=number: done.append(n))  # type: ignore[misc]
    threads.shutdown()
    assert sorted(done) == list(range(10))
    assert not [thread for thread in threading.enumerate() if thread.name == "to be gone"]
