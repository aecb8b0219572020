"""Groups and who is in them."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from hongyan.client import convert
from hongyan.client.calls.base import BATCH, Calls
from hongyan.client.errors import RequestRefused
from hongyan.client.exchange import require_success
from hongyan.client.models import Group, MembersChange
from hongyan.errors import ErrorCode
from hongyan.wire import commands
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import group_pb2

ANY_VERSION: Final = 0
"""Asks for a group whatever version it has."""


class GroupCalls(Calls):
    """Groups. Users make temporary ones; fixed ones are made by administrators."""

    async def fixed_groups(self) -> dict[int, int]:
        """Return the versions of the fixed groups we are in; others show in the conversation list."""
        request = group_pb2.IMNormalGroupListReq(user_id=self.user_id)
        answer = await self._ask(commands.GROUP_LIST, request, commands.GROUP_LIST_REPLY)
        return {entry.group_id: entry.version for entry in answer.group_version_list}

    async def groups_newer(self, versions: Mapping[int, int]) -> list[Group]:
        """Return those of these groups whose version is above the one given; 0 asks in any case."""
        found: list[Group] = []
        wanted = iter(versions.items())
        while part := dict(islice(wanted, BATCH)):
            request = group_pb2.IMGroupInfoListReq(
                user_id=self.user_id,
                group_version_list=[
                    base.GroupVersionInfo(group_id=group_id, version=version)
                    for group_id, version in part.items()
                ],
            )
            answer = await self._ask(commands.GROUP_INFO, request, commands.GROUP_INFO_REPLY)
            found += map(convert.group, answer.group_info_list)
        return found

    async def group(self, group_id: int) -> Group:
        """Return one group.

        Raises:
            RequestRefused: there is none, or we may not see it.
        """
        found = await self.groups_newer({group_id: ANY_VERSION})
        if not found:
            raise RequestRefused(ErrorCode.NOT_FOUND, f"there is no group {group_id} that you can see")
        return found[0]

    async def create_group(self, name: str, member_ids: Sequence[int], avatar_url: str = "") -> Group:
        """Make a temporary group of ourselves and these users."""
        members = sorted({self.user_id, *member_ids})
        request = group_pb2.IMGroupCreateReq(
            user_id=self.user_id,
            group_type=base.GROUP_TYPE_TMP,
            group_name=name,
            group_avatar=avatar_url,
            member_id_list=members,
        )
        # Asked again after a lost connection, it would make a second group.
        answer = await self._ask(
            commands.GROUP_CREATE, request, commands.GROUP_CREATE_REPLY, repeatable=False
        )
        require_success(answer.result_code, commands.GROUP_CREATE)
        return Group(answer.group_id, name, self.user_id, tuple(members), avatar_url=avatar_url)

    async def add_members(self, group_id: int, user_ids: Sequence[int]) -> MembersChange:
        """Add users to a group."""
        return await self._change_members(group_id, user_ids, base.GROUP_MODIFY_TYPE_ADD)

    async def remove_members(self, group_id: int, user_ids: Sequence[int]) -> MembersChange:
        """Remove users from a group; only its creator may."""
        return await self._change_members(group_id, user_ids, base.GROUP_MODIFY_TYPE_DEL)

    async def _change_members(
        self, group_id: int, user_ids: Sequence[int], change: base.GroupModifyType.ValueType
    ) -> MembersChange:
        request = group_pb2.IMGroupChangeMemberReq(
            user_id=self.user_id, change_type=change, group_id=group_id, member_id_list=user_ids
        )
        # Asked again, it would be declined because it is done already.
        answer = await self._ask(
            commands.GROUP_CHANGE_MEMBER, request, commands.GROUP_CHANGE_MEMBER_REPLY, repeatable=False
        )
        require_success(answer.result_code, commands.GROUP_CHANGE_MEMBER)
        return MembersChange(group_id, tuple(answer.cur_user_id_list), tuple(answer.chg_user_id_list))

    async def mute_group(self, group_id: int, *, is_muted: bool = True) -> None:
        """Switch the pushes of a group to our phone off or on."""
        request = group_pb2.IMGroupShieldReq(
            user_id=self.user_id, group_id=group_id, shield_status=int(is_muted)
        )
        answer = await self._ask(commands.GROUP_SHIELD, request, commands.GROUP_SHIELD_REPLY)
        require_success(answer.result_code, commands.GROUP_SHIELD)
