"""The database before and after a recorded request, as far as the original and ours keep the same in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hongyan.store import bulk, cursors
from hongyan.store.entries import pair_key
from hongyan.store.ids import advance_ids
from hongyan.store.schema import CONVERSATION, DEVICE_TOKEN, GROUP_SETTING, READ_CURSOR
from hongyan.store.teamtalk import (
    GROUP,
    GROUP_MEMBER,
    RELATION,
    SESSION,
    SINGLE_MESSAGES,
    metadata,
)

FIXTURE = Path(__file__).parent / "data" / "db_proxy" / "fixture_a.json"

Rows = dict[str, dict[int, dict[str, Any]]]
_TEAMTALK = [name for name in metadata.tables if name.startswith("IM")]
_PEOPLE = range(1, 12)
_GROUPS = range(1, 4)


def fixture() -> dict[str, Any]:
    """Return the recorded company: users 1 to 6 and 10, groups 1 to 3."""
    found: dict[str, Any] = json.loads(FIXTURE.read_text(encoding="utf-8"))
    return found


def load_fixture(connection: Connection, fixture: dict[str, Any]) -> None:
    """Put the recorded company into an empty database."""
    for name, rows in fixture["mysql"].items():
        connection.execute(insert(metadata.tables[name]), rows)
    # The recorded server went on at 100.
    connection.execute(insert(GROUP).values(id=99, status=1))
    advance_ids(connection)
    _load_redis(connection, fixture["redis"])


def load_changes(connection: Connection, before: dict[str, Any]) -> None:
    """Change the company as it was changed before the request."""
    for name, change in before["mysql"].items():
        table = metadata.tables[name]
        for row in change.get("inserted", ()):
            connection.execute(insert(table).values(row))
        for row in change.get("updated", ()):
            connection.execute(update(table).where(table.c.id == row["id"]).values(row))
        connection.execute(delete(table).where(table.c.id.in_(change.get("deleted", ()))))
    advance_ids(connection)
    _load_redis(connection, before["redis"])
    _load_counters(connection, before["redis"].get("db1", {}))


def invalidate(connection: Connection, version: int) -> None:
    """Let a db_proxy that runs on this database read every conversation again; SQLite does it by itself."""
    if connection.dialect.name == "sqlite":
        return
    pairs = [pair_key(one, other) for one in _PEOPLE for other in _PEOPLE if one <= other]
    flat = [value for key in (*_GROUPS, *pairs) for value in (key, 0, version)]
    bulk.insert_rows(connection, CONVERSATION, ("id", "lastId", "version"), flat)


def dump(connection: Connection) -> Rows:
    """Return every row of TeamTalk's tables by its id."""
    return {
        name: {row["id"]: dict(row) for row in connection.execute(select(metadata.tables[name])).mappings()}
        for name in _TEAMTALK
    }


def changes(before: Rows, after: Rows) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what changed in each table, as the recordings have it."""
    for name in _TEAMTALK:
        old, new = before[name], after[name]
        yield (
            name,
            {
                "inserted": [row for key, row in new.items() if key not in old],
                "updated": [
                    {
                        "id": key,
                        **{column: value for column, value in row.items() if old[key][column] != value},
                    }
                    for key, row in new.items()
                    if key in old and old[key] != row
                ],
                "deleted": [key for key in old if key not in new],
            },
        )


def _load_redis(connection: Connection, redis: dict[str, dict[str, Any]]) -> None:
    """Take over what the original keeps in Redis alone."""
    for key, joined in redis.get("db5", {}).items():
        for user, since in (joined or {}).items():
            mine = (GROUP_MEMBER.c.groupId == _last_number(key), GROUP_MEMBER.c.userId == int(user))
            connection.execute(update(GROUP_MEMBER).where(*mine).values(updated=int(since)))
    for key, settings in redis.get("db2", {}).items():
        for field, shield in settings.items():
            user = int(field.split("_")[0])
            row = {"groupId": _last_number(key), "userId": user, "shield": int(shield)}
            connection.execute(insert(GROUP_SETTING).values(row))
    for key, value in redis.get("db4", {}).items():
        platform, colon, token = value.partition(":")
        if colon:
            row = {"userId": _last_number(key), "platform": platform, "token": token}
            connection.execute(insert(DEVICE_TOKEN).values(row))


def _last_number(key: str) -> int:
    return int(key.rpartition("_")[2])


def _load_counters(connection: Connection, counters: dict[str, Any]) -> None:
    """Put each user's cursor where his recorded counter of unread messages says it is."""
    connection.execute(delete(READ_CURSOR))
    for row in connection.execute(select(SESSION).where(SESSION.c.type == 1)).all():
        count = int((counters.get(f"unread_{row.userId}") or {}).get(str(row.peerId), 0))
        _set_single_cursor(connection, row.userId, row.peerId, count)
    for row in connection.execute(select(GROUP_MEMBER)).all():
        total = counters.get(f"{row.groupId}_im_group_msg", {}).get("count", 0)
        read = counters.get(f"{row.userId}_{row.groupId}_im_user_group", {}).get("count", 0)
        cursors.write_cursors(connection, {(row.userId, 2, row.groupId): min(int(read), int(total))})


def _set_single_cursor(connection: Connection, user: int, peer: int, count: int) -> None:
    pair = (RELATION.c.smallId == min(user, peer), RELATION.c.bigId == max(user, peer))
    relation = connection.execute(select(RELATION.c.id).where(*pair)).scalar()
    if relation is None:
        return
    message = SINGLE_MESSAGES[relation % 8].c
    mine = (message.relateId == relation, message.fromId == peer)
    rows = connection.execute(select(message.msgId).where(*mine).order_by(message.msgId)).scalars()
    ids = [0, *rows]
    cursors.write_cursors(connection, {(user, 1, peer): ids[max(0, len(ids) - 1 - count)]})
