"""Tables of ours for administration: API keys, webhooks and their queue, administrators, the audit log."""

from typing import Any

from sqlalchemy import Column, Index, String, Table, Text

from hongyan.store.teamtalk import TABLE_OPTIONS, UINT, metadata


def _key() -> Column[int]:
    return Column("id", UINT, primary_key=True, autoincrement=True)


def _number(name: str) -> Column[int]:
    return Column(name, UINT, nullable=False)


def _text(name: str, length: int) -> Column[str]:
    return Column(name, String(length), nullable=False)


def _table(name: str, *parts: Column[Any] | Index, **options: Any) -> Table:
    return Table(name, metadata, *parts, **TABLE_OPTIONS, **options)


API_KEY = _table(
    "HyApiKey",
    _key(),
    _text("name", 64),
    _text("publicId", 16),
    _text("digest", 64),
    _text("scopes", 512),
    _number("userId"),
    _number("perMinute"),
    _number("created"),
    _number("used"),
    _number("revoked"),
    Index("uq_hy_api_key", "publicId", unique=True),
)

WEBHOOK = _table(
    "HyWebhook",
    _key(),
    _text("name", 64),
    _text("url", 512),
    _text("secret", 128),
    _text("events", 255),
    _number("userId"),
    _number("active"),
    _number("created"),
    _number("updated"),
)

# A delivery that was sent is deleted; state 0 waits until nextAt, state 1 was given up. Its id must never
# come again, which SQLite has to be told: receivers know repeats by it.
WEBHOOK_DELIVERY = _table(
    "HyWebhookDelivery",
    _key(),
    _number("webhookId"),
    _text("event", 32),
    Column("payload", Text, nullable=False),
    _number("state"),
    _number("attempts"),
    _number("created"),
    _number("nextAt"),
    _text("error", 255),
    Index("idx_hy_delivery_due", "state", "nextAt"),
    Index("idx_hy_delivery_webhook", "webhookId", "state"),
    sqlite_autoincrement=True,
)

AUDIT = _table(
    "HyAudit",
    _key(),
    _number("at"),
    _text("actor", 80),
    _text("address", 64),
    _text("operation", 64),
    _text("target", 128),
    Column("detail", Text, nullable=False),
    Index("idx_hy_audit_at", "at"),
)

ADMINISTRATOR = _table(
    "HyAdmin",
    _key(),
    _text("name", 40),
    _text("hash", 255),
    _number("created"),
    _number("updated"),
    Index("uq_hy_admin_name", "name", unique=True),
)

ADMIN_SESSION = _table(
    "HyAdminSession",
    Column("token", String(64), primary_key=True),
    _number("adminId"),
    _text("csrf", 64),
    _text("address", 64),
    _number("created"),
    _number("used"),
    Index("idx_hy_admin_session", "adminId"),
)

ADMIN_TABLES = (API_KEY, WEBHOOK, WEBHOOK_DELIVERY, AUDIT, ADMINISTRATOR, ADMIN_SESSION)
