"""Reads conversations that are not in memory, and makes what a first message needs.

Runs inside the transaction of the message. Pairs are read many at a time: after a restart every
conversation is new.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, func, select, update

from hongyan.store import bulk
from hongyan.store.conversations import GroupState, SingleState
from hongyan.store.entries import NO_NUMBER, SessionType, by_decimal_string, pair_key, pair_of
from hongyan.store.teamtalk import (
    GROUP,
    GROUP_MEMBER,
    GROUP_MESSAGES,
    RELATION,
    SESSION,
    SHARDS,
    SINGLE_MESSAGES,
)

_RELATION_COLUMNS = ("smallId", "bigId", "status", "created", "updated")
_SESSION_KEYS = ("userId", "peerId", "type")
_SESSION_COLUMNS = ("userId", "peerId", "type", "status", "created", "updated")

SessionRow = tuple[int, int, int]
"""Id, status and ``updated`` of an IMRecentSession row."""


def load_pairs(connection: Connection, keys: Sequence[int], now: int) -> dict[int, SingleState]:
    """The states of pairs; relations and sessions are made or revived as a send demands."""
    relations = _open_relations(connection, keys, now)
    sessions = _open_sessions(connection, keys, now)
    last_ids = last_single_ids(connection, list(relations.values()))
    states = {}
    for key, relation in relations.items():
        low, high = pair_of(key)
        (one, _, since), (other, _, until) = sessions[low, high], sessions[high, low]
        states[key] = SingleState(relation, last_ids[relation], (one, other), min(since, until))
    return states


def load_group(connection: Connection, group_id: int) -> GroupState | None:
    """The state of a group; None when there is no such group or it was deleted."""
    live = select(GROUP.c.id).where(GROUP.c.id == group_id, GROUP.c.status == 0)
    if connection.execute(live).first() is None:
        return None
    member = GROUP_MEMBER.c
    rows = connection.execute(
        select(member.userId, member.updated).where(member.groupId == group_id, member.status == 0)
    )
    joined = {user_id: since for user_id, since in rows}  # noqa: C416 - rows are not plain tuples
    state = GroupState(group_id, last_group_id(connection, group_id), joined, by_decimal_string(list(joined)))
    read_group_sessions(connection, state)
    return state


def read_group_sessions(connection: Connection, state: GroupState) -> None:
    """Fill in which members have a session row and which of them have removed it."""
    wanted = [(user_id, state.group_id, SessionType.GROUP) for user_id in state.joined]
    rows = _find_sessions(connection, wanted)
    state.sessions = {user_id: row[0] for (user_id, _), row in rows.items()}
    state.closed = {user_id for (user_id, _), row in rows.items() if row[1]}


def last_group_id(connection: Connection, group_id: int) -> int:
    """The newest msg_id of a group, whatever the row's status; 0 when nothing was written."""
    messages = GROUP_MESSAGES[group_id % SHARDS].c
    newest = select(func.max(messages.msgId)).where(messages.groupId == group_id, messages.msgId < NO_NUMBER)
    return connection.execute(newest).scalar() or 0


def add_sessions(connection: Connection, owners: Iterable[tuple[int, int, int]], now: int) -> None:
    """Insert session rows for (user, peer, type) that have none."""
    flat = [value for owner in owners for value in (*owner, 0, now, now)]
    bulk.insert_rows(connection, SESSION, _SESSION_COLUMNS, flat)


def revive(connection: Connection, table: Table, ids: Sequence[int], now: int) -> None:
    """Set rows of relations or sessions back to status 0."""
    if ids:
        statement = update(table).where(table.c.id.in_(ids)).values(status=0, updated=now)
        connection.execute(statement)


def _open_relations(connection: Connection, keys: Sequence[int], now: int) -> dict[int, int]:
    found = _find_relations(connection, keys)
    revive(connection, RELATION, [relation for relation, status in found.values() if status], now)
    missing = [key for key in keys if key not in found]
    if missing:
        flat = [value for key in missing for value in (*pair_of(key), 0, now, now)]
        bulk.insert_rows(connection, RELATION, _RELATION_COLUMNS, flat)
        found |= _find_relations(connection, missing)
    return {key: relation for key, (relation, _) in found.items()}


def _find_relations(connection: Connection, keys: Sequence[int]) -> dict[int, tuple[int, int]]:
    flat = list(chain.from_iterable(map(pair_of, keys)))
    columns = ("id", "smallId", "bigId", "status")
    rows = bulk.find_rows(connection, RELATION, ("smallId", "bigId"), columns, flat)
    # Originals make some twice; the last active one is what everybody reads.
    ordered = sorted((tuple(row) for row in rows), key=lambda row: (-(row[3] or 0), row[0]))
    return {pair_key(small, big): (relation, status) for relation, small, big, status in ordered}


def _open_sessions(
    connection: Connection, keys: Sequence[int], now: int
) -> dict[tuple[int, int], SessionRow]:
    pairs = [pair_of(key) for key in keys]
    wanted = [(one, other, SessionType.SINGLE) for one, other in pairs]
    wanted += [(other, one, SessionType.SINGLE) for one, other in pairs]
    found = _find_sessions(connection, wanted)
    revive(connection, SESSION, [row for row, status, _ in found.values() if status], now)
    missing = [owner for owner in wanted if owner[:2] not in found]
    if missing:
        add_sessions(connection, missing, now)
        found |= _find_sessions(connection, missing)
    return found


def _find_sessions(
    connection: Connection, wanted: Sequence[tuple[int, int, int]]
) -> dict[tuple[int, int], SessionRow]:
    flat = list(chain.from_iterable(wanted))
    columns = ("userId", "peerId", "id", "status", "updated")
    rows = bulk.find_rows(connection, SESSION, _SESSION_KEYS, columns, flat)
    ordered = sorted((tuple(row) for row in rows), key=lambda row: (-(row[3] or 0), row[2]))
    return {(user, peer): (row, status, updated) for user, peer, row, status, updated in ordered}


def last_single_ids(connection: Connection, relations: Sequence[int]) -> dict[int, int]:
    """The newest msg_id of each relation, whatever the row's status."""
    last_ids: dict[int, int] = {}
    for shard, table in enumerate(SINGLE_MESSAGES):
        ids = [relation for relation in relations if relation % SHARDS == shard]
        for start in range(0, len(ids), bulk.LARGEST):
            last_ids |= _last_ids(connection, table, ids[start : start + bulk.LARGEST])
    return last_ids


def _last_ids(connection: Connection, messages: Table, ids: Sequence[int]) -> dict[int, int]:
    # One step down the index per relation; a GROUP BY would walk every message.
    newest = [_newest(messages, *which) for which in _ways(connection, messages)]
    rows = connection.execute(select(RELATION.c.id, *newest).where(RELATION.c.id.in_(ids)))
    return {relation: max(last or 0 for last in lasts) for relation, *lasts in rows}


def _ways(connection: Connection, messages: Table) -> list[list[ColumnElement[bool]]]:
    """How to ask for the newest message so that an index answers: MySQL's has the status in it."""
    if connection.dialect.name == "mysql":
        return [[messages.c.status == 0], [messages.c.status > 0]]
    return [[]]


def _newest(messages: Table, *which: ColumnElement[bool]) -> ScalarSelect[int]:
    mine = (messages.c.relateId == RELATION.c.id, messages.c.msgId < NO_NUMBER, *which)
    newest = select(func.max(messages.c.msgId)).where(*mine)
    return newest.correlate(RELATION).scalar_subquery()
