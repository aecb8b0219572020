"""An event loop whose time moves only when a test moves it."""

import asyncio
import heapq
import itertools
import selectors
from collections.abc import Callable
from contextvars import Context
from typing import Final, TypeVarTuple, Unpack

Ts = TypeVarTuple("Ts")

EPOCH_S: Final = 1000.0
"""What a new loop's clock shows."""


class FakeClockLoop(asyncio.SelectorEventLoop):
    """An asyncio loop with a clock of its own.

    Callbacks and sockets work as ever. Timers, ``asyncio.sleep`` and ``asyncio.timeout`` wait for
    ``advance``: so a test of a timeout takes no time, and none fires because a machine is slow.
    """

    def __init__(self) -> None:
        self._now = EPOCH_S
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._timer_numbers = itertools.count()
        self._idle_waiters: list[asyncio.Future[None]] = []
        super().__init__(_WatchedSelector(self._nothing_to_do))

    def time(self) -> float:
        """Return the clock of the test, in seconds."""
        return self._now

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Schedule a callback, and remember its time for ``advance``."""
        handle = super().call_at(when, callback, *args, context=context)
        heapq.heappush(self._timers, (when, next(self._timer_numbers), handle))
        return handle

    async def settle(self) -> None:
        """Return when nothing is left to do but to wait: for time, or for a socket that has nothing to read.

        Work in threads is not waited for.
        """
        waiter = self.create_future()
        self._idle_waiters.append(waiter)
        await waiter

    async def advance(self, seconds: float) -> None:
        """Move the clock on; everything that falls due on the way runs at its own time, and settles."""
        target = self._now + seconds
        await self.settle()
        while (when := self._next_timer()) is not None and when <= target:
            self._now = max(self._now, when)
            await self.settle()
        self._now = target
        await self.settle()

    def _next_timer(self) -> float | None:
        timers = self._timers
        while timers and (timers[0][2].cancelled() or timers[0][0] <= self._now):
            heapq.heappop(timers)
        return timers[0][0] if timers else None

    def _nothing_to_do(self) -> bool:
        """The loop is about to wait; return whether somebody has been woken instead."""
        waiters, self._idle_waiters = self._idle_waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        return bool(waiters)


class _WatchedSelector(selectors.DefaultSelector):
    """Tells when the loop would block."""

    def __init__(self, would_block: Callable[[], bool]) -> None:
        super().__init__()
        self._would_block = would_block

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; block only when nobody waits for exactly this moment."""
        events = super().select(0)
        if events or timeout == 0 or self._would_block():
            return events
        return super().select(timeout)
