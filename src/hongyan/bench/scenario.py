"""What every scenario is to the worker that runs it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final

from hongyan.bench.client import Client, log_in
from hongyan.bench.directory import Directory
from hongyan.bench.ledger import Findings
from hongyan.bench.plan import Plan, Share
from hongyan.bench.tally import Tally

LOGINS_AT_ONCE: Final = 50


class Scenario(ABC):
    """One worker's part of a run."""

    def __init__(self, plan: Plan, share: Share) -> None:
        self.plan = plan
        self.share = share
        self.tally = Tally()
        self.clients: list[Client] = []
        self.directory = Directory(plan.login_url)

    @abstractmethod
    async def prepare(self) -> None:
        """Make every connection; nothing of it is measured.

        Raises:
            BackendError: a login failed.
        """

    @abstractmethod
    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin the work; tasks go into ``group`` and end by themselves after ``stop``."""

    @abstractmethod
    def stop(self) -> None:
        """Begin nothing new."""

    @abstractmethod
    def is_settled(self) -> bool:
        """Tell whether nothing is under way any more."""

    def is_done(self) -> bool:
        """Tell whether the work came to an end before the time did."""
        return False

    def audit(self) -> Findings:
        """Check the books; for scenarios that deliver nothing there is nothing to find."""
        return Findings()

    def close(self) -> None:
        """Close every connection."""
        for client in self.clients:
            client.close()

    async def log_in_all(self, numbers: Iterable[int]) -> list[Client]:
        """Log in users by their numbers, some at once, and return the connections in that order."""
        places = asyncio.Semaphore(LOGINS_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._log_in_one(number, places)) for number in numbers]
        clients = [task.result() for task in tasks]
        self.clients += clients
        return clients

    async def _log_in_one(self, number: int, places: asyncio.Semaphore) -> Client:
        async with places:
            return await self.log_in(number)

    async def log_in(self, number: int) -> Client:
        """Log in one user."""
        users = self.plan.users
        return await log_in(
            self.directory, users.name(number), users.password, self.plan.client_type, self.tally.errors
        )
