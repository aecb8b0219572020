"""Webhooks: who is told of what."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.schema_admin import WEBHOOK, WEBHOOK_DELIVERY
from hongyan.store.teamtalk import USER

MAX_WEBHOOKS: Final = 100
QUEUED, DEAD = 0, 1
"""The states of a delivery; one that was sent is deleted."""


class WebhookRow(NamedTuple):
    """One webhook with the length of its queue; ``user_id`` narrows it to what concerns one user."""

    webhook_id: int
    name: str
    url: str
    events: tuple[str, ...]
    user_id: int
    active: int
    created: int
    queued: int
    dead: int


class NewWebhook(NamedTuple):
    """A webhook to be made."""

    name: str
    url: str
    secret: str
    events: Sequence[str]
    user_id: int


class Hook(NamedTuple):
    """What must be known of a webhook to see whether an event concerns it."""

    webhook_id: int
    events: frozenset[str]
    user_id: int


def list_webhooks(connection: Connection) -> list[WebhookRow]:
    """Every webhook, by id."""
    hook = WEBHOOK.c
    columns = (hook.id, hook.name, hook.url, hook.events, hook.userId, hook.active, hook.created)
    counts = _counts(connection)
    rows = connection.execute(select(*columns).order_by(hook.id))
    return [_row(row, counts) for row in rows]


def get(connection: Connection, webhook_id: int) -> WebhookRow:
    """One webhook.

    Raises:
        RefusedError: there is none with this id.
    """
    for row in list_webhooks(connection):
        if row.webhook_id == webhook_id:
            return row
    raise RefusedError(ErrorCode.NOT_FOUND, f"there is no webhook {webhook_id}")


def active_hooks(connection: Connection) -> tuple[tuple[Hook, ...], int]:
    """The webhooks that are told of events, and how many deliveries wait altogether."""
    hook = WEBHOOK.c
    rows = connection.execute(select(hook.id, hook.events, hook.userId).where(hook.active == 1))
    hooks = tuple(Hook(row.id, frozenset(row.events.split()), row.userId) for row in rows)
    if not hooks:
        return (), 0
    waiting = select(func.count()).where(WEBHOOK_DELIVERY.c.state == QUEUED)
    return hooks, connection.execute(waiting).scalar_one()


def add(connection: Connection, webhook: NewWebhook, now: int) -> WebhookRow:
    """Make a webhook.

    Raises:
        RefusedError: there are too many, or no such user.
    """
    if connection.execute(select(func.count()).select_from(WEBHOOK)).scalar_one() >= MAX_WEBHOOKS:
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"there are {MAX_WEBHOOKS} webhooks, which is the limit")
    owner = select(USER.c.id).where(USER.c.id == webhook.user_id)
    if webhook.user_id and connection.execute(owner).first() is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no user {webhook.user_id}")
    row = {"name": webhook.name, "url": webhook.url, "secret": webhook.secret, "userId": webhook.user_id}
    more = {"events": " ".join(webhook.events), "active": 1, "created": now, "updated": now}
    return get(connection, bulk.insert_row(connection, WEBHOOK, {**row, **more}))


def edit(connection: Connection, webhook_id: int, columns: Mapping[str, Any], now: int) -> WebhookRow:
    """Change columns of a webhook.

    Raises:
        RefusedError: there is none with this id.
    """
    get(connection, webhook_id)
    values = {**columns, "updated": now}
    connection.execute(update(WEBHOOK).where(WEBHOOK.c.id == webhook_id).values(values))
    return get(connection, webhook_id)


def remove(connection: Connection, webhook_id: int) -> None:
    """Remove a webhook with everything that waits for it.

    Raises:
        RefusedError: there is none with this id.
    """
    get(connection, webhook_id)
    connection.execute(delete(WEBHOOK_DELIVERY).where(WEBHOOK_DELIVERY.c.webhookId == webhook_id))
    connection.execute(delete(WEBHOOK).where(WEBHOOK.c.id == webhook_id))


def _counts(connection: Connection) -> dict[tuple[int, int], int]:
    delivery = WEBHOOK_DELIVERY.c
    rows = select(delivery.webhookId, delivery.state, func.count()).group_by(
        delivery.webhookId, delivery.state
    )
    return {(webhook_id, state): count for webhook_id, state, count in connection.execute(rows)}


def _row(row: Any, counts: Mapping[tuple[int, int], int]) -> WebhookRow:
    webhook_id, name, url, events, *numbers = row
    queued, dead = counts.get((webhook_id, QUEUED), 0), counts.get((webhook_id, DEAD), 0)
    return WebhookRow(*(webhook_id, name, url, tuple(events.split()), *numbers, queued, dead))
