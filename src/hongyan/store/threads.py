"""Threads that take work from the event loop and hand its result back.

A ThreadPoolExecutor does the same with a lock, a condition and two futures for each piece of work.
A commit of few messages and a query of few names cost about as much themselves.
"""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

_Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Threads:
    """Some threads and what waits for them, in its order; they start with the first work.

    Args:
        count: how many; with one, pieces of work never run beside each other.
        name: of the threads, for people.
    """

    def __init__(self, count: int, name: str) -> None:
        self._threads = [Thread(target=self._work, name=name, daemon=True) for _ in range(count)]
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._are_running = False

    def run(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Have ``work`` done; the future of the running loop gets its result or its error."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if not self._are_running:
            self._are_running = True
            for thread in self._threads:
                thread.start()
        self._jobs.put((work, future))
        return future

    def shutdown(self) -> None:
        """Return when everything that waits is done and the threads are gone."""
        if not self._are_running:
            return
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._are_running = False

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, future = job
            if future.done():
                continue  # whoever asked was cancelled
            result, error = None, None
            try:
                result = work()
            except BaseException as failure:  # noqa: BLE001 - it belongs to whoever asked for the work
                error = failure
            try:
                future.get_loop().call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more
            del job, work, future, result, error  # not kept until the next work comes


def _settle(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
