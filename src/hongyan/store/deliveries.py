"""The queue of what webhooks are still to be told, and its dead letters."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store.schema_admin import WEBHOOK, WEBHOOK_DELIVERY
from hongyan.store.webhooks import DEAD, QUEUED

KEEP_DEAD_S: Final = 30 * 86_400


class DeliveryRow(NamedTuple):
    """An event on its way to a webhook."""

    delivery_id: int
    webhook_id: int
    event: str
    state: int
    attempts: int
    created: int
    next_at: int
    error: str
    payload: dict[str, Any]


class DueRow(NamedTuple):
    """A delivery to be sent now, and where to."""

    delivery_id: int
    webhook_id: int
    url: str
    secret: str
    event: str
    attempts: int
    created: int
    payload: dict[str, Any]


class Outcome(NamedTuple):
    """What became of an attempt; ``retry_in_s`` None gives it up. Not attempted: only postponed."""

    delivery_id: int
    sent: bool
    attempted: bool
    error: str
    retry_in_s: int | None


_DELIVERY = WEBHOOK_DELIVERY.c


def is_any_due(connection: Connection, now: int, busy: Sequence[int]) -> bool:
    """Whether there is anything to claim."""
    return connection.execute(select(_DELIVERY.id).where(*_due(now, busy)).limit(1)).first() is not None


def claim(connection: Connection, now: int, *, each: int, lease_s: int, busy: Sequence[int]) -> list[DueRow]:
    """Take the oldest due deliveries of every webhook; nobody else gets them while the lease lasts.

    Args:
        connection: inside a transaction.
        now: Unix seconds.
        each: how many at most for one webhook.
        lease_s: when they are due again if nobody settles them.
        busy: webhooks to leave out.
    """
    hooks = select(_DELIVERY.webhookId).where(*_due(now, busy)).distinct()
    claimed: list[DueRow] = []
    for webhook_id in connection.execute(hooks).scalars().all():
        claimed += _oldest(connection, webhook_id, now, each)
    ids = [row.delivery_id for row in claimed]
    connection.execute(update(WEBHOOK_DELIVERY).where(_DELIVERY.id.in_(ids)).values(nextAt=now + lease_s))
    return claimed


def settle(connection: Connection, outcomes: Iterable[Outcome], now: int) -> None:
    """Note what became of claimed deliveries."""
    for outcome in outcomes:
        this = _DELIVERY.id == outcome.delivery_id
        if outcome.sent:
            connection.execute(delete(WEBHOOK_DELIVERY).where(this))
            continue
        attempts = _DELIVERY.attempts + int(outcome.attempted)
        values: dict[str, Any] = {"error": outcome.error, "attempts": attempts}
        if outcome.retry_in_s is None:
            values["state"] = DEAD
        values["nextAt"] = now + (outcome.retry_in_s or 0)
        connection.execute(update(WEBHOOK_DELIVERY).where(this).values(values))


def find(connection: Connection, webhook_id: int, state: int, before: int, limit: int) -> list[DeliveryRow]:
    """A page of a webhook's deliveries, newest first; ``before`` 0 begins at the newest."""
    columns = (
        *(_DELIVERY.id, _DELIVERY.webhookId, _DELIVERY.event, _DELIVERY.state, _DELIVERY.attempts),
        *(_DELIVERY.created, _DELIVERY.nextAt, _DELIVERY.error, _DELIVERY.payload),
    )
    rows = select(*columns).where(_DELIVERY.webhookId == webhook_id, _DELIVERY.state == state)
    if before:
        rows = rows.where(_DELIVERY.id < before)
    found = connection.execute(rows.order_by(_DELIVERY.id.desc()).limit(limit))
    return [DeliveryRow(*(*values, json.loads(payload))) for *values, payload in found]


def resend(connection: Connection, webhook_id: int, delivery_ids: Sequence[int], now: int) -> int:
    """Put dead letters back into the queue with a fresh count of attempts; all when none is named.

    Raises:
        RefusedError: one that is named is no dead letter of this webhook.
    """
    dead = [_DELIVERY.webhookId == webhook_id, _DELIVERY.state == DEAD]
    if delivery_ids:
        dead.append(_DELIVERY.id.in_(set(delivery_ids)))
    values = {"state": QUEUED, "attempts": 0, "nextAt": now, "error": ""}
    count = connection.execute(update(WEBHOOK_DELIVERY).where(*dead).values(values)).rowcount
    if delivery_ids and count < len(set(delivery_ids)):
        raise RefusedError(ErrorCode.NOT_FOUND, "not all of these are dead letters of this webhook")
    return count


def prune(connection: Connection, now: int) -> None:
    """Drop dead letters that nobody wanted."""
    old = (_DELIVERY.state == DEAD, _DELIVERY.nextAt < now - KEEP_DEAD_S)
    connection.execute(delete(WEBHOOK_DELIVERY).where(*old))


def _oldest(connection: Connection, webhook_id: int, now: int, limit: int) -> list[DueRow]:
    hook = WEBHOOK.c
    rows = connection.execute(
        select(
            *(_DELIVERY.id, _DELIVERY.webhookId, hook.url, hook.secret),
            *(_DELIVERY.event, _DELIVERY.attempts, _DELIVERY.created, _DELIVERY.payload),
        )
        .join_from(WEBHOOK_DELIVERY, WEBHOOK, hook.id == _DELIVERY.webhookId)
        .where(_DELIVERY.webhookId == webhook_id, *_due(now, ()), hook.active == 1)
        .order_by(_DELIVERY.id)
        .limit(limit)
        .with_for_update()  # behind another db_proxy somebody else may claim at the same moment
    )
    return [DueRow(*(*values, json.loads(payload))) for *values, payload in rows]


def _due(now: int, busy: Sequence[int]) -> list[ColumnElement[bool]]:
    conditions = [_DELIVERY.state == QUEUED, _DELIVERY.nextAt <= now]
    if busy:
        conditions.append(_DELIVERY.webhookId.not_in(busy))
    return conditions
