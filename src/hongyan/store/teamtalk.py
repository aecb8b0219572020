"""TeamTalk's own tables, column for column as its servers use them (spec/storage.md, section 2).

Their shape is a contract with existing databases and never changes; what Hongyan adds stands in
:mod:`hongyan.store.schema`.
"""

from typing import Any

from sqlalchemy import CHAR, BigInteger, Column, Index, Integer, MetaData, SmallInteger, String, Table
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

SHARDS = 8
_MYSQL = ("mysql", "mariadb")
# utf8mb4_bin is what makes names case-sensitive there, as they are on the other engines.
TABLE_OPTIONS: dict[str, Any] = {
    f"{dialect}_{key}": value
    for dialect in _MYSQL
    for key, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}

metadata = MetaData()

INT = Integer()
# PostgreSQL has no unsigned types; the next wider one holds every value.
UINT = BigInteger().with_variant(mysql.INTEGER(unsigned=True), *_MYSQL).with_variant(Integer(), "sqlite")


def _tiny(width: int, *, unsigned: bool = True) -> TypeEngine[int]:
    variant = mysql.TINYINT(width, unsigned=unsigned)
    return SmallInteger().with_variant(variant, *_MYSQL)


def _column(name: str, kind: TypeEngine[Any], default: str | None = None, **options: Any) -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=default, **options)


def _optional(name: str, kind: TypeEngine[Any], default: str) -> Column[Any]:
    return Column(name, kind, nullable=True, server_default=default)


def _key(kind: TypeEngine[Any] = INT) -> Column[Any]:
    return Column("id", kind, primary_key=True, autoincrement=True)


def _table(name: str, *parts: Column[Any] | Index) -> Table:
    return Table(name, metadata, *parts, **TABLE_OPTIONS)


def _original(name: str, *columns: str) -> Index:
    """An index that the original's statements want and ours do not: kept where it may be running."""
    return _only_where_originals_run(Index(name, *columns))


def _only_where_originals_run(index: Index) -> Index:
    return index.ddl_if(callable_=lambda *_, dialect, **__: dialect.name in _MYSQL)


USER = _table(
    "IMUser",
    _key(UINT),
    _column("sex", _tiny(1), "0"),
    _column("name", String(32), ""),
    _column("domain", String(32), ""),
    _column("nick", String(32), ""),
    _column("password", String(32), ""),
    _column("salt", String(4), ""),
    _column("phone", String(11), ""),
    _column("email", String(64), ""),
    _optional("avatar", String(255), ""),
    _column("departId", UINT),
    _optional("status", _tiny(2), "0"),
    _column("created", UINT),
    _column("updated", UINT),
    _column("push_shield_status", _tiny(1), "0"),
    _column("sign_info", String(128), ""),
    _original("idx_domain", "domain"),
    _original("idx_name", "name"),
    _original("idx_phone", "phone"),
)

DEPART = _table(
    "IMDepart",
    _key(UINT),
    _column("departName", String(64), ""),
    _column("priority", UINT, "0"),
    _column("parentId", UINT),
    _column("status", UINT, "0"),
    _column("created", UINT),
    _column("updated", UINT),
    _original("idx_departName", "departName"),
    _original("idx_priority_status", "priority", "status"),
)

GROUP = _table(
    "IMGroup",
    _key(),
    _column("name", String(256), ""),
    _column("avatar", String(256), ""),
    _column("creator", UINT, "0"),
    _column("type", _tiny(3), "1"),
    _column("userCnt", UINT, "0"),
    _column("status", _tiny(3), "1"),
    _column("version", UINT, "1"),
    _column("lastChated", UINT, "0"),
    _column("updated", UINT, "0"),
    _column("created", UINT, "0"),
    _only_where_originals_run(Index("idx_name", "name", mysql_length=191, mariadb_length=191)),
    _original("idx_creator", "creator"),
)

GROUP_MEMBER = _table(
    "IMGroupMember",
    _key(),
    _column("groupId", UINT),
    _column("userId", UINT),
    _column("status", _tiny(4, unsigned=False), "1"),
    _column("created", UINT, "0"),
    _column("updated", UINT, "0"),
    _original("idx_groupId_userId_status", "groupId", "userId", "status"),
    Index("idx_userId_status_updated", "userId", "status", "updated"),
    _original("idx_groupId_updated", "groupId", "updated"),
)

RELATION = _table(
    "IMRelationShip",
    _key(),
    _column("smallId", UINT),
    _column("bigId", UINT),
    _optional("status", _tiny(1), "0"),
    _column("created", UINT, "0"),
    _column("updated", UINT, "0"),
    _original("idx_smallId_bigId_status_updated", "smallId", "bigId", "status", "updated"),
)

SESSION = _table(
    "IMRecentSession",
    _key(),
    _column("userId", UINT),
    _column("peerId", UINT),
    _optional("type", _tiny(1), "0"),
    _optional("status", _tiny(1), "0"),
    _column("created", UINT, "0"),
    _column("updated", UINT, "0"),
    _original("idx_userId_peerId_status_updated", "userId", "peerId", "status", "updated"),
    _original("idx_userId_peerId_type", "userId", "peerId", "type"),
)

AUDIO = _table(
    "IMAudio",
    _key(),
    _column("fromId", UINT),
    _column("toId", UINT),
    _optional("path", String(255), ""),
    _column("size", UINT, "0"),
    _column("duration", UINT, "0"),
    _column("created", UINT),
    _original("idx_fromId_toId", "fromId", "toId"),
)

DISCOVERY = _table(
    "IMDiscovery",
    _key(UINT),
    _column("itemName", String(64), ""),
    _column("itemUrl", String(64), ""),
    _column("itemPriority", UINT),
    _column("status", UINT, "0"),
    _column("created", UINT),
    _column("updated", UINT),
    _original("idx_itemName", "itemName"),
)

# The original seeds it with admin/admin; nothing here reads it, so it stays empty.
ADMIN = _table(
    "IMAdmin",
    _key(Integer().with_variant(mysql.MEDIUMINT(6, unsigned=True), *_MYSQL)),
    _column("uname", String(40)),
    _column("pwd", CHAR(32)),
    _column("status", _tiny(2), "0"),
    _column("created", UINT, "0"),
    _column("updated", UINT, "0"),
)

TRANSMIT_FILE = _table(
    "IMTransmitFile",
    _key(UINT),
    _column("fromId", UINT),
    _column("toId", UINT),
    _column("fileName", String(500)),
    _column("size", UINT),
    _column("taskId", String(100)),
    _column("status", _tiny(1), "0"),
    _column("created", UINT),
    _column("updated", UINT),
    Index("idx_toId_status_created", "toId", "status", "created"),
)


def _single_messages(shard: int) -> Table:
    return _table(
        f"IMMessage_{shard}",
        _key(),
        _column("relateId", UINT),
        _column("fromId", UINT),
        _column("toId", UINT),
        _column("msgId", UINT),
        _optional("content", String(4096), ""),
        _column("type", _tiny(2), "1"),
        _column("status", _tiny(1), "0"),
        _column("updated", UINT),
        _column("created", UINT),
        _original("idx_relateId_status_created", "relateId", "status", "created"),
        _original("idx_relateId_status_msgId_created", "relateId", "status", "msgId", "created"),
        _original("idx_fromId_toId_created", "fromId", "toId", "status"),
    )


def _group_messages(shard: int) -> Table:
    return _table(
        f"IMGroupMessage_{shard}",
        _key(),
        _column("groupId", UINT),
        _column("userId", UINT),
        _column("msgId", UINT),
        _column("content", String(4096), ""),
        _column("type", _tiny(3), "2"),
        _column("status", UINT, "0"),
        _column("updated", UINT, "0"),
        _column("created", UINT, "0"),
        _original("idx_groupId_status_created", "groupId", "status", "created"),
        _original("idx_groupId_msgId_status_created", "groupId", "msgId", "status", "created"),
    )


SINGLE_MESSAGES = tuple(_single_messages(shard) for shard in range(SHARDS))
GROUP_MESSAGES = tuple(_group_messages(shard) for shard in range(SHARDS))
