"""Read cursors: how far each user has read each conversation.

Unread counts are computed from these, never stored: a counter beside the messages could disagree
with them, a cursor cannot.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from hongyan.store import bulk
from hongyan.store.entries import NO_NUMBER, SessionType
from hongyan.store.redis_mirror import tell_read
from hongyan.store.schema import READ_CURSOR
from hongyan.store.teamtalk import (
    GROUP_MEMBER,
    GROUP_MESSAGES,
    RELATION,
    SHARDS,
    SINGLE_MESSAGES,
)

_COLUMNS = ("userId", "sessionType", "peerId", "msgId")

CursorKey = tuple[int, int, int]
"""User, session type and peer."""


def write_cursors(connection: Connection, cursors: Mapping[CursorKey, int]) -> None:
    """Move cursors to the given msg_ids."""
    flat = [value for key, msg_id in cursors.items() for value in (*key, msg_id)]
    bulk.upsert_rows(connection, READ_CURSOR, _COLUMNS, "msgId", flat)


def mark_read(connection: Connection, user_id: int, session_type: int, peer_id: int) -> None:
    """Everything in the conversation counts as read by this user."""
    tell_read(connection, user_id, session_type, peer_id)
    newest = latest_id(connection, user_id, session_type, peer_id)
    if newest:
        write_cursors(connection, {(user_id, session_type, peer_id): newest})


def latest_id(connection: Connection, user_id: int, session_type: int, peer_id: int) -> int:
    """The newest msg_id in a conversation of this user; 0 when it is empty or not his."""
    if session_type == SessionType.GROUP:
        return _latest_group_id(connection, user_id, peer_id)
    relation = relation_id(connection, user_id, peer_id)
    if relation is None:
        return 0
    messages = SINGLE_MESSAGES[relation % SHARDS].c
    return _newest(connection, messages, messages.relateId == relation)


def relation_id(connection: Connection, one: int, other: int) -> int | None:
    """The relation of two users, if they have an active one."""
    relation = RELATION.c
    active = and_(relation.smallId == min(one, other), relation.bigId == max(one, other))
    # Originals make some twice; the last one is what everybody reads.
    statement = select(relation.id).where(active, relation.status == 0).order_by(relation.id.desc()).limit(1)
    return connection.execute(statement).scalar()


def join_time(connection: Connection, group_id: int, user_id: int) -> int | None:
    """Since when a user is in a group; None when he is not."""
    member = GROUP_MEMBER.c
    current = and_(member.groupId == group_id, member.userId == user_id, member.status == 0)
    return connection.execute(select(member.updated).where(current)).scalar()


def _latest_group_id(connection: Connection, user_id: int, group_id: int) -> int:
    if join_time(connection, group_id, user_id) is None:
        return 0
    messages = GROUP_MESSAGES[group_id % SHARDS].c
    return _newest(connection, messages, messages.groupId == group_id)


def _newest(connection: Connection, messages: Any, mine: ColumnElement[bool]) -> int:
    shown = (mine, messages.status == 0, messages.msgId < NO_NUMBER)
    return connection.execute(select(func.max(messages.msgId)).where(*shown)).scalar() or 0
