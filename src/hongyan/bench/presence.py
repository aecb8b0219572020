"""The scenarios without messages: logging in over and over, and being connected."""

import asyncio
from collections.abc import Iterator
from time import perf_counter

from hongyan.bench.client import Client
from hongyan.bench.heartbeats import Heartbeats
from hongyan.bench.plan import Plan, Share
from hongyan.bench.scenario import Scenario
from hongyan.errors import HongyanError


class Logins(Scenario):
    """``login``: users log in, some at once, and leave again; or all of them, once, and stay."""

    def __init__(self, plan: Plan, share: Share) -> None:
        super().__init__(plan, share)
        self._running = True
        self._mine = len(self.share.units(plan.users.count))
        self._begun = 0
        self._under_way = 0
        self._numbers = self._next_user()

    async def prepare(self) -> None:
        """There is nothing to prepare: logging in is what is measured."""

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin as many logins as shall run at once, never two of one user."""
        for _ in range(min(self._mine, max(1, self.plan.connections // self.share.of))):
            group.create_task(self._log_in_repeatedly())

    def stop(self) -> None:
        """Begin no more logins."""
        self._running = False

    def is_settled(self) -> bool:
        """No login is under way."""
        return self._under_way == 0

    def is_done(self) -> bool:
        """Everybody is in and stays."""
        return self.plan.stay and self._begun == self._mine and self._under_way == 0

    def _next_user(self) -> Iterator[int]:
        while True:
            yield from self.share.units(self.plan.users.count)
            if self.plan.stay:
                return

    async def _log_in_repeatedly(self) -> None:
        for number in self._numbers:
            if not self._running:
                return
            self._begun += 1
            self._under_way += 1
            await self._measure(number)
            self._under_way -= 1

    async def _measure(self, number: int) -> None:
        tally, started = self.tally, perf_counter()
        tally.counts.sent += 1
        try:
            client = await self.log_in(number)
        except HongyanError:
            tally.errors["login_failed"] += 1
            return
        tally.delivery.add(perf_counter() - started)
        tally.counts.acked += 1
        tally.counts.delivered += 1
        self._keep_or_close(client)

    def _keep_or_close(self, client: Client) -> None:
        if self.plan.stay:
            self.clients.append(client)
        else:
            client.close()


class Idle(Scenario):
    """``idle``: connections that only send heartbeats, which are what is counted."""

    def __init__(self, plan: Plan, share: Share) -> None:
        super().__init__(plan, share)
        self._beats = Heartbeats([], self.tally.delivery, self.tally.counts)

    async def prepare(self) -> None:
        """Log everybody in."""
        await self.log_in_all(self.share.units(self.plan.connections))
        self._beats = Heartbeats(self.clients, self.tally.delivery, self.tally.counts)

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin to send heartbeats."""
        group.create_task(self._beats.run())

    def stop(self) -> None:
        """Send no more."""
        self._beats.stop()

    def is_settled(self) -> bool:
        """Every heartbeat has come back."""
        return self._beats.outstanding == 0
