"""Takes notifications to one provider: some at a time, again where it helps, never too many."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from hongyan.metrics import Metrics
from hongyan.roles.push.notification import Notification, Outcome, Provider, Verdict, refused
from hongyan.rules.push import retry_delay_s
from hongyan.tasks import Tasks

_log = structlog.get_logger("hongyan.push")

Decided = Callable[[Notification, Outcome], None]
TOO_MANY: Final = refused("too_many_waiting")
_FAULT: Final = refused("fault")
_TOKEN_SHOWN: Final = 8


@dataclass(slots=True)
class _Job:
    notification: Notification
    decided: Decided
    attempts: int = 0


class Courier:
    """One provider's queue.

    Args:
        provider: closed by ``close``.
        tasks: a request to the provider is an attempt among them.
        metrics: every verdict is counted, retries too.
        concurrency: requests at the same time.
        max_pending: notifications that are waiting, under way, or will be tried again.
    """

    def __init__(
        self, provider: Provider, tasks: Tasks, metrics: Metrics, *, concurrency: int, max_pending: int
    ) -> None:
        self.provider = provider
        self.pending = 0
        self._tasks = tasks
        self._metrics = metrics
        self._concurrency = concurrency
        self._max_pending = max_pending
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Job] = deque()
        self._requests = 0
        self._is_stopped = False
        self._idle = asyncio.Event()
        self._idle.set()

    def submit(self, notification: Notification, decided: Decided) -> None:
        """Take a notification; ``decided`` is called once, perhaps at once."""
        if self.pending >= self._max_pending or self._is_stopped:
            self._count(TOO_MANY)
            decided(notification, TOO_MANY)
            return
        self.pending += 1
        self._waiting.append(_Job(notification, decided))
        self._go_on()

    async def close(self, limit_s: float) -> None:
        """Let what waits leave within ``limit_s``; what was to be tried again is lost. Close the provider."""
        try:
            async with asyncio.timeout(limit_s):
                await self._idle.wait()
        except TimeoutError:
            _log.warning("pushes were given up", provider=self.provider.name, count=self.pending)
        self._is_stopped = True
        self._waiting.clear()
        await self.provider.close()

    def _go_on(self) -> None:
        """Start requests as long as there is something to send and room for it."""
        while self._waiting and self._requests < self._concurrency and not self._is_stopped:
            count = min(len(self._waiting), self.provider.max_batch)
            jobs = [self._waiting.popleft() for _ in range(count)]
            self._requests += 1
            self._idle.clear()
            self._tasks.attempt(f"push by {self.provider.name}", self._send(jobs))

    async def _send(self, jobs: Sequence[_Job]) -> None:
        outcomes: Sequence[Outcome] = [_FAULT] * len(jobs)
        try:
            outcomes = await self.provider.push([job.notification for job in jobs])
        finally:
            self._requests -= 1
            for job, outcome in zip(jobs, outcomes, strict=True):
                self._settle(job, outcome)
            self._go_on()
            if not self._requests:
                self._idle.set()

    def _settle(self, job: _Job, outcome: Outcome) -> None:
        job.attempts += 1
        self._count(outcome)
        if outcome.verdict is Verdict.AGAIN:
            delay_s = self._delay(job, outcome)
            if delay_s is not None:
                self._loop.call_later(delay_s, self._again, job)
                return
            outcome = refused(outcome.reason)
            self._count(outcome)
        self._decide(job, outcome)

    def _delay(self, job: _Job, outcome: Outcome) -> float | None:
        """How long until the next attempt; None when the push is not worth one any more."""
        delay_s = retry_delay_s(job.attempts, outcome.retry_after_s)
        if delay_s is None or self._is_stopped or time.time() + delay_s > job.notification.expires:
            return None
        return delay_s

    def _again(self, job: _Job) -> None:
        if not self._is_stopped:
            self._waiting.append(job)
            self._go_on()

    def _decide(self, job: _Job, outcome: Outcome) -> None:
        self.pending -= 1
        if outcome.verdict is not Verdict.SENT:
            _log.info(
                "not pushed",
                provider=self.provider.name,
                user=job.notification.user_id,
                token=job.notification.token[:_TOKEN_SHOWN],
                verdict=outcome.verdict.value,
                reason=outcome.reason,
            )
        job.decided(job.notification, outcome)

    def _count(self, outcome: Outcome) -> None:
        self._metrics.count("pushes", f"{self.provider.name}_{outcome.verdict.value}")
