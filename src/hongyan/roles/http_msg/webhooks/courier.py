"""Takes what is due from the queue in the database, sends it, and says there what became of it."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import structlog

from hongyan.administration import webhooks
from hongyan.administration.calls import Administration
from hongyan.administration.table import Caller
from hongyan.administration.webhooks import Claim, Due, Outcome, Outcomes
from hongyan.config import WebhooksConfig
from hongyan.errors import BackendError, RefusedError
from hongyan.metrics import Metrics
from hongyan.roles.http_msg.webhooks.letters import Read, body_of, headers_of
from hongyan.roles.http_msg.webhooks.outside import (
    ForbiddenTargetError,
    OutsideHttp,
    Targets,
    UnreachableError,
)
from hongyan.rules.webhooks import retry_after_s
from hongyan.tasks import Tasks

_log = structlog.get_logger("hongyan.http_msg")

EACH: Final = 50
"""Deliveries of one webhook that are claimed at a time."""
MARGIN_S: Final = 5.0
MAX_BUSY: Final = 1000
GONE: Final = 410
SETTLE_TRIES: Final = 3
_US: Final = Caller("http_msg_server")


class WebhookCourier:
    """Sends events to webhooks, at least once each.

    What is claimed is this server's for a while. If it dies, the claim runs out and somebody else sends
    it; if the answer of a receiver is lost, it is sent again. So receivers tell repeats by ``webhook-id``.

    Raises:
        ConfigError: a setting cannot be used.
    """

    def __init__(
        self,
        administration: Administration,
        config: WebhooksConfig,
        read: Read,
        tasks: Tasks,
        metrics: Metrics,
    ) -> None:
        self._administration = administration
        self._config = config
        self._read = read
        self._tasks = tasks
        self._metrics = metrics
        self._http = OutsideHttp(Targets(config.allow), config.timeout_s, config.ca_file)
        self._lease_s = 2 * config.timeout_s + MARGIN_S
        self._working: set[int] = set()
        self._paused: dict[int, float] = {}

    async def run(self) -> None:
        """Look again and again for what is due."""
        while True:
            try:
                found = await self._claim()
            except (RefusedError, BackendError) as error:
                _log.debug("the queue of webhooks could not be asked", error=str(error))
                found = 0
            if not found:
                await asyncio.sleep(self._config.poll_s)

    async def close(self) -> None:
        """Close the connections to receivers."""
        await self._http.close()

    async def _claim(self) -> int:
        claimed_at, busy = time.monotonic(), self._busy()
        claim = Claim(each=EACH, lease_s=int(self._lease_s) + 1, busy=busy)
        claimed = await self._administration(webhooks.CLAIM, claim, _US)
        for webhook_id, due in groupby(claimed.due, key=lambda one: one.webhook_id):
            self._working.add(webhook_id)
            self._tasks.attempt(f"webhook {webhook_id}", self._work(webhook_id, list(due), claimed_at))
        return len(claimed.due)

    def _busy(self) -> tuple[int, ...]:
        """Return the webhooks to leave alone: those that are being told, and those that failed lately."""
        now = time.monotonic()
        self._paused = {id_: until for id_, until in self._paused.items() if until > now}
        return tuple(sorted(self._working | self._paused.keys()))[:MAX_BUSY]

    async def _work(self, webhook_id: int, due: Sequence[Due], claimed_at: float) -> None:
        """Tell one webhook what is due, until something fails or the claim is about to run out."""
        waiting = deque(due)
        outcomes: list[Outcome] = []
        end = claimed_at + self._lease_s - self._config.timeout_s - MARGIN_S / 2

        async def send() -> None:
            while waiting and time.monotonic() < end and webhook_id not in self._paused:
                outcomes.append(await self._send(waiting.popleft()))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._config.concurrency, len(due))):
                    group.create_task(send())
            wait_s = self._wait_of(webhook_id)
            outcomes += (
                Outcome(id=one.id, sent=False, attempted=False, retry_in_s=wait_s) for one in waiting
            )
            await self._settle(outcomes)
        finally:
            self._working.discard(webhook_id)

    def _wait_of(self, webhook_id: int) -> int:
        return max(0, int(self._paused.get(webhook_id, 0.0) - time.monotonic()))

    async def _send(self, due: Due) -> Outcome:
        body = body_of(due, self._read)
        try:
            status = await self._http.post(due.url, headers_of(due, body, int(time.time())), body)
        except UnreachableError as error:
            return self._failed(due, "unreachable", str(error))
        except ForbiddenTargetError as error:
            return self._failed(due, "forbidden", str(error))
        if 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
            self._metrics.count("webhook_deliveries", "sent")
            return Outcome(id=due.id, sent=True)
        return self._failed(due, str(status), f"answered with status {status}", give_up=status == GONE)

    def _failed(self, due: Due, result: str, why: str, *, give_up: bool = False) -> Outcome:
        config = self._config
        attempts = due.attempts + 1
        wait_s = retry_after_s(attempts, config.first_retry_s, config.longest_retry_s, config.max_attempts)
        wait_s = None if give_up else wait_s
        self._metrics.count("webhook_deliveries", result)
        _log.warning(
            "a webhook was not told", webhook=due.webhook_id, about=due.event, why=why, retry_in_s=wait_s
        )
        if wait_s is not None:
            self._paused[due.webhook_id] = time.monotonic() + wait_s
        return Outcome(id=due.id, sent=False, error=why[:255], retry_in_s=wait_s)

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Say what became of deliveries; if nobody hears it, they are sent again when the claim runs out."""
        for round_ in range(SETTLE_TRIES):
            try:
                await self._administration(webhooks.SETTLE, Outcomes(outcomes=tuple(outcomes)), _US)
            except (RefusedError, BackendError) as error:
                _log.warning("what became of webhook deliveries could not be noted", error=str(error))
                await asyncio.sleep(1 << round_)
            else:
                return
