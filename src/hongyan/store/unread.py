"""What a user has not read yet: messages above his cursors, counted when he asks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    and_,
    case,
    func,
    select,
    union_all,
)

from hongyan.store.entries import NO_NUMBER, SessionType
from hongyan.store.messages import LatestMessage, latest_group, latest_single
from hongyan.store.schema import READ_CURSOR
from hongyan.store.teamtalk import (
    GROUP_MEMBER,
    GROUP_MESSAGES,
    RELATION,
    SESSION,
    SHARDS,
    SINGLE_MESSAGES,
)


class UnreadRow(NamedTuple):
    """A conversation with unread messages."""

    peer_id: int
    session_type: int
    unread: int
    latest: LatestMessage


def unread(connection: Connection, user_id: int) -> list[UnreadRow]:
    """A user's conversations with unread messages, in the original's order (spec/flows.md, 4.4).

    In a single conversation the peer stands as the sender of the newest message even where the
    user wrote it.
    """
    return _unread_singles(connection, user_id) + _unread_groups(connection, user_id)


def totals(connection: Connection, user_ids: Sequence[int]) -> dict[int, int]:
    """How many messages each of these users has not read; users without any are left out."""
    counts: dict[int, int] = {}
    for statement in (count_singles(user_ids), count_groups(user_ids)):
        for user_id, _, _, count in connection.execute(statement):
            counts[user_id] = counts.get(user_id, 0) + count
    return counts


def _unread_singles(connection: Connection, user_id: int) -> list[UnreadRow]:
    rows = connection.execute(count_singles([user_id])).all()
    latest = latest_single(connection, [relation for _, _, relation, _ in rows])
    return [
        UnreadRow(peer, SessionType.SINGLE, count, latest[relation]._replace(sender=peer))
        for _, peer, relation, count in sorted(rows, key=lambda row: str(row[1]))
    ]


def _unread_groups(connection: Connection, user_id: int) -> list[UnreadRow]:
    rows = connection.execute(count_groups([user_id])).all()
    counts = {group: count for _, group, _, count in rows}
    latest = latest_group(connection, counts)
    member = GROUP_MEMBER.c
    in_order = connection.execute(
        select(member.groupId)
        .where(member.userId == user_id, member.status == 0)
        .order_by(member.updated.desc(), member.id.desc())
    ).scalars()
    return [
        UnreadRow(group, SessionType.GROUP, counts[group], latest[group])
        for group in in_order
        if group in latest
    ]


def count_singles(user_ids: Sequence[int]) -> CompoundSelect[Any]:
    """User, peer, relation and number of unread messages, for each conversation that has some."""
    session, relation = SESSION.c, RELATION.c
    mine = and_(
        relation.smallId == case((session.userId < session.peerId, session.userId), else_=session.peerId),
        relation.bigId == case((session.userId < session.peerId, session.peerId), else_=session.userId),
        relation.status == 0,
    )
    seen = func.coalesce(READ_CURSOR.c.msgId, 0).label("seen")
    conversations = (
        select(session.userId, session.peerId, relation.id.label("owner"), seen)
        .join_from(SESSION, RELATION, mine)
        .outerjoin(READ_CURSOR, _cursor_of(session.userId, SessionType.SINGLE, session.peerId))
        .where(session.userId.in_(user_ids), session.type == SessionType.SINGLE, session.status == 0)
        .cte("mine")
    )
    return union_all(*(_count_single(conversations, shard) for shard in range(SHARDS)))


def count_groups(user_ids: Sequence[int]) -> CompoundSelect[Any]:
    """The same for groups: user, group, group and number."""
    member = GROUP_MEMBER.c
    seen = func.coalesce(READ_CURSOR.c.msgId, 0).label("seen")
    conversations = (
        select(member.userId, member.groupId.label("peerId"), member.groupId.label("owner"), seen)
        .select_from(GROUP_MEMBER)
        .outerjoin(READ_CURSOR, _cursor_of(member.userId, SessionType.GROUP, member.groupId))
        .where(member.userId.in_(user_ids), member.status == 0)
        .cte("mine")
    )
    return union_all(*(_count_group(conversations, shard) for shard in range(SHARDS)))


def _cursor_of(
    user_id: ColumnElement[int], session_type: int, peer_id: ColumnElement[int]
) -> ColumnElement[bool]:
    cursor = READ_CURSOR.c
    return and_(cursor.userId == user_id, cursor.sessionType == session_type, cursor.peerId == peer_id)


def _count_single(mine: CTE, shard: int) -> Select[Any]:
    messages = SINGLE_MESSAGES[shard]
    from_peer = and_(messages.c.relateId == mine.c.owner, messages.c.fromId == mine.c.peerId)
    return _count(mine, shard, messages, and_(from_peer, messages.c.status == 0))


def _count_group(mine: CTE, shard: int) -> Select[Any]:
    messages = GROUP_MESSAGES[shard]
    return _count(mine, shard, messages, messages.c.groupId == mine.c.owner)


def _count(mine: CTE, shard: int, messages: Table, matching: ColumnElement[bool]) -> Select[Any]:
    numbered = messages.c.msgId < NO_NUMBER
    unread_ones = and_(matching, messages.c.msgId > mine.c.seen, numbered)
    return (
        select(mine.c.userId, mine.c.peerId, mine.c.owner, func.count())
        .join_from(mine, messages, unread_ones)
        .where(mine.c.owner % SHARDS == shard)
        .group_by(mine.c.userId, mine.c.peerId, mine.c.owner)
    )
