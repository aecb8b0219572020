"""Every table and every key of the first version, as far as the database lacks them.

Each step looks whether it was done: MySQL commits every one by itself, so one that was interrupted
goes on where it stood.

TeamTalk's tables come from the schema module, since their shape never changes. Our own are spelt
out here, since theirs may: a migration says what was made at its time.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hongyan.store import bulk
from hongyan.store.schema import READ_CURSOR, TEAMTALK_TABLES
from hongyan.store.teamtalk import (
    GROUP_MEMBER,
    GROUP_MESSAGES,
    RELATION,
    SESSION,
    SHARDS,
    SINGLE_MESSAGES,
    TABLE_OPTIONS,
    UINT,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_CLUSTERED: dict[str, Any] = {**TABLE_OPTIONS, "sqlite_with_rowid": False}
_NO_NUMBER = 0xFFFF_FFFF
"""What originals have written while their Redis did not answer."""
_UNIQUE = {
    "uq_hy_user_name": ("IMUser", ["name"]),
    "uq_hy_relation": ("IMRelationShip", ["smallId", "bigId"]),
    "uq_hy_session": ("IMRecentSession", ["userId", "peerId", "type"]),
    "uq_hy_group_member": ("IMGroupMember", ["groupId", "userId"]),
    **{f"uq_hy_message_{shard}": (f"IMMessage_{shard}", ["relateId", "msgId"]) for shard in range(SHARDS)},
    **{
        f"uq_hy_group_message_{shard}": (f"IMGroupMessage_{shard}", ["groupId", "msgId"])
        for shard in range(SHARDS)
    },
}


def upgrade() -> None:
    """Make what is missing; an existing TeamTalk database keeps its tables and rows."""
    connection = op.get_bind()
    for table in TEAMTALK_TABLES:
        connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
        _create_original_indexes(connection, table)
    _create_own_tables()
    _create_own_indexes(connection)
    _read_what_is_there(connection)


def _create_original_indexes(connection: sa.Connection, table: sa.Table) -> None:
    # Without the indexes of ours that hang on the table: those follow for old and new alike.
    present = _indexes(connection, table.name)
    for index in table.indexes:
        if not str(index.name).startswith(("uq_hy_", "idx_hy_")) and index.name not in present:
            index.create(connection)


def _create_own_tables() -> None:
    op.create_table(
        "HyPassword",
        _key("userId"),
        sa.Column("hash", sa.String(255), nullable=False),
        _number("updated"),
        **TABLE_OPTIONS,
        if_not_exists=True,
    )
    op.create_table(
        "HyReadCursor",
        _key("userId"),
        _key("sessionType"),
        _key("peerId"),
        _number("msgId"),
        **_CLUSTERED,
        if_not_exists=True,
    )
    op.create_table(
        "HyGroupSetting",
        _key("groupId"),
        _key("userId"),
        _number("shield"),
        **_CLUSTERED,
        if_not_exists=True,
    )
    op.create_table(
        "HyDeviceToken",
        _key("userId"),
        sa.Column("platform", sa.String(8), nullable=False),
        sa.Column("token", sa.String(255), nullable=False),
        **TABLE_OPTIONS,
        if_not_exists=True,
    )
    op.create_table(
        "HyClientMessage",
        _key("userId"),
        sa.Column("clientMsgId", sa.String(64), primary_key=True),
        _number("sessionType"),
        _number("peerId"),
        _number("msgId"),
        _number("created"),
        **_CLUSTERED,
        if_not_exists=True,
    )


def _create_own_indexes(connection: sa.Connection) -> None:
    _create_index(connection, "idx_hy_device_token", "HyDeviceToken", ["token"])
    _create_index(connection, "idx_hy_user_updated", "IMUser", ["updated"])
    _create_index(connection, "idx_hy_depart_updated", "IMDepart", ["updated"])
    # Where original servers may run on the same tables a key of ours could refuse what they write.
    if connection.dialect.name in ("mysql", "mariadb"):
        return
    for name, (table, columns) in _UNIQUE.items():
        _create_index(connection, name, table, columns, unique=True)


def _read_what_is_there(connection: sa.Connection) -> None:
    """How far somebody has read stands in the originals' Redis, if anywhere: here all counts as read."""
    session, member = SESSION.c, GROUP_MEMBER.c
    for shard in range(SHARDS):
        message, group_message = SINGLE_MESSAGES[shard].c, GROUP_MESSAGES[shard].c
        low = sa.case((session.userId < session.peerId, session.userId), else_=session.peerId)
        high = sa.case((session.userId < session.peerId, session.peerId), else_=session.userId)
        _put_cursors(
            connection,
            sa.select(session.userId, sa.literal(1), session.peerId, sa.func.max(message.msgId))
            .join_from(SESSION, RELATION, sa.and_(RELATION.c.smallId == low, RELATION.c.bigId == high))
            .join(SINGLE_MESSAGES[shard], message.relateId == RELATION.c.id)
            .where(session.type == 1, message.msgId < _NO_NUMBER)
            .group_by(session.userId, session.peerId),
        )
        _put_cursors(
            connection,
            sa.select(member.userId, sa.literal(2), member.groupId, sa.func.max(group_message.msgId))
            .join_from(GROUP_MEMBER, GROUP_MESSAGES[shard], group_message.groupId == member.groupId)
            .where(member.status == 0, group_message.msgId < _NO_NUMBER)
            .group_by(member.userId, member.groupId),
        )


def _put_cursors(connection: sa.Connection, found: sa.Select[Any]) -> None:
    flat = [value for row in connection.execute(found).all() for value in row]
    columns = ("userId", "sessionType", "peerId", "msgId")
    bulk.upsert_rows(connection, READ_CURSOR, columns, "msgId", flat)


def _create_index(
    connection: sa.Connection, name: str, table: str, columns: list[str], *, unique: bool = False
) -> None:
    if name not in _indexes(connection, table):
        op.create_index(name, table, columns, unique=unique)


def _indexes(connection: sa.Connection, table: str) -> set[str | None]:
    return {index["name"] for index in sa.inspect(connection).get_indexes(table)}


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, UINT, primary_key=True, autoincrement=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, UINT, nullable=False)
