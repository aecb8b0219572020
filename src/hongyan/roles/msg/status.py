"""Presence, typing, time and the heartbeat (spec/flows.md 2.5, 2.6)."""

import time
from typing import Final

from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.msg.context import MsgContext, MsgTables, check_list_length
from hongyan.roles.msg.presence import PresenceNotices
from hongyan.roles.msg.queries import QueryHandlers
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.attach import AttachType, pack_pdu_attach, unpack_attach
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import USER_STATUS_OFFLINE, USER_STATUS_ONLINE
from hongyan.wire.pb.buddy_pb2 import (
    IMPCLoginStatusNotify,
    IMUsersStatReq,
    IMUsersStatRsp,
    IMUserStatNotify,
)
from hongyan.wire.pb.message_pb2 import IMClientTimeReq, IMClientTimeRsp
from hongyan.wire.pb.server_pb2 import IMServerPCLoginStatusNotify
from hongyan.wire.pb.switch_service_pb2 import IMP2PCmdMsg
from hongyan.wire.text import text

MAX_P2P_BYTES: Final = 4096
_PC_IS_ON: Final = 1


class StatusHandlers:
    """What passes between people without being stored."""

    def __init__(self, context: MsgContext, tables: MsgTables, queries: QueryHandlers) -> None:
        self._context = context
        self._notices = PresenceNotices(context.directory, context.runtime.reactor.loop)
        self._queries = queries
        self._replies = tables.status_replies
        for clients in (tables.strangers, tables.clients):
            clients.relay(commands.HEARTBEAT, _echo)
            clients.on(commands.TIME, _tell_time)
        tables.clients.on(commands.USERS_STATUS, self._users_status)
        tables.clients.on(commands.P2P_COMMAND, self._p2p)
        tables.from_route.on(commands.USERS_STATUS_REPLY, self._statuses)
        tables.from_route.on(commands.P2P_COMMAND, self._p2p_from_elsewhere)
        tables.from_route.on(commands.STATUS_NOTIFY, self._tell_pcs)
        tables.from_route.on(commands.SERVER_PC_LOGIN_STATUS, self._tell_phones)

    def _users_status(self, session: ClientSession, message: IMUsersStatReq, frame: Frame) -> None:
        check_list_length(session, len(message.user_id_list), self._context.config.limits.max_list_length)
        message.user_id = session.user_id
        message.attach_data = pack_pdu_attach(AttachType.HANDLE, session.handle)
        self._context.route.master().send(OutboundFrame(commands.USERS_STATUS, message, frame.seq, frame))

    def _statuses(self, link: Link, message: IMUsersStatRsp, frame: Frame) -> None:
        attach = unpack_attach(message.attach_data)
        asker = self._replies.get(attach.type)
        if asker is None:
            self._queries.answer(link, message, frame)
        else:
            asker(message, attach)

    def _tell_pcs(self, _link: Link, message: IMUserStatNotify, frame: Frame) -> None:
        self._notices.add(message.user_stat.user_id, frame)

    def _tell_phones(self, _link: Link, message: IMServerPCLoginStatusNotify, _frame: Frame) -> None:
        is_on = message.login_status == _PC_IS_ON
        self._context.directory.note_pc(message.user_id, is_on=is_on)
        phones = [s for s in self._context.directory.of_user(message.user_id) if s.is_mobile]
        if not phones:
            return
        status = USER_STATUS_ONLINE if is_on else USER_STATUS_OFFLINE
        notify = IMPCLoginStatusNotify(user_id=message.user_id, login_stat=status)
        frame = OutboundFrame(commands.PC_LOGIN_STATUS_NOTIFY, notify)
        for session in phones:
            session.send(frame)

    def _p2p(self, session: ClientSession, message: IMP2PCmdMsg, _frame: Frame) -> None:
        if len(text(message.cmd_msg_data).encode()) > MAX_P2P_BYTES:
            raise RefusedError(ErrorCode.TOO_LARGE, f"over the limit of {MAX_P2P_BYTES} bytes")
        if not message.to_user_id:
            raise RefusedError(ErrorCode.NOT_ALLOWED, "nobody has the id 0")
        message.from_user_id = session.user_id
        told = OutboundFrame(commands.P2P_COMMAND, message)
        self._tell_both(message, told, but=session)
        self._context.route.send(told)

    def _p2p_from_elsewhere(self, _link: Link, message: IMP2PCmdMsg, frame: Frame) -> None:
        if frame.seq:  # an original's relay keeps the sender's, which a phone takes for an answer
            frame = OutboundFrame(commands.P2P_COMMAND, message)
        self._tell_both(message, frame)

    def _tell_both(self, message: IMP2PCmdMsg, frame: Frame, but: ClientSession | None = None) -> None:
        directory = self._context.directory
        for user_id in dict.fromkeys((message.from_user_id, message.to_user_id)):
            directory.tell_user(user_id, frame, but=but)


def _echo(session: ClientSession, frame: Frame) -> None:
    session.send(frame)


def _tell_time(_session: ClientSession, _message: IMClientTimeReq, _frame: Frame) -> IMClientTimeRsp:
    return IMClientTimeRsp(server_time=int(time.time()))
