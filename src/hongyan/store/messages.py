"""Reading messages: pages of history, single ones by number, the newest of many conversations."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.cursors import join_time, relation_id
from hongyan.store.entries import MESSAGE_TYPES, NO_NUMBER, SessionType
from hongyan.store.teamtalk import GROUP, GROUP_MESSAGES, RELATION, SHARDS, SINGLE_MESSAGES

_MAX_BY_IDS = 100
_MAX_ASKED_IDS = 1_000


class MessageRow(NamedTuple):
    """A stored message; ``content`` of audio is the decimal id of its IMAudio row."""

    msg_id: int
    sender: int
    created: int
    msg_type: int
    content: str


class LatestMessage(NamedTuple):
    """The newest message of a conversation; msg_id 0 stands for none."""

    msg_id: int
    content: str
    msg_type: int
    sender: int


def history(
    connection: Connection, user_id: int, session_type: int, peer_id: int, begin: int, limit: int
) -> list[MessageRow]:
    """One page of a conversation, newest first.

    Args:
        connection: where to read.
        user_id: who asks; what he may not see is not there for him.
        session_type: single or group.
        peer_id: the other user, or the group.
        begin: the highest msg_id wanted; 0 for the newest.
        limit: how many at most; the caller bounds it.
    """
    page = _visible(connection, user_id, session_type, peer_id)
    if page is None:
        return []
    statement, msg_id = page
    if begin:
        statement = statement.where(msg_id <= begin)
    return _rows(connection, statement.order_by(msg_id.desc()).limit(limit))


def by_ids(
    connection: Connection, user_id: int, session_type: int, peer_id: int, msg_ids: Sequence[int]
) -> list[MessageRow]:
    """The newest hundred of the given messages, newest first.

    Raises:
        RefusedError: more than a thousand are asked for.
    """
    if len(msg_ids) > _MAX_ASKED_IDS:
        raise RefusedError(ErrorCode.TOO_LARGE, f"ask for at most {_MAX_ASKED_IDS} messages")
    page = _visible(connection, user_id, session_type, peer_id) if msg_ids else None
    if page is None:
        return []
    statement, msg_id = page
    wanted = statement.where(msg_id.in_(set(msg_ids)))
    return _rows(connection, wanted.order_by(msg_id.desc()).limit(_MAX_BY_IDS))


def latest_single(connection: Connection, relations: Iterable[int]) -> dict[int, LatestMessage]:
    """The newest message of each relation that has one."""
    return _latest(connection, RELATION, SINGLE_MESSAGES, ("relateId", "fromId"), relations)


def latest_group(connection: Connection, groups: Iterable[int]) -> dict[int, LatestMessage]:
    """The newest message of each group that has one."""
    return _latest(connection, GROUP, GROUP_MESSAGES, ("groupId", "userId"), groups)


def _visible(
    connection: Connection, user_id: int, session_type: int, peer_id: int
) -> tuple[Select[Any], ColumnElement[int]] | None:
    """What a user may read of a conversation, and the column that holds its numbers."""
    if session_type == SessionType.GROUP:
        since = join_time(connection, peer_id, user_id)
        if since is None:
            return None
        table = GROUP_MESSAGES[peer_id % SHARDS]
        visible = _page(table, table.c.groupId == peer_id, table.c.userId)
        return visible.where(table.c.created >= since), table.c.msgId
    relation = relation_id(connection, user_id, peer_id)
    if relation is None:
        return None
    table = SINGLE_MESSAGES[relation % SHARDS]
    return _page(table, table.c.relateId == relation, table.c.fromId), table.c.msgId


def _page(table: Table, conversation: ColumnElement[bool], sender: ColumnElement[int]) -> Select[Any]:
    message = table.c
    return select(message.msgId, sender, message.created, message.type, message.content).where(
        conversation, message.status == 0, message.type.in_(MESSAGE_TYPES)
    )


def _rows(connection: Connection, statement: Select[Any]) -> list[MessageRow]:
    return [MessageRow(*row) for row in connection.execute(statement)]


def _latest(
    connection: Connection,
    owners: Table,
    shards: Sequence[Table],
    names: tuple[str, str],
    ids: Iterable[int],
) -> dict[int, LatestMessage]:
    by_shard: dict[int, list[int]] = {}
    for owner in ids:
        by_shard.setdefault(owner % SHARDS, []).append(owner)
    latest: dict[int, LatestMessage] = {}
    for shard, wanted in by_shard.items():
        for start in range(0, len(wanted), bulk.LARGEST):
            statement = _latest_of(owners, shards[shard], names)
            some = owners.c.id.in_(wanted[start : start + bulk.LARGEST])
            rows = connection.execute(statement.where(some))
            latest |= {owner: LatestMessage(*values) for owner, *values in rows}
    return latest


def _latest_of(owners: Table, messages: Table, names: tuple[str, str]) -> Select[Any]:
    """Owner, msg_id, content, type and sender of the newest message of each owner."""
    owner, sender = (messages.c[name] for name in names)
    others = messages.alias("others")
    # One step down the index per conversation; grouping would walk through all messages.
    newest = (
        select(func.max(others.c.msgId))
        .where(others.c[names[0]] == owners.c.id, others.c.status == 0, others.c.msgId < NO_NUMBER)
        .correlate(owners)
        .scalar_subquery()
    )
    columns = (messages.c.msgId, messages.c.content, messages.c.type, sender)
    return (
        select(owners.c.id, *columns)
        .join_from(owners, messages, owner == owners.c.id)
        .where(messages.c.msgId == newest)
    )
