"""How db_proxy serves a request that needs the database: in a task, bounded, never silent.

Most requests have a task of their own. A kind that very many clients make at once has one task for
all: of what has come while it was busy or paused it does as much next, together, as takes no time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Any, Final, Generic, TypeVar

import structlog
from google.protobuf.message import Message

from hongyan.cluster.link import Link
from hongyan.errors import BackendError, ErrorCode, RefusedError
from hongyan.reactor.dispatch import Routes
from hongyan.store.journal import Journal
from hongyan.tasks import Tasks
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame, OutboundFrame

_log = structlog.get_logger("hongyan.db_proxy")

M = TypeVar("M", bound=Message)
Work = Callable[[Link, M], Awaitable[Message | None]]
"""Takes who asks and what; returns the answer, without attach_data."""
Asked = tuple[Link, M, Frame]
"""A request among others of its kind."""
SharedWork = Callable[[Sequence[Asked[M]]], Awaitable[None]]
"""Takes requests, and answers each or has it served by itself."""

PAUSE_S: Final = 0.002
"""So far apart are rounds of requests: one for each three or four would cost more than they do."""
MOST_TOGETHER: Final = 16
"""So many are one round, and more are rounds without a pause: so the event loop has its other turns in
between, and the first are answered while the last are looked up."""
_TROUBLE: Final = RefusedError(ErrorCode.UNAVAILABLE, "the database does not answer; try again later")


class Requests:
    """Runs the work of requests beside each other.

    A request sees everything that was written before it arrived: it waits until the journal has
    decided that. One that is nothing but a change goes into the journal at once, so that what arrives
    after it sees it, though nobody awaits an answer. Messages do not come this way; they have no task of
    their own.
    """

    def __init__(self, tasks: Tasks, journal: Journal, max_pending: int) -> None:
        self._tasks = tasks
        self._journal = journal
        self._max_pending = max_pending
        self.pending = 0

    def serve(
        self, routes: Routes[Link], command: Command[M], work: Work[M], *, is_change: bool = False
    ) -> None:
        """Let ``work`` answer ``command`` in ``routes``."""

        def handler(link: Link, message: M, frame: Frame) -> None:
            self.run(link, command, message, frame, work, is_change=is_change)

        routes.on(command, handler)

    def serve_together(self, routes: Routes[Link], command: Command[M], work: SharedWork[M]) -> None:
        """Let ``work`` answer ``command`` in ``routes``: each time several of those that have come."""
        routes.on(command, _Together(self, self._tasks, command, work).take)

    def run(
        self,
        link: Link,
        command: Command[M],
        message: M,
        frame: Frame,
        work: Work[M],
        *,
        is_change: bool = False,
    ) -> None:
        """Start one request.

        Raises:
            RefusedError: too many are waiting.
        """
        self.enter()
        serving = self._run(link, command, message, frame, work, is_change=is_change)
        self._tasks.attempt(command.name, serving)

    def enter(self) -> None:
        """Count one more request that waits; whoever counts it takes it off again.

        Raises:
            RefusedError: too many are waiting.
        """
        if self.pending >= self._max_pending:
            raise RefusedError(ErrorCode.BUSY, "too many requests are waiting; try again later")
        self.pending += 1

    async def written(self) -> None:
        """Return when what was written before this call can be read."""
        await self._journal.settled()

    async def _run(
        self,
        link: Link,
        command: Command[Any],
        message: Any,
        frame: Frame,
        work: Work[Any],
        *,
        is_change: bool,
    ) -> None:
        try:
            if not is_change:
                await self.written()
            reply = await work(link, message)
        except RefusedError as error:
            link.refuse(frame, error)
        except BackendError as error:
            _log.error("a request failed", command=command.name, error=str(error))
            link.refuse(frame, _TROUBLE)
        else:
            if reply is not None:
                answer(link, command, reply, frame)
        finally:
            self.pending -= 1


class _Together(Generic[M]):
    """The requests of one kind, which share a task."""

    def __init__(self, requests: Requests, tasks: Tasks, command: Command[M], work: SharedWork[M]) -> None:
        self._requests = requests
        self._tasks = tasks
        self._command = command
        self._work = work
        self._waiting: list[Asked[M]] = []
        self._is_busy = False

    def take(self, link: Link, message: M, frame: Frame) -> None:
        """Put a request to the others.

        Raises:
            RefusedError: too many are waiting.
        """
        self._requests.enter()
        self._waiting.append((link, message, frame))
        if not self._is_busy:
            self._is_busy = True
            self._tasks.attempt(self._command.name, self._run())

    async def _run(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            # Not for longer: a request that gets a task of its own is counted there.
            self._requests.pending -= len(asked)
            # Guarded, so that a bug in one round leaves the next ones in peace.
            await self._tasks.attempt(self._command.name, self._round(asked))
            await asyncio.sleep(0.0 if len(self._waiting) >= MOST_TOGETHER else PAUSE_S)
        self._is_busy = False

    async def _round(self, asked: Sequence[Asked[M]]) -> None:
        await self._requests.written()
        await self._work(asked)


def answer(link: Link, command: Command[Any], reply: Any, frame: Frame) -> None:
    """Answer with the request's seq and attach_data; an absent one is answered with an empty one."""
    assert command.reply is not None, command.name  # noqa: S101 - only requests have work
    if _carries_attach_data(command.reply):
        reply.attach_data = frame.attach_data
    link.send(OutboundFrame(command.reply, reply, frame.seq))


@cache
def _carries_attach_data(reply: Command[Any]) -> bool:
    return "attach_data" in reply.message.DESCRIPTOR.fields_by_name
