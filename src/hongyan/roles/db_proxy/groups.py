"""Groups (spec/flows.md 4.3, spec/storage.md 3.6)."""

from hongyan.cluster.link import Link
from hongyan.errors import RefusedError
from hongyan.reactor.dispatch import Routes
from hongyan.roles.db_proxy.backend import Backend, now
from hongyan.roles.db_proxy.convert import group_info
from hongyan.store import group_events, groups, membership
from hongyan.store.membership import MemberChange
from hongyan.store.outbox import Outbox
from hongyan.store.redis_reading import corrected_shields
from hongyan.wire import commands
from hongyan.wire.attach import AttachType, is_of_http_msg, unpack_attach
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import GROUP_MODIFY_TYPE_ADD, GROUP_TYPE_NORMAL, GroupInfo
from hongyan.wire.pb.group_pb2 import (
    IMGroupChangeMemberReq,
    IMGroupChangeMemberRsp,
    IMGroupCreateReq,
    IMGroupCreateRsp,
    IMGroupInfoListReq,
    IMGroupInfoListRsp,
    IMGroupShieldReq,
    IMGroupShieldRsp,
    IMNormalGroupListReq,
    IMNormalGroupListRsp,
)
from hongyan.wire.pb.server_pb2 import IMGroupGetShieldReq, IMGroupGetShieldRsp
from hongyan.wire.text import text

_DONE, _FAILED = 0, 1


class GroupHandlers:
    """Reads and changes groups in the name of a user, or of an administrator behind http_msg_server."""

    def __init__(
        self, backend: Backend, outbox: Outbox, from_msg: Routes[Link], from_http_msg: Routes[Link]
    ) -> None:
        self._backend = backend
        self._outbox = outbox
        self._database = backend.database
        self._journal = backend.journal
        serve = backend.requests.serve
        serve(from_msg, commands.GROUP_LIST, self._list)
        serve(from_msg, commands.GROUP_SHIELD, self._shield)
        serve(from_msg, commands.GROUP_SHIELDS, self._shields)
        for routes in (from_msg, from_http_msg):
            serve(routes, commands.GROUP_CREATE, self._create)
            serve(routes, commands.GROUP_CHANGE_MEMBER, self._change_member)
        # Not by way of ``serve``: who receives a message is asked after each of them.
        from_msg.on(commands.GROUP_INFO, self._info)

    async def _list(self, _link: Link, message: IMNormalGroupListReq) -> IMNormalGroupListRsp:
        reply = IMNormalGroupListRsp(user_id=message.user_id)
        for group in await self._database.read(groups.normal_groups, message.user_id):
            reply.group_version_list.add(group_id=group.group_id, version=group.version)
        return reply

    # Group info: for a client that wants it, or to know who receives a message.

    def _info(self, link: Link, message: IMGroupInfoListReq, frame: Frame) -> None:
        members = self._receivers(message)
        if members is None:
            self._backend.requests.run(link, commands.GROUP_INFO, message, frame, self._read_info)
            return
        reply = IMGroupInfoListRsp(user_id=message.user_id, attach_data=message.attach_data)
        reply.group_info_list.append(_only_members(message.group_version_list[0].group_id, members))
        link.send(OutboundFrame(commands.GROUP_INFO_REPLY, reply, frame.seq))

    def _receivers(self, message: IMGroupInfoListReq) -> tuple[int, ...] | None:
        """Return the members if this asks for the receivers of a message and they are known by heart."""
        if len(message.group_version_list) != 1 or not message.attach_data:
            return None
        if unpack_attach(message.attach_data).type != AttachType.GROUP_MESSAGE:
            return None
        return self._backend.conversations.members(message.group_version_list[0].group_id)

    async def _read_info(self, _link: Link, message: IMGroupInfoListReq) -> IMGroupInfoListRsp:
        known = {group.group_id: group.version for group in message.group_version_list}
        rows = await self._database.read(groups.info, message.user_id, known)
        return IMGroupInfoListRsp(user_id=message.user_id, group_info_list=map(group_info, rows))

    # Changes.

    async def _create(self, link: Link, message: IMGroupCreateReq) -> IMGroupCreateRsp:
        members = sorted(set(message.member_id_list))
        reply = IMGroupCreateRsp(
            user_id=message.user_id,
            result_code=_DONE,
            group_name=text(message.group_name),
            user_id_list=members,
        )
        try:
            reply.group_id = await self._journal.submit(
                group_events.create,
                self._outbox,
                name=text(message.group_name),
                avatar=text(message.group_avatar),
                group_type=message.group_type,
                member_ids=members,
                by=_who_asks(link, message),
                now=now(),
            )
        except RefusedError:
            reply.result_code = _FAILED
        return reply

    async def _change_member(self, link: Link, message: IMGroupChangeMemberReq) -> IMGroupChangeMemberRsp:
        reply = IMGroupChangeMemberRsp(
            user_id=message.user_id,
            change_type=message.change_type,
            result_code=_DONE,
            group_id=message.group_id,
        )
        try:
            change = await self._submit_change(link, message)
        except RefusedError:
            reply.result_code = _FAILED
            return reply
        if message.member_id_list:  # for nobody the original tells no list either
            reply.cur_user_id_list.extend(change.current)
        reply.chg_user_id_list.extend(change.changed)
        return reply

    async def _submit_change(self, link: Link, message: IMGroupChangeMemberReq) -> MemberChange:
        is_add = message.change_type == GROUP_MODIFY_TYPE_ADD
        return await self._journal.submit(
            group_events.change_members,
            self._outbox,
            self._backend.conversations,
            message.group_id,
            list(message.member_id_list),
            add=is_add,
            by=_who_asks(link, message),
            now=now(),
        )

    # Muting.

    async def _shield(self, _link: Link, message: IMGroupShieldReq) -> IMGroupShieldRsp:
        reply = IMGroupShieldRsp(user_id=message.user_id, group_id=message.group_id, result_code=_DONE)
        try:
            await self._journal.submit(
                membership.set_shield, message.group_id, message.user_id, message.shield_status
            )
        except RefusedError:
            reply.result_code = _FAILED
        return reply

    async def _shields(self, _link: Link, message: IMGroupGetShieldReq) -> IMGroupGetShieldRsp | None:
        shields = await self._database.read(groups.shields, message.group_id, list(message.user_id))
        if shields is None:
            return None
        shields = await corrected_shields(self._backend.redis, message.group_id, shields)
        reply = IMGroupGetShieldRsp(group_id=message.group_id)
        for user_id, shield in shields.items():
            reply.shield_status_list.add(user_id=user_id, group_id=message.group_id, shield_status=shield)
        return reply


def _who_asks(link: Link, message: IMGroupCreateReq | IMGroupChangeMemberReq) -> int | None:
    """User id 0 means an administrator, but only from http_msg_server; clients never get that far."""
    return None if message.user_id == 0 and _is_http_msg(link, message.attach_data) else message.user_id


def _is_http_msg(link: Link, attach_data: bytes) -> bool:
    """Whether http_msg_server asks; an original proves no role, but its attach_data is like nobody else's."""
    if link.is_proved:
        return link.remote is Node.HTTP_MSG
    return is_of_http_msg(attach_data)


def _only_members(group_id: int, members: tuple[int, ...]) -> GroupInfo:
    """Make the answer msg_server needs to deliver a message; only the members in it are looked at."""
    return GroupInfo(
        group_id=group_id,
        version=1,
        group_name="",
        group_avatar="",
        group_creator_id=0,
        group_type=GROUP_TYPE_NORMAL,
        shield_status=0,
        group_member_list=members,
    )
