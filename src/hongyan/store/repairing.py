"""Mends what can be mended of the damage that :mod:`hongyan.store.checking` finds.

Nothing that anybody wrote is deleted. Where messages get other numbers, clients notice at their
next reading; what was unread in these conversations counts as read.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update

from hongyan.store import bulk
from hongyan.store.checking import doubled, gone_members, gone_sessions, miscounted_groups, unnumbered
from hongyan.store.cursors import CursorKey, write_cursors
from hongyan.store.entries import SessionType, pair_key
from hongyan.store.schema import CONVERSATION
from hongyan.store.teamtalk import (
    GROUP,
    GROUP_MEMBER,
    GROUP_MESSAGES,
    RELATION,
    SESSION,
    SHARDS,
    SINGLE_MESSAGES,
)

_MESSAGE_COLUMNS = tuple(column.name for column in SINGLE_MESSAGES[0].columns if column.name != "id")


def repair(connection: Connection, now: int) -> int:
    """Mend everything; return how many rows and conversations were changed."""
    changed = _merge_relations(connection)
    changed += _merge_rows(connection, SESSION, "userId", "peerId", "type")
    changed += _merge_rows(connection, GROUP_MEMBER, "groupId", "userId")
    changed += _renumber_all(connection)
    changed += _close(connection, SESSION, gone_sessions(), updated=now)
    changed += _close(connection, GROUP_MEMBER, gone_members())
    for group_id, count in connection.execute(miscounted_groups()).all():
        connection.execute(update(GROUP).where(GROUP.c.id == group_id).values(userCnt=count))
        changed += 1
    return changed


def _merge_relations(connection: Connection) -> int:
    pairs = connection.execute(doubled(RELATION, "smallId", "bigId")).all()
    for small, big in pairs:
        relation = RELATION.c
        rows = connection.execute(
            select(relation.id, relation.status)
            .where(relation.smallId == small, relation.bigId == big)
            .order_by(relation.status.desc(), relation.updated, relation.id)
        ).all()
        # The last row of status 0 is the one that everybody reads.
        *others, (kept, _) = rows
        _move_messages(connection, [row.id for row in others], kept)
        connection.execute(delete(RELATION).where(relation.id.in_([row.id for row in others])))
        _all_read(connection, SessionType.SINGLE, kept, [(small, big), (big, small)])
        _forget_number(connection, pair_key(small, big))
    return len(pairs)


def _move_messages(connection: Connection, others: Sequence[int], kept: int) -> None:
    """Put the messages of several relations into one, in the order of their times."""
    rows: list[dict[str, Any]] = []
    for relation in (*others, kept):
        table = SINGLE_MESSAGES[relation % SHARDS]
        mine = table.c.relateId == relation
        rows += [dict(row) for row in connection.execute(select(table).where(mine)).mappings()]
        connection.execute(delete(table).where(mine))
    rows.sort(key=lambda row: (row["created"], row["msgId"], row["id"]))
    flat: list[Any] = []
    for number, row in enumerate(rows, 1):
        row |= {"relateId": kept, "msgId": number}
        flat += [row[name] for name in _MESSAGE_COLUMNS]
    bulk.insert_rows(connection, SINGLE_MESSAGES[kept % SHARDS], _MESSAGE_COLUMNS, flat)


def _merge_rows(connection: Connection, table: Table, *names: str) -> int:
    """Keep of several rows the one that counts: the last of status 0."""
    combinations = connection.execute(doubled(table, *names)).all()
    for values in combinations:
        same = [table.c[name] == value for name, value in zip(names, values, strict=True)]
        order = (table.c.status.desc(), table.c.updated, table.c.id)
        ids = connection.execute(select(table.c.id).where(*same).order_by(*order)).scalars().all()
        connection.execute(delete(table).where(table.c.id.in_(ids[:-1])))
    return len(combinations)


def _renumber_all(connection: Connection) -> int:
    changed = 0
    for tables, owner in ((SINGLE_MESSAGES, "relateId"), (GROUP_MESSAGES, "groupId")):
        for table in tables:
            owners = {row[0] for row in connection.execute(doubled(table, owner, "msgId"))}
            owners |= set(connection.execute(unnumbered(table, owner)).scalars())
            for owner_id in sorted(owners):
                _renumber(connection, table, owner, owner_id)
            changed += len(owners)
    return changed


def _renumber(connection: Connection, table: Table, owner: str, owner_id: int) -> None:
    message = table.c
    rows = connection.execute(
        select(message.id, message.msgId)
        .where(message[owner] == owner_id)
        .order_by(message.created, message.id)
    ).all()
    for number, row in enumerate(rows, 1):
        if row.msgId != number:
            connection.execute(update(table).where(message.id == row.id).values(msgId=number))
    if owner == "groupId":
        _all_read(connection, SessionType.GROUP, owner_id, _members(connection, owner_id))
        _forget_number(connection, owner_id)
        return
    pair = connection.execute(
        select(RELATION.c.smallId, RELATION.c.bigId).where(RELATION.c.id == owner_id)
    ).first()
    if pair is not None:
        small, big = pair
        _all_read(connection, SessionType.SINGLE, owner_id, [(small, big), (big, small)])
        _forget_number(connection, pair_key(small, big))


def _members(connection: Connection, group_id: int) -> list[tuple[int, int]]:
    member = GROUP_MEMBER.c
    users = connection.execute(select(member.userId).where(member.groupId == group_id)).scalars()
    return [(user_id, group_id) for user_id in users]


def _all_read(
    connection: Connection, session_type: int, owner: int, places: Sequence[tuple[int, int]]
) -> None:
    group = session_type == SessionType.GROUP
    table = (GROUP_MESSAGES if group else SINGLE_MESSAGES)[owner % SHARDS]
    of = table.c.groupId if group else table.c.relateId
    newest: int = connection.execute(select(func.max(table.c.msgId)).where(of == owner)).scalar() or 0
    cursors: dict[CursorKey, int] = {(user, session_type, peer): newest for user, peer in places}
    write_cursors(connection, cursors)


def _forget_number(connection: Connection, key: int) -> None:
    """The newest number is read from the messages again."""
    if key < 1 << 63:
        connection.execute(delete(CONVERSATION).where(CONVERSATION.c.id == key))


def _close(connection: Connection, table: Table, query: Any, **values: Any) -> int:
    ids = list(connection.execute(query).scalars())
    for start in range(0, len(ids), bulk.LARGEST):
        some = table.c.id.in_(ids[start : start + bulk.LARGEST])
        connection.execute(update(table).where(some).values(status=1, **values))
    return len(ids)
