"""A transfer goes on over broken connections as long as it gets further now and then."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from hongyan.client.errors import ClientError, ConnectFailed, ConnectionLost, TransferBroken
from hongyan.client.options import Timing

OnProgress = Callable[[int, int], object]
"""Called with the bytes that are through, and the size of the file."""


class Closable(Protocol):
    """Something that was opened."""

    def close(self) -> None:
        """Close it."""


R = TypeVar("R", bound=Closable)


class Patience:
    """Repeats attempts at one transfer until one succeeds.

    Args:
        size: of the file.
        timing: how long to wait between attempts, and for anything to happen.
        on_progress: told whenever the transfer got further.
    """

    def __init__(self, size: int, timing: Timing, on_progress: OnProgress | None) -> None:
        self._size = size
        self._timing = timing
        self._on_progress = on_progress
        self._limit: asyncio.Timeout | None = None
        self._failures = 0
        self._problem: ClientError | None = None

    async def run(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Attempt until it succeeds.

        Raises:
            TransferBroken: it got no further for too long.
        """
        try:
            async with asyncio.timeout(self._timing.transfer_patience_s) as self._limit:
                await self._until_done(attempt)
        except TimeoutError as error:
            if self._limit is None or not self._limit.expired():
                raise
            why = self._problem or "the other side does nothing"
            text = f"no progress for {self._timing.transfer_patience_s:g} s: {why}"
            raise TransferBroken(text) from (self._problem or error)

    def reached(self, done: int) -> None:
        """The transfer got as far as ``done`` bytes."""
        self._failures, self._problem = 0, None
        if self._limit is not None:
            now = asyncio.get_running_loop().time()
            self._limit.reschedule(now + self._timing.transfer_patience_s)
        if self._on_progress is not None:
            self._on_progress(done, self._size)

    async def _until_done(self, attempt: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await attempt()
            except (ConnectFailed, ConnectionLost) as error:
                self._problem = error
            await asyncio.sleep(self._wait_s())

    def _wait_s(self) -> float:
        wait_s: float = self._timing.reconnect_first_s * 2**self._failures
        self._failures += wait_s < self._timing.reconnect_longest_s
        return min(wait_s, self._timing.reconnect_longest_s)


@asynccontextmanager
async def opened(opening: Callable[[], R]) -> AsyncIterator[R]:
    """Open something in a thread, and close it in one, also when that is cancelled half-way."""
    future = asyncio.get_running_loop().run_in_executor(None, opening)
    try:
        resource = await asyncio.shield(future)
    except asyncio.CancelledError:
        future.add_done_callback(lambda done: None if done.exception() else done.result().close())
        raise
    try:
        yield resource
    finally:
        await asyncio.to_thread(resource.close)
