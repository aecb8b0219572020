"""What Hongyan adds to TeamTalk's tables: its own, named ``Hy...``, and the keys they lack.

An original server on the same database never names them and so never notices them.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, String, Table

from hongyan.store.schema_admin import ADMIN_TABLES
from hongyan.store.teamtalk import (
    DEPART,
    GROUP_MEMBER,
    GROUP_MESSAGES,
    RELATION,
    SESSION,
    SINGLE_MESSAGES,
    TABLE_OPTIONS,
    UINT,
    USER,
    metadata,
)

TEAMTALK_TABLES = tuple(table for table in metadata.sorted_tables if table.name.startswith("IM"))
VERSION_TABLE = "HyVersion"

# On SQLite a table without row numbers is its primary key's tree and nothing else: one page
# written where the usual form writes two.
_CLUSTERED: dict[str, Any] = {**TABLE_OPTIONS, "sqlite_with_rowid": False}

PASSWORD = Table(
    "HyPassword",
    metadata,
    Column("userId", UINT, primary_key=True, autoincrement=False),
    Column("hash", String(255), nullable=False),
    Column("updated", UINT, nullable=False),
    **TABLE_OPTIONS,
)

READ_CURSOR = Table(
    "HyReadCursor",
    metadata,
    Column("userId", UINT, primary_key=True, autoincrement=False),
    Column("sessionType", UINT, primary_key=True, autoincrement=False),
    Column("peerId", UINT, primary_key=True, autoincrement=False),
    Column("msgId", UINT, nullable=False),
    **_CLUSTERED,
)

GROUP_SETTING = Table(
    "HyGroupSetting",
    metadata,
    Column("groupId", UINT, primary_key=True, autoincrement=False),
    Column("userId", UINT, primary_key=True, autoincrement=False),
    Column("shield", UINT, nullable=False),
    **_CLUSTERED,
)

DEVICE_TOKEN = Table(
    "HyDeviceToken",
    metadata,
    Column("userId", UINT, primary_key=True, autoincrement=False),
    Column("platform", String(8), nullable=False),
    Column("token", String(255), nullable=False),
    Index("idx_hy_device_token", "token"),
    **TABLE_OPTIONS,
)

CLIENT_MESSAGE = Table(
    "HyClientMessage",
    metadata,
    Column("userId", UINT, primary_key=True, autoincrement=False),
    Column("clientMsgId", String(64), primary_key=True),
    Column("sessionType", UINT, nullable=False),
    Column("peerId", UINT, nullable=False),
    Column("msgId", UINT, nullable=False),
    Column("created", UINT, nullable=False),
    **_CLUSTERED,
)

CONVERSATION = Table(
    "HyConversation",
    metadata,
    Column("id", BigInteger(), primary_key=True, autoincrement=False),
    Column("lastId", UINT, nullable=False),
    Column("version", UINT, nullable=False),
    **_CLUSTERED,
)

SESSION_TOKEN = Table(
    "HySessionToken",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("userId", UINT, nullable=False),
    Column("created", UINT, nullable=False),
    Column("used", UINT, nullable=False),
    Index("idx_hy_session_token_user", "userId"),
    Index("idx_hy_session_token_used", "used"),
    **TABLE_OPTIONS,
)

OWN_TABLES = (
    PASSWORD,
    READ_CURSOR,
    GROUP_SETTING,
    DEVICE_TOKEN,
    CLIENT_MESSAGE,
    CONVERSATION,
    SESSION_TOKEN,
    *ADMIN_TABLES,
)


def _unique(name: str, table: Table, *columns: str) -> Index:
    index = Index(f"uq_hy_{name}", *(table.c[column] for column in columns), unique=True)
    return index.ddl_if(callable_=lambda *_, dialect, **__: dialect.name not in ("mysql", "mariadb"))


# These are what turns "an id is never given twice" from a hope into a fact. Not so on MySQL, where
# original servers may run on the same tables: their workers race and write some rows twice, which a
# key of ours would make them lose. There the locks of HyConversation are that fact.
OWN_INDEXES = (
    _unique("user_name", USER, "name"),
    _unique("relation", RELATION, "smallId", "bigId"),
    _unique("session", SESSION, "userId", "peerId", "type"),
    _unique("group_member", GROUP_MEMBER, "groupId", "userId"),
    *(_unique(f"message_{shard}", table, "relateId", "msgId") for shard, table in enumerate(SINGLE_MESSAGES)),
    *(
        _unique(f"group_message_{shard}", table, "groupId", "msgId")
        for shard, table in enumerate(GROUP_MESSAGES)
    ),
    Index("idx_hy_user_updated", USER.c.updated),
    Index("idx_hy_depart_updated", DEPART.c.updated),
)
