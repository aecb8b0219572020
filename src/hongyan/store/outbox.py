"""Events for webhooks, written in the transaction of what they tell of."""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from hongyan.store import bulk
from hongyan.store.entries import Entry, PendingMessage, SessionType
from hongyan.store.schema_admin import WEBHOOK_DELIVERY
from hongyan.store.webhooks import QUEUED, Hook

MAX_QUEUED: Final = 100_000
"""Deliveries that may wait; what happens beyond that is not told, and counted."""
_COLUMNS = ("webhookId", "event", "payload", "state", "attempts", "created", "nextAt", "error")


class Outbox:
    """Knows the webhooks in use and puts what concerns them into the queue.

    ``watch`` is called on the event loop, everything else in the thread that writes; the hooks are
    replaced as a whole, so neither waits for the other.
    """

    def __init__(self, max_queued: int = MAX_QUEUED) -> None:
        self._hooks: tuple[Hook, ...] = ()
        self._max_queued = max_queued
        self.queued = 0
        self.dropped = 0

    @property
    def is_watching(self) -> bool:
        """Whether there is any webhook."""
        return bool(self._hooks)

    def watch(self, hooks: tuple[Hook, ...], queued: int) -> None:
        """These are the webhooks from now on, and so many deliveries wait."""
        self._hooks, self.queued = hooks, queued

    def stored(self, connection: Connection, entries: Sequence[Entry], now: int) -> None:
        """Tell of the messages of a run that were just stored."""
        if not self._hooks:
            return
        hooks = [hook for hook in self._hooks if "message" in hook.events]
        if not hooks:
            return
        flat: list[Any] = []
        for entry in entries:
            if type(entry) is PendingMessage and entry.msg_id and not entry.duplicate and not entry.error:
                concerned = [hook.webhook_id for hook in hooks if _concerns(hook, entry)]
                self._add(flat, concerned, "message", _payload(entry) if concerned else {}, now)
        bulk.insert_rows(connection, WEBHOOK_DELIVERY, _COLUMNS, flat)

    def put(
        self, connection: Connection, event: str, users: Collection[int], payload: dict[str, Any], now: int
    ) -> None:
        """Tell of any other event; ``users`` are those whom it concerns."""
        concerned = [
            hook.webhook_id
            for hook in self._hooks
            if event in hook.events and (not hook.user_id or hook.user_id in users)
        ]
        flat: list[Any] = []
        self._add(flat, concerned, event, payload, now)
        bulk.insert_rows(connection, WEBHOOK_DELIVERY, _COLUMNS, flat)

    def _add(
        self, flat: list[Any], hooks: Sequence[int], event: str, payload: dict[str, Any], now: int
    ) -> None:
        if self.queued + len(hooks) > self._max_queued:
            self.dropped += len(hooks)
            return
        self.queued += len(hooks)
        text = json.dumps(payload, ensure_ascii=False) if hooks else ""
        for webhook_id in hooks:
            flat += (webhook_id, event, text, QUEUED, 0, now, now, "")


def _concerns(hook: Hook, message: PendingMessage) -> bool:
    """A webhook of one user hears what he receives, not what he writes: a bot must not answer itself."""
    if not hook.user_id:
        return True
    if message.sender == hook.user_id:
        return False
    return message.peer == hook.user_id if _is_single(message) else hook.user_id in message.members


def _is_single(message: PendingMessage) -> bool:
    return message.session_type == SessionType.SINGLE


def _payload(message: PendingMessage) -> dict[str, Any]:
    return {
        "msg_id": message.msg_id,
        "from_user_id": message.sender,
        "to_user_id" if _is_single(message) else "to_group_id": message.peer,
        "created": message.create_time,
        "msg_type": message.msg_type,
        "client_msg_id": message.client_msg_id,
        "content": message.content,
    }
