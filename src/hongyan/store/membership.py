"""Making groups and changing who belongs to them.

``by`` is the user who asks; None stands for an administrator, who may do everything and is never a
client. Whoever changes a group tells the journal's conversations, so that the next message sees it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.claims import forget_group
from hongyan.store.conversations import Conversations
from hongyan.store.cursors import write_cursors
from hongyan.store.entries import SessionType
from hongyan.store.groups import NORMAL, TEMPORARY, members
from hongyan.store.loading import last_group_id
from hongyan.store.redis_mirror import tell_joined, tell_left, tell_shield
from hongyan.store.schema import GROUP_SETTING
from hongyan.store.teamtalk import GROUP, GROUP_MEMBER, SESSION

_MAX_TEXT_CHARS = 256
_MEMBER_COLUMNS = ("groupId", "userId", "status", "created", "updated")


class MemberChange(NamedTuple):
    """What a change of members made of a group.

    Attributes:
        version: the group's new version.
        current: who belongs to it now, by decimal string.
        changed: whom the change was about, ascending.
    """

    version: int
    current: tuple[int, ...]
    changed: tuple[int, ...]


class _Group(NamedTuple):
    creator: int
    type: int


def create(
    connection: Connection,
    *,
    name: str,
    avatar: str = "",
    group_type: int,
    member_ids: Iterable[int],
    by: int | None,
    now: int,
) -> int:
    """Make a group of exactly these members and return its id.

    Raises:
        RefusedError: no name, no members, or a text too long.
    """
    wanted = sorted(set(member_ids) - {0})
    if not name or not wanted:
        raise RefusedError(ErrorCode.NOT_ALLOWED, "a group needs a name and a member")
    if len(name) > _MAX_TEXT_CHARS or len(avatar) > _MAX_TEXT_CHARS:
        text = f"a group's name and picture have at most {_MAX_TEXT_CHARS} characters each"
        raise RefusedError(ErrorCode.TOO_LARGE, text)
    if group_type not in (NORMAL, TEMPORARY):
        raise RefusedError(ErrorCode.NOT_ALLOWED, "a group is normal (1) or temporary (2)")
    row = {"name": name, "avatar": avatar, "creator": by or 0, "type": group_type}
    row |= {"userCnt": len(wanted), "status": 0, "version": 1, "lastChated": 0}
    group_id = bulk.insert_row(connection, GROUP, {**row, "updated": now, "created": now})
    _insert_members(connection, group_id, wanted, now)
    tell_joined(connection, group_id, wanted, now)
    return group_id


def add_members(
    connection: Connection,
    conversations: Conversations,
    group_id: int,
    user_ids: Iterable[int],
    *,
    by: int | None,
    now: int,
) -> MemberChange:
    """Let users into a group; what was written before they came counts as read.

    A normal group is changed by its creator only, a temporary one by each of its members.

    Raises:
        RefusedError: no such group, not allowed, or all of them are members already.
    """
    forget_group(connection, conversations, group_id)
    group, present = _group(connection, group_id), members(connection, group_id)
    if by is not None and by != group.creator and (group.type == NORMAL or by not in present):
        raise RefusedError(ErrorCode.NOT_ALLOWED, "this user may not add members to the group")
    added = sorted(set(user_ids) - set(present) - {0})
    if not added:
        raise RefusedError(ErrorCode.NOT_ALLOWED, "there is nobody to add")
    back = _rejoin(connection, group_id, added, now)
    _insert_members(connection, group_id, sorted(set(added) - back), now)
    _read_all(connection, group_id, added)
    tell_joined(connection, group_id, added, now)
    return _changed(connection, group_id, added)


def remove_members(
    connection: Connection,
    conversations: Conversations,
    group_id: int,
    user_ids: Iterable[int],
    *,
    by: int | None,
    now: int,
) -> MemberChange:
    """Take users out of a group, and the group off their list of conversations.

    As in the original, who is no member does not matter, and nobody at all is a change too.

    Raises:
        RefusedError: no such group, or it is not the creator who asks.
    """
    forget_group(connection, conversations, group_id)
    group = _group(connection, group_id)
    if by is not None and by != group.creator:
        raise RefusedError(ErrorCode.NOT_ALLOWED, "only the creator removes members")
    removed = sorted(set(user_ids))
    member, session = GROUP_MEMBER.c, SESSION.c
    left = and_(member.groupId == group_id, member.userId.in_(removed), member.status == 0)
    connection.execute(update(GROUP_MEMBER).where(left).values(status=1))
    shown = and_(
        session.userId.in_(removed),
        session.peerId == group_id,
        session.type == SessionType.GROUP,
        session.status == 0,
    )
    connection.execute(update(SESSION).where(shown).values(status=1, updated=now))
    _read_all(connection, group_id, removed)
    tell_left(connection, group_id, removed)
    return _changed(connection, group_id, removed)


def set_shield(connection: Connection, group_id: int, user_id: int, shield: int) -> None:
    """Store a member's push setting for a group.

    Raises:
        RefusedError: no such group, or not a member.
    """
    present = members(connection, group_id)
    if not present:
        raise RefusedError(ErrorCode.NOT_FOUND, "there is no such group")
    if user_id not in present:
        raise RefusedError(ErrorCode.NOT_ALLOWED, "this user does not belong to the group")
    columns = ("groupId", "userId", "shield")
    bulk.upsert_rows(connection, GROUP_SETTING, columns, "shield", (group_id, user_id, shield))
    tell_shield(connection, group_id, user_id, shield)


def _group(connection: Connection, group_id: int) -> _Group:
    group = GROUP.c
    row = connection.execute(
        select(group.creator, group.type).where(group.id == group_id, group.status == 0)
    ).first()
    if row is None:
        raise RefusedError(ErrorCode.NOT_FOUND, "there is no such group")
    return _Group(*row)


def _insert_members(connection: Connection, group_id: int, user_ids: Sequence[int], now: int) -> None:
    flat = [value for user_id in user_ids for value in (group_id, user_id, 0, now, now)]
    bulk.insert_rows(connection, GROUP_MEMBER, _MEMBER_COLUMNS, flat)


def _rejoin(connection: Connection, group_id: int, user_ids: Sequence[int], now: int) -> set[int]:
    """Those who were members before; their row shows the time at which they came back."""
    member = GROUP_MEMBER.c
    known = and_(member.groupId == group_id, member.userId.in_(user_ids))
    back = set(connection.execute(select(member.userId).where(known)).scalars())
    connection.execute(update(GROUP_MEMBER).where(known).values(status=0, updated=now))
    return back


def _read_all(connection: Connection, group_id: int, user_ids: Sequence[int]) -> None:
    newest = last_group_id(connection, group_id)
    if newest:
        keys = [(user_id, SessionType.GROUP, group_id) for user_id in user_ids]
        write_cursors(connection, dict.fromkeys(keys, newest))


def _changed(connection: Connection, group_id: int, changed: Sequence[int]) -> MemberChange:
    current = members(connection, group_id)
    group = GROUP.c
    connection.execute(
        update(GROUP).where(group.id == group_id).values(version=group.version + 1, userCnt=len(current))
    )
    version = connection.execute(select(group.version).where(group.id == group_id))
    return MemberChange(version.scalar_one(), current, tuple(changed))
