"""Groups: found, made, changed; an administrator may do everything."""

from typing import Final

from sqlalchemy import Connection

from hongyan.administration import groups
from hongyan.administration.groups import (
    Group,
    GroupChange,
    GroupDetail,
    GroupNew,
    GroupQuery,
    Groups,
    Members,
    MembersChanged,
)
from hongyan.administration.table import ById, Caller, GroupType, Operation
from hongyan.roles.db_proxy.administration.desk import Desk, deed
from hongyan.roles.db_proxy.backend import now
from hongyan.store import group_changes, group_events, roster
from hongyan.store.group_changes import GroupRow, GroupSearch
from hongyan.store.groups import NORMAL, TEMPORARY
from hongyan.store.membership import MemberChange
from hongyan.store.outbox import Outbox

TYPES: Final[dict[GroupType, int]] = {"normal": NORMAL, "temporary": TEMPORARY}
_KINDS: Final = {number: kind for kind, number in TYPES.items()}


class GroupOperations:
    """Serves ``group.*``."""

    def __init__(self, desk: Desk, outbox: Outbox) -> None:
        self._desk = desk
        self._outbox = outbox
        self._conversations = desk.backend.conversations
        desk.on(groups.FIND, self._find)
        desk.on(groups.GET, self._get)
        desk.on(groups.ADD, self._add)
        desk.on(groups.EDIT, self._edit)
        desk.on(groups.REMOVE, self._remove)
        desk.on(groups.ADD_MEMBERS, self._add_members)
        desk.on(groups.REMOVE_MEMBERS, self._remove_members)

    async def _find(self, arguments: GroupQuery, _caller: Caller) -> Groups:
        search = GroupSearch(**arguments.model_dump())
        rows = await self._desk.read(group_changes.find, search)
        total = await self._desk.read(group_changes.count, search)
        more = rows[-1].group_id if len(rows) == arguments.limit else None
        return Groups(groups=tuple(map(_group, rows)), total=total, next=more)

    async def _get(self, arguments: ById, _caller: Caller) -> GroupDetail:
        return _detail(*await self._desk.read(group_changes.get, arguments.id))

    async def _add(self, arguments: GroupNew, caller: Caller) -> GroupDetail:
        done = deed(groups.ADD, arguments, caller)
        group_id = await self._desk.change(done, lambda c: self._create(c, arguments))
        return _detail(*await self._desk.read(group_changes.get, group_id))

    def _create(self, connection: Connection, new: GroupNew) -> int:
        creator = (new.creator_id,) if new.creator_id else ()
        members = {*new.member_ids, *creator}
        roster.check_exist(connection, sorted(members))
        return group_events.create(
            connection,
            self._outbox,
            name=new.name,
            member_ids=members,
            now=now(),
            avatar=new.avatar,
            group_type=TYPES[new.type],
            by=new.creator_id or None,
        )

    async def _edit(self, arguments: GroupChange, caller: Caller) -> GroupDetail:
        change = arguments.change
        done = deed(groups.EDIT, arguments, caller, arguments.id)
        found = await self._desk.change(
            done, lambda c: group_changes.edit(c, arguments.id, name=change.name, avatar=change.avatar)
        )
        return _detail(*found)

    async def _remove(self, arguments: ById, caller: Caller) -> MembersChanged:
        done = deed(groups.REMOVE, arguments, caller, arguments.id)
        change = await self._desk.change(
            done,
            lambda c: group_events.remove(c, self._outbox, self._conversations, arguments.id, now()),
        )
        return _changed(arguments.id, change)

    async def _add_members(self, arguments: Members, caller: Caller) -> MembersChanged:
        return await self._change_members(groups.ADD_MEMBERS, arguments, caller)

    async def _remove_members(self, arguments: Members, caller: Caller) -> MembersChanged:
        return await self._change_members(groups.REMOVE_MEMBERS, arguments, caller)

    async def _change_members(
        self, operation: Operation[Members, MembersChanged], arguments: Members, caller: Caller
    ) -> MembersChanged:
        is_add = operation is groups.ADD_MEMBERS

        def work(connection: Connection) -> MemberChange:
            if is_add:
                roster.check_exist(connection, arguments.user_ids)
            return group_events.change_members(
                connection,
                self._outbox,
                self._conversations,
                arguments.id,
                arguments.user_ids,
                add=is_add,
                by=None,
                now=now(),
            )

        change = await self._desk.change(deed(operation, arguments, caller, arguments.id), work)
        return _changed(arguments.id, change)


def _group(row: GroupRow) -> Group:
    return Group(
        id=row.group_id,
        name=row.name,
        avatar=row.avatar,
        type=_KINDS.get(row.group_type, "normal"),
        creator_id=row.creator,
        version=row.version,
        member_count=row.member_count,
        created=row.created,
    )


def _detail(row: GroupRow, members: tuple[int, ...]) -> GroupDetail:
    return GroupDetail(**_group(row).model_dump(), member_ids=members)


def _changed(group_id: int, change: MemberChange) -> MembersChanged:
    members = tuple(sorted(change.current))
    return MembersChanged(id=group_id, version=change.version, changed=change.changed, members=members)
