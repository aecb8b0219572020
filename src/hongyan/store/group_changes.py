"""Groups as administrators find, rename and delete them."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store.conversations import Conversations
from hongyan.store.entries import SessionType
from hongyan.store.groups import members
from hongyan.store.membership import MemberChange
from hongyan.store.teamtalk import GROUP, GROUP_MEMBER, SESSION

_DELETED = 1


class GroupRow(NamedTuple):
    """A group without its members."""

    group_id: int
    name: str
    avatar: str
    group_type: int
    creator: int
    version: int
    member_count: int
    created: int


class GroupSearch(NamedTuple):
    """Which groups; "" and 0 keep all. ``after`` is the last id of the page before."""

    text: str = ""
    member_id: int = 0
    after: int = 0
    limit: int = 100


_COLUMNS = (
    *(GROUP.c.id, GROUP.c.name, GROUP.c.avatar, GROUP.c.type),
    *(GROUP.c.creator, GROUP.c.version, GROUP.c.userCnt, GROUP.c.created),
)


def find(connection: Connection, search: GroupSearch) -> list[GroupRow]:
    """A page of groups, by id."""
    rows = select(*_COLUMNS).where(*_conditions(search), GROUP.c.id > search.after)
    return [GroupRow(*row) for row in connection.execute(rows.order_by(GROUP.c.id).limit(search.limit))]


def count(connection: Connection, search: GroupSearch) -> int:
    """How many groups there are on all pages together."""
    total: int = connection.execute(
        select(func.count()).select_from(GROUP).where(*_conditions(search))
    ).scalar_one()
    return total


def get(connection: Connection, group_id: int) -> tuple[GroupRow, tuple[int, ...]]:
    """A group and its members.

    Raises:
        RefusedError: there is none with this id.
    """
    row = connection.execute(select(*_COLUMNS).where(GROUP.c.id == group_id, GROUP.c.status == 0)).first()
    if row is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no group {group_id}")
    return GroupRow(*row), tuple(sorted(members(connection, group_id)))


def edit(
    connection: Connection, group_id: int, *, name: str | None, avatar: str | None
) -> tuple[GroupRow, tuple[int, ...]]:
    """Rename a group or give it another picture; clients see it by the new version.

    Raises:
        RefusedError: there is no such group.
    """
    get(connection, group_id)
    values: dict[str, Any] = {"version": GROUP.c.version + 1}
    values |= {key: value for key, value in (("name", name), ("avatar", avatar)) if value is not None}
    connection.execute(update(GROUP).where(GROUP.c.id == group_id).values(values))
    return get(connection, group_id)


def remove(connection: Connection, conversations: Conversations, group_id: int, now: int) -> MemberChange:
    """Delete a group: nobody can write in it or read it any more.

    Raises:
        RefusedError: there is no such group.
    """
    row, belonged = get(connection, group_id)
    version = row.version + 1
    values = {"status": _DELETED, "version": version, "updated": now}
    connection.execute(update(GROUP).where(GROUP.c.id == group_id).values(values))
    member = GROUP_MEMBER.c
    connection.execute(
        update(GROUP_MEMBER).where(member.groupId == group_id, member.status == 0).values(status=1)
    )
    _close_sessions(connection, group_id, now)
    conversations.forget_group(group_id)
    return MemberChange(version, (), belonged)


def _close_sessions(connection: Connection, group_id: int, now: int) -> None:
    """Take a group off everybody's list of conversations."""
    session = SESSION.c
    shown = (session.peerId == group_id, session.type == SessionType.GROUP, session.status == 0)
    connection.execute(update(SESSION).where(*shown).values(status=1, updated=now))


def _conditions(search: GroupSearch) -> list[ColumnElement[bool]]:
    conditions = [GROUP.c.status == 0]
    if search.text:
        conditions.append(GROUP.c.name.icontains(search.text, autoescape=True))
    if search.member_id:
        member = GROUP_MEMBER.c
        of_user = select(member.groupId).where(member.userId == search.member_id, member.status == 0)
        conditions.append(GROUP.c.id.in_(of_user))
    return conditions
