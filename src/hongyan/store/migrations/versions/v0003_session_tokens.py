"""The table of session tokens, with which browsers stay signed in."""

import sqlalchemy as sa
from alembic import op

from hongyan.store.teamtalk import TABLE_OPTIONS, UINT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "HySessionToken",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("userId", UINT, nullable=False),
        sa.Column("created", UINT, nullable=False),
        sa.Column("used", UINT, nullable=False),
        sa.Index("idx_hy_session_token_user", "userId"),
        sa.Index("idx_hy_session_token_used", "used"),
        **TABLE_OPTIONS,
        if_not_exists=True,
    )
