"""Operations on groups and their members."""

from typing import Annotated, Final

from pydantic import Field

from hongyan.administration.table import (
    LINE,
    LINE_OR_NOTHING,
    ById,
    GroupType,
    Id,
    IdOrNone,
    Model,
    PageSize,
    operation,
)

GroupName = Annotated[str, Field(pattern=LINE, max_length=256)]
GroupAvatar = Annotated[str, Field(pattern=LINE_OR_NOTHING, max_length=256)]
MemberIds = Annotated[tuple[Id, ...], Field(min_length=1, max_length=5000)]


class Group(Model):
    """A group; a normal one shows in every member's list, a temporary one when something is written."""

    id: int
    name: str
    avatar: str
    type: GroupType
    creator_id: int
    version: int
    member_count: int
    created: int


class GroupDetail(Group):
    """A group and who belongs to it."""

    member_ids: tuple[int, ...]


class GroupNew(Model):
    """A group to be made of exactly these members."""

    name: GroupName
    type: GroupType = "normal"
    avatar: GroupAvatar = ""
    creator_id: IdOrNone = 0
    member_ids: MemberIds


class GroupEdit(Model):
    """What to change of a group; what is left out stays."""

    name: GroupName | None = None
    avatar: GroupAvatar | None = None


class GroupChange(Model):
    """A change of one group."""

    id: Id
    change: GroupEdit


class GroupQuery(Model):
    """Which groups: ``text`` is looked for in the name; ``member_id`` keeps those of one user."""

    text: Annotated[str, Field(max_length=64)] = ""
    member_id: IdOrNone = 0
    after: IdOrNone = 0
    limit: PageSize = 100


class Groups(Model):
    """A page of groups, by id."""

    groups: tuple[Group, ...]
    total: int
    next: int | None


class Members(Model):
    """Users who come or go."""

    id: Id
    user_ids: MemberIds


class MembersChanged(Model):
    """What a change made of a group: who it was about, and who belongs to it now."""

    id: int
    version: int
    changed: tuple[int, ...]
    members: tuple[int, ...]


FIND: Final = operation("group.find", GroupQuery, Groups)
GET: Final = operation("group.get", ById, GroupDetail)
ADD: Final = operation("group.add", GroupNew, GroupDetail)
EDIT: Final = operation("group.edit", GroupChange, GroupDetail)
REMOVE: Final = operation("group.remove", ById, MembersChanged)
ADD_MEMBERS: Final = operation("group.add_members", Members, MembersChanged)
REMOVE_MEMBERS: Final = operation("group.remove_members", Members, MembersChanged)
