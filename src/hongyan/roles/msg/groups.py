"""Groups, as far as msg_server has a part in them (spec/flows.md 2.7)."""

from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.msg.context import MsgContext, MsgTables, check_list_length
from hongyan.roles.msg.queries import QueryHandlers
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import GROUP_TYPE_NORMAL
from hongyan.wire.pb.group_pb2 import (
    IMGroupChangeMemberNotify,
    IMGroupChangeMemberReq,
    IMGroupChangeMemberRsp,
    IMGroupCreateReq,
    IMGroupCreateRsp,
    IMGroupInfoListReq,
    IMGroupShieldReq,
    IMGroupShieldRsp,
)
from hongyan.wire.text import text

REFUSED = 1
"""The only result code these answers know besides 0."""


class GroupHandlers:
    """Forwards requests about groups and tells members when they change."""

    def __init__(self, context: MsgContext, tables: MsgTables, queries: QueryHandlers) -> None:
        self._context = context
        self._queries = queries
        clients, from_db = tables.clients, tables.from_db
        clients.on(commands.GROUP_INFO, self._info)
        clients.on(commands.GROUP_CREATE, self._create)
        clients.on(commands.GROUP_CHANGE_MEMBER, self._change_member)
        clients.on(commands.GROUP_SHIELD, self._shield)
        lost = context.lost
        lost.on(commands.GROUP_CREATE, _not_created)
        lost.on(commands.GROUP_CHANGE_MEMBER, _not_changed)
        lost.on(commands.GROUP_SHIELD, _not_shielded)
        from_db.on(commands.GROUP_CREATE_REPLY, queries.answer)
        from_db.on(commands.GROUP_SHIELD_REPLY, queries.answer)
        from_db.on(commands.GROUP_CHANGE_MEMBER_REPLY, self._members_changed)
        tables.from_route.on(commands.GROUP_CHANGE_MEMBER_NOTIFY, self._members_changed_elsewhere)

    def _info(self, session: ClientSession, message: IMGroupInfoListReq, frame: Frame) -> None:
        limit = self._context.config.limits.max_list_length
        check_list_length(session, len(message.group_version_list), limit)
        self._queries.forward(session, message, frame)

    def _create(
        self, session: ClientSession, message: IMGroupCreateReq, frame: Frame
    ) -> IMGroupCreateRsp | None:
        self._check_members(session, len(message.member_id_list))
        # Fixed groups are made by administrators; the original drops a client's request in silence.
        if message.group_type != GROUP_TYPE_NORMAL and self._context.db.is_open:
            self._queries.forward(session, message, frame)
            return None
        return _not_created(session, message, frame)

    def _change_member(
        self, session: ClientSession, message: IMGroupChangeMemberReq, frame: Frame
    ) -> IMGroupChangeMemberRsp | None:
        self._check_members(session, len(message.member_id_list))
        if self._context.db.is_open:
            # Behind the messages of this group, and before those that follow.
            self._queries.forward(session, message, frame, key=message.group_id)
            return None
        return _not_changed(session, message, frame)

    def _shield(
        self, session: ClientSession, message: IMGroupShieldReq, frame: Frame
    ) -> IMGroupShieldRsp | None:
        if message.shield_status not in {0, 1}:
            raise RefusedError(ErrorCode.MALFORMED, "shield_status is 0 or 1")
        if self._context.db.is_open:
            self._queries.forward(session, message, frame)
            return None
        return _not_shielded(session, message, frame)

    def _check_members(self, session: ClientSession, count: int) -> None:
        check_list_length(session, count, self._context.config.limits.max_group_members)

    # Telling the members.

    def _members_changed(self, _link: Link, message: IMGroupChangeMemberRsp, frame: Frame) -> None:
        session = self._queries.asker(message)
        if session is not None:
            session.send(OutboundFrame(commands.GROUP_CHANGE_MEMBER_REPLY, message, frame.seq))
        if message.result_code != 0:
            return
        notify = IMGroupChangeMemberNotify(
            user_id=message.user_id,
            change_type=message.change_type,
            group_id=message.group_id,
            cur_user_id_list=message.cur_user_id_list,
            chg_user_id_list=message.chg_user_id_list,
        )
        told = OutboundFrame(commands.GROUP_CHANGE_MEMBER_NOTIFY, notify)
        self._context.route.send(told)
        self._tell_members(notify, told, but=session)

    def _members_changed_elsewhere(
        self, _link: Link, message: IMGroupChangeMemberNotify, frame: Frame
    ) -> None:
        self._tell_members(message, frame)

    def _tell_members(
        self, notify: IMGroupChangeMemberNotify, frame: Frame, but: ClientSession | None = None
    ) -> None:
        """Tell those who came or went, then those who are in it now; each once (the original: twice)."""
        for user_id in dict.fromkeys((*notify.chg_user_id_list, *notify.cur_user_id_list)):
            self._context.directory.tell_user(user_id, frame, but=but)


def _not_created(session: ClientSession, message: IMGroupCreateReq, _frame: Frame) -> IMGroupCreateRsp:
    return IMGroupCreateRsp(user_id=session.user_id, result_code=REFUSED, group_name=text(message.group_name))


def _not_changed(
    session: ClientSession, message: IMGroupChangeMemberReq, _frame: Frame
) -> IMGroupChangeMemberRsp:
    return IMGroupChangeMemberRsp(
        user_id=session.user_id,
        change_type=message.change_type,
        result_code=REFUSED,
        group_id=message.group_id,
    )


def _not_shielded(session: ClientSession, message: IMGroupShieldReq, _frame: Frame) -> IMGroupShieldRsp:
    return IMGroupShieldRsp(user_id=session.user_id, group_id=message.group_id, result_code=REFUSED)
