"""Webhooks: made and changed, and the queue for the one who sends."""

from typing import Any, cast

from sqlalchemy import Connection

from hongyan.administration import webhooks
from hongyan.administration.table import ById, Caller, Nothing
from hongyan.administration.webhooks import (
    Claim,
    Claimed,
    Deliveries,
    Delivery,
    DeliveryQuery,
    DeliveryState,
    Due,
    Outcomes,
    Resend,
    Resent,
    Webhook,
    WebhookChange,
    WebhookMade,
    WebhookNew,
    Webhooks,
)
from hongyan.roles.db_proxy.administration.desk import Desk, deed
from hongyan.roles.db_proxy.backend import now
from hongyan.rules.webhooks import new_secret
from hongyan.store import audit, deliveries
from hongyan.store import webhooks as table
from hongyan.store.deliveries import DeliveryRow, Outcome
from hongyan.store.outbox import Outbox
from hongyan.store.webhooks import DEAD, QUEUED, NewWebhook, WebhookRow

_STATES: dict[DeliveryState, int] = {"queued": QUEUED, "dead": DEAD}


class WebhookOperations:
    """Serves ``webhook.*``."""

    def __init__(self, desk: Desk, outbox: Outbox) -> None:
        self._desk = desk
        self._outbox = outbox
        desk.on(webhooks.LIST, self._list)
        desk.on(webhooks.ADD, self._add)
        desk.on(webhooks.EDIT, self._edit)
        desk.on(webhooks.REMOVE, self._remove)
        desk.on(webhooks.DELIVERIES, self._deliveries)
        desk.on(webhooks.RESEND, self._resend)
        desk.on(webhooks.CLAIM, self._claim)
        desk.on(webhooks.SETTLE, self._settle)

    async def refresh(self) -> None:
        """Tell the outbox which webhooks there are: they may have been changed by another process."""
        self._outbox.watch(*await self._desk.read(table.active_hooks))

    async def prune(self) -> None:
        """Drop what is older than it is kept."""
        await self._desk.write(_prune)

    async def _list(self, _arguments: Nothing, _caller: Caller) -> Webhooks:
        return Webhooks(webhooks=tuple(map(_webhook, await self._desk.read(table.list_webhooks))))

    async def _add(self, arguments: WebhookNew, caller: Caller) -> WebhookMade:
        secret = new_secret()
        new = NewWebhook(arguments.name, arguments.url, secret, arguments.events, arguments.user_id)
        done = deed(webhooks.ADD, arguments, caller, arguments.name)
        row = await self._desk.change(done, lambda c: table.add(c, new, now()))
        await self.refresh()
        return WebhookMade(webhook=_webhook(row), secret=secret)

    async def _edit(self, arguments: WebhookChange, caller: Caller) -> Webhook:
        columns: dict[str, Any] = arguments.change.model_dump(exclude_none=True)
        if "events" in columns:
            columns["events"] = " ".join(columns["events"])
        if "active" in columns:
            columns["active"] = int(columns["active"])
        done = deed(webhooks.EDIT, arguments, caller, arguments.id)
        row = await self._desk.change(done, lambda c: table.edit(c, arguments.id, columns, now()))
        await self.refresh()
        return _webhook(row)

    async def _remove(self, arguments: ById, caller: Caller) -> Nothing:
        done = deed(webhooks.REMOVE, arguments, caller, arguments.id)
        await self._desk.change(done, lambda c: table.remove(c, arguments.id))
        await self.refresh()
        return Nothing()

    async def _deliveries(self, arguments: DeliveryQuery, _caller: Caller) -> Deliveries:
        await self._desk.read(table.get, arguments.id)
        rows = await self._desk.read(
            deliveries.find, arguments.id, _STATES[arguments.state], arguments.before, arguments.limit
        )
        return Deliveries(deliveries=tuple(map(_delivery, rows)))

    async def _resend(self, arguments: Resend, caller: Caller) -> Resent:
        await self._desk.read(table.get, arguments.id)
        done = deed(webhooks.RESEND, arguments, caller, arguments.id)
        count = await self._desk.change(
            done, lambda c: deliveries.resend(c, arguments.id, arguments.delivery_ids, now())
        )
        return Resent(resent=count)

    # For the sender. It asks often, so a question that finds nothing writes nothing.

    async def _claim(self, arguments: Claim, _caller: Caller) -> Claimed:
        if not await self._desk.read(deliveries.is_any_due, now(), arguments.busy):
            return Claimed(due=())
        rows = await self._desk.write(
            deliveries.claim,
            now(),
            each=arguments.each,
            lease_s=arguments.lease_s,
            busy=arguments.busy,
        )
        due = (
            Due(
                id=row.delivery_id,
                webhook_id=row.webhook_id,
                url=row.url,
                secret=row.secret,
                event=row.event,
                attempts=row.attempts,
                created=row.created,
                payload=row.payload,
            )
            for row in rows
        )
        return Claimed(due=tuple(due))

    async def _settle(self, arguments: Outcomes, _caller: Caller) -> Nothing:
        outcomes = [
            Outcome(one.id, one.sent, one.attempted, one.error, one.retry_in_s) for one in arguments.outcomes
        ]
        await self._desk.write(deliveries.settle, outcomes, now())
        return Nothing()


def _prune(connection: Connection) -> None:
    deliveries.prune(connection, now())
    audit.prune(connection, now())


def _webhook(row: WebhookRow) -> Webhook:
    return Webhook(
        id=row.webhook_id,
        name=row.name,
        url=row.url,
        events=cast("Any", row.events),
        user_id=row.user_id,
        active=bool(row.active),
        created=row.created,
        queued=row.queued,
        dead=row.dead,
    )


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.delivery_id,
        webhook_id=row.webhook_id,
        event=row.event,
        state="dead" if row.state == DEAD else "queued",
        attempts=row.attempts,
        created=row.created,
        next_at=row.next_at,
        error=row.error,
        payload=row.payload,
    )
