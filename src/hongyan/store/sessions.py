"""The list of conversations that a user sees."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, select, update

from hongyan.store import bulk
from hongyan.store.claims import forget
from hongyan.store.conversations import Conversations
from hongyan.store.cursors import mark_read
from hongyan.store.entries import SessionType
from hongyan.store.messages import LatestMessage, latest_group, latest_single
from hongyan.store.teamtalk import GROUP_MEMBER, RELATION, SESSION

_RECENT = 100


class SessionRow(NamedTuple):
    """One conversation of a user; status 1 means that he removed it."""

    peer_id: int
    session_type: int
    status: int
    updated: int
    latest: LatestMessage


def recent(connection: Connection, user_id: int, since: int) -> list[SessionRow]:
    """The newest hundred conversations, newest first.

    With ``since`` 0 those that are there; else those that changed after that time, the removed
    ones too, so that a client which was away hears of a removal.
    """
    session = SESSION.c
    current = session.status == 0 if since == 0 else session.updated > since
    rows = connection.execute(
        select(session.peerId, session.type, session.status, session.updated)
        .where(session.userId == user_id, current)
        .order_by(session.updated.desc(), session.id)
        .limit(_RECENT)
    ).all()
    # Originals make some twice.
    seen = {(row.peerId, row.type): row for row in reversed(rows)}
    rows = [row for row in rows if seen[row.peerId, row.type] is row]
    latest = _latest(connection, user_id, rows)
    nothing = {
        SessionType.SINGLE: LatestMessage(0, "", 1, 0),
        SessionType.GROUP: LatestMessage(0, "", 17, 0),
    }
    return [SessionRow(*row, latest.get((row[0], row[1]), nothing[row[1]])) for row in rows]


def remove(
    connection: Connection,
    conversations: Conversations,
    user_id: int,
    session_type: int,
    peer_id: int,
    now: int,
) -> bool:
    """Take a conversation off a user's list and count it as read; False when it was not there."""
    forget(connection, conversations, user_id, session_type, peer_id)
    session = SESSION.c
    shown = and_(
        session.userId == user_id,
        session.peerId == peer_id,
        session.type == session_type,
        session.status == 0,
    )
    if not connection.execute(update(SESSION).where(shown).values(status=1, updated=now)).rowcount:
        return False
    mark_read(connection, user_id, session_type, peer_id)
    return True


def _latest(
    connection: Connection, user_id: int, rows: Sequence[Any]
) -> dict[tuple[int, int], LatestMessage]:
    peers = [row.peerId for row in rows if row.type == SessionType.SINGLE]
    relations = _relations(connection, user_id, peers)
    singles = latest_single(connection, relations.values())
    groups = [row.peerId for row in rows if row.type == SessionType.GROUP]
    found = {
        (peer, SessionType.SINGLE): singles[relation]._replace(sender=peer)
        for peer, relation in relations.items()
        if relation in singles
    }
    for group, latest in latest_group(connection, _joined(connection, user_id, groups)).items():
        found[group, SessionType.GROUP] = latest
    return found


def _relations(connection: Connection, user_id: int, peers: Iterable[int]) -> dict[int, int]:
    flat = [user for peer in peers for user in (min(user_id, peer), max(user_id, peer))]
    columns = ("smallId", "bigId", "id", "status")
    rows = bulk.find_rows(connection, RELATION, columns[:2], columns, flat)
    return {
        big if small == user_id else small: relation
        for small, big, relation, status in sorted(map(tuple, rows))
        if status == 0
    }


def _joined(connection: Connection, user_id: int, groups: Sequence[int]) -> list[int]:
    if not groups:
        return []
    member = GROUP_MEMBER.c
    current = and_(member.userId == user_id, member.groupId.in_(groups), member.status == 0)
    return list(connection.execute(select(member.groupId).where(current)).scalars())
