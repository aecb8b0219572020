"""A row for every conversation that has several writers (hongyan.store.claims)."""

import sqlalchemy as sa
from alembic import op

from hongyan.store.teamtalk import TABLE_OPTIONS, UINT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the rows come with the conversations' next messages."""
    op.create_table(
        "HyConversation",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("lastId", UINT, nullable=False),
        sa.Column("version", UINT, nullable=False),
        **TABLE_OPTIONS,
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
