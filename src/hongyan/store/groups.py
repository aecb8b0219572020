"""Reading groups: who belongs to them and what members may know."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from hongyan.store.entries import by_decimal_string
from hongyan.store.schema import GROUP_SETTING
from hongyan.store.teamtalk import GROUP, GROUP_MEMBER, USER

NORMAL = 1
TEMPORARY = 2


class GroupVersion(NamedTuple):
    """By the version a client knows whether its picture of a group is current."""

    group_id: int
    version: int


class GroupInfo(NamedTuple):
    """A group as its members see it; ``shield`` is the asking user's own setting."""

    group_id: int
    version: int
    name: str
    avatar: str
    creator: int
    group_type: int
    shield: int
    members: tuple[int, ...]


class GroupListing(NamedTuple):
    """A group as operators list it, with names in the place of ids."""

    group_id: int
    name: str
    group_type: int
    creator: str
    members: tuple[str, ...]


def normal_groups(connection: Connection, user_id: int) -> list[GroupVersion]:
    """The normal groups a user belongs to, the latest changed first."""
    member, group = GROUP_MEMBER.c, GROUP.c
    rows = connection.execute(
        select(group.id, group.version)
        .join_from(GROUP_MEMBER, GROUP, group.id == member.groupId)
        .where(member.userId == user_id, member.status == 0)
        .where(group.type == NORMAL, group.status == 0)
        .order_by(group.updated.desc(), group.id.desc())
    )
    return [GroupVersion(*row) for row in rows]


def info(connection: Connection, user_id: int, known: Mapping[int, int]) -> list[GroupInfo]:
    """Those of the asked groups that the user belongs to and has an older version of.

    Args:
        connection: where to read.
        user_id: who asks.
        known: the version the user has of each group he asks for.
    """
    member, group, setting = GROUP_MEMBER.c, GROUP.c, GROUP_SETTING.c
    own = and_(setting.groupId == group.id, setting.userId == user_id)
    columns = (group.id, group.version, group.name, group.avatar, group.creator, group.type)
    rows = connection.execute(
        select(*columns, setting.shield)
        .join_from(GROUP_MEMBER, GROUP, group.id == member.groupId)
        .outerjoin(GROUP_SETTING, own)
        .where(member.userId == user_id, member.status == 0)
        .where(group.id.in_(list(known)), group.status == 0)
        .order_by(group.updated.desc(), group.id.desc())
    )
    # Not coalesced in SQL, where MariaDB makes a decimal of it.
    changed = [GroupInfo(*row[:-1], row.shield or 0, ()) for row in rows if row.version > known[row.id]]
    present = _members(connection, [found.group_id for found in changed])
    return [found._replace(members=present[found.group_id]) for found in changed]


def members(connection: Connection, group_id: int) -> tuple[int, ...]:
    """A group's members by decimal string; nobody when there is no such group."""
    return _members(connection, [group_id]).get(group_id, ())


def shields(connection: Connection, group_id: int, user_ids: Sequence[int]) -> dict[int, int] | None:
    """Whether each of these users silenced the group; None when it has no members."""
    if not members(connection, group_id):
        return None
    setting = GROUP_SETTING.c
    rows = connection.execute(select(setting.userId, setting.shield).where(setting.groupId == group_id))
    set_by: dict[int, int] = {user_id: shield for user_id, shield in rows}  # noqa: C416 - no tuples
    return {user_id: set_by.get(user_id, 0) for user_id in user_ids}


def list_groups(connection: Connection) -> list[GroupListing]:
    """Every group that was not deleted, by id; members who are no users are left out."""
    member, group = GROUP_MEMBER.c, GROUP.c
    names: dict[int, list[str]] = {}
    belonging = (
        select(member.groupId, USER.c.name)
        .join_from(GROUP_MEMBER, USER, USER.c.id == member.userId)
        .where(member.status == 0)
        .order_by(USER.c.id)
    )
    for group_id, name in connection.execute(belonging):
        names.setdefault(group_id, []).append(name)
    creator = func.coalesce(USER.c.name, "")
    groups = (
        select(group.id, group.name, group.type, creator)
        .outerjoin_from(GROUP, USER, USER.c.id == group.creator)
        .where(group.status == 0)
        .order_by(group.id)
    )
    return [GroupListing(*row, tuple(names.get(row[0], ()))) for row in connection.execute(groups)]


def _members(connection: Connection, group_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    member = GROUP_MEMBER.c
    rows = connection.execute(
        select(member.groupId, member.userId)
        .join_from(GROUP_MEMBER, GROUP, GROUP.c.id == member.groupId)
        .where(member.groupId.in_(group_ids), member.status == 0, GROUP.c.status == 0)
    )
    found: dict[int, list[int]] = {}
    for group_id, user_id in rows:
        found.setdefault(group_id, []).append(user_id)
    return {group_id: by_decimal_string(list(set(user_ids))) for group_id, user_ids in found.items()}
