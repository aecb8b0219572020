"""Administration: API keys, webhooks and their queue, administrators and their sessions, the audit log."""

import sqlalchemy as sa
from alembic import op

from hongyan.store.teamtalk import TABLE_OPTIONS, UINT

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _create_keys()
    _create_webhooks()
    _create_administrators()


def _create_keys() -> None:
    op.create_table(
        "HyApiKey",
        _key(),
        _text("name", 64),
        _text("publicId", 16),
        _text("digest", 64),
        _text("scopes", 512),
        *_numbers("userId", "perMinute", "created", "used", "revoked"),
        **TABLE_OPTIONS,
    )
    op.create_index("uq_hy_api_key", "HyApiKey", ["publicId"], unique=True)


def _create_webhooks() -> None:
    op.create_table(
        "HyWebhook",
        _key(),
        _text("name", 64),
        _text("url", 512),
        _text("secret", 128),
        _text("events", 255),
        *_numbers("userId", "active", "created", "updated"),
        **TABLE_OPTIONS,
    )
    op.create_table(
        "HyWebhookDelivery",
        _key(),
        *_numbers("webhookId"),
        _text("event", 32),
        sa.Column("payload", sa.Text, nullable=False),
        *_numbers("state", "attempts", "created", "nextAt"),
        _text("error", 255),
        sqlite_autoincrement=True,
        **TABLE_OPTIONS,
    )
    op.create_index("idx_hy_delivery_due", "HyWebhookDelivery", ["state", "nextAt"])
    op.create_index("idx_hy_delivery_webhook", "HyWebhookDelivery", ["webhookId", "state"])


def _create_administrators() -> None:
    op.create_table(
        "HyAudit",
        _key(),
        *_numbers("at"),
        _text("actor", 80),
        _text("address", 64),
        _text("operation", 64),
        _text("target", 128),
        sa.Column("detail", sa.Text, nullable=False),
        **TABLE_OPTIONS,
    )
    op.create_index("idx_hy_audit_at", "HyAudit", ["at"])
    op.create_table(
        "HyAdmin",
        _key(),
        _text("name", 40),
        _text("hash", 255),
        *_numbers("created", "updated"),
        **TABLE_OPTIONS,
    )
    op.create_index("uq_hy_admin_name", "HyAdmin", ["name"], unique=True)
    op.create_table(
        "HyAdminSession",
        sa.Column("token", sa.String(64), primary_key=True),
        *_numbers("adminId"),
        _text("csrf", 64),
        _text("address", 64),
        *_numbers("created", "used"),
        **TABLE_OPTIONS,
    )
    op.create_index("idx_hy_admin_session", "HyAdminSession", ["adminId"])


def _key() -> sa.Column[int]:
    return sa.Column("id", UINT, primary_key=True, autoincrement=True)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _numbers(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, UINT, nullable=False) for name in names)
