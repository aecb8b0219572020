"""Puts the operations together, and keeps the outbox up to date."""

import asyncio
from typing import Final

import structlog

from hongyan.errors import BackendError, RefusedError
from hongyan.roles.db_proxy.administration.console import ConsoleOperations
from hongyan.roles.db_proxy.administration.conversations import ConversationOperations
from hongyan.roles.db_proxy.administration.departments import DepartmentOperations
from hongyan.roles.db_proxy.administration.desk import Desk
from hongyan.roles.db_proxy.administration.discovery import DiscoveryOperations
from hongyan.roles.db_proxy.administration.groups import GroupOperations
from hongyan.roles.db_proxy.administration.keys import KeyOperations
from hongyan.roles.db_proxy.administration.users import UserOperations
from hongyan.roles.db_proxy.administration.webhooks import WebhookOperations
from hongyan.roles.db_proxy.backend import Backend
from hongyan.store.outbox import Outbox

_log = structlog.get_logger("hongyan.db_proxy")

REFRESH_EVERY_S: Final = 2.0
PRUNE_EVERY: Final = 1800
"""In refreshes: once an hour."""


class Office:
    """All operations, ready to serve."""

    def __init__(self, backend: Backend, outbox: Outbox) -> None:
        self.desk = Desk(backend)
        UserOperations(self.desk)
        DepartmentOperations(self.desk)
        GroupOperations(self.desk, outbox)
        DiscoveryOperations(self.desk)
        KeyOperations(self.desk)
        ConsoleOperations(self.desk)
        ConversationOperations(self.desk)
        self._webhooks = WebhookOperations(self.desk, outbox)
        self.desk.check_complete()

    async def open(self) -> None:
        """Learn which webhooks there are, before the first message is stored."""
        await self._webhooks.refresh()

    async def run(self) -> None:
        """Look again and again which webhooks there are, and drop what is old."""
        round_ = 0
        while True:
            await asyncio.sleep(REFRESH_EVERY_S)
            try:
                await self._webhooks.refresh()
                if round_ % PRUNE_EVERY == 0:
                    await self._webhooks.prune()
            except (BackendError, RefusedError) as error:
                _log.warning("webhooks could not be looked up", error=str(error))
            round_ += 1

    def close(self) -> None:
        """Let go of the thread."""
        self.desk.close()
