"""Groups and their members; members who are online are told."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from hongyan.administration import groups
from hongyan.administration.groups import (
    GroupChange,
    GroupDetail,
    GroupEdit,
    GroupNew,
    GroupQuery,
    Groups,
    MemberIds,
    Members,
    MembersChanged,
)
from hongyan.administration.table import ById, Model
from hongyan.roles.http_msg.api.asking import Asker, may
from hongyan.roles.http_msg.api.parameters import Arguments, GroupId, UserId

router = APIRouter(prefix="/groups", tags=["groups"])
Reader = Annotated[Asker, may("groups:read")]
Writer = Annotated[Asker, may("groups:write")]


class NewMembers(Model):
    """Users who join."""

    user_ids: MemberIds


@router.get("")
async def find_groups(asker: Reader, query: Arguments[GroupQuery]) -> Groups:
    """List groups by id."""
    return await asker.call(groups.FIND, query)


@router.post("", status_code=HTTPStatus.CREATED)
async def add_group(asker: Writer, group: GroupNew) -> GroupDetail:
    """Make a group."""
    made = await asker.call(groups.ADD, group)
    asker.live.tell_of_group(made)
    return made


@router.get("/{group_id}")
async def get_group(asker: Reader, group_id: GroupId) -> GroupDetail:
    """Return a group and who belongs to it."""
    return await asker.call(groups.GET, ById(id=group_id))


@router.patch("/{group_id}")
async def edit_group(asker: Writer, group_id: GroupId, change: GroupEdit) -> GroupDetail:
    """Change a group's name or avatar."""
    return await asker.call(groups.EDIT, GroupChange(id=group_id, change=change))


@router.delete("/{group_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_group(asker: Writer, group_id: GroupId) -> None:
    """Remove a group; what was written in it stays stored."""
    change = await asker.call(groups.REMOVE, ById(id=group_id))
    asker.live.tell_members(change, added=False)


@router.post("/{group_id}/members")
async def add_members(asker: Writer, group_id: GroupId, new: NewMembers) -> MembersChanged:
    """Let users join a group."""
    change = await asker.call(groups.ADD_MEMBERS, Members(id=group_id, user_ids=new.user_ids))
    asker.live.tell_members(change, added=True)
    return change


@router.delete("/{group_id}/members/{user_id}")
async def remove_member(asker: Writer, group_id: GroupId, user_id: UserId) -> MembersChanged:
    """Let a user leave a group."""
    change = await asker.call(groups.REMOVE_MEMBERS, Members(id=group_id, user_ids=(user_id,)))
    asker.live.tell_members(change, added=False)
    return change
