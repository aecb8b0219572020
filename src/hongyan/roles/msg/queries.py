"""Requests that msg_server passes to db_proxy and whose answers it passes back (spec/flows.md 2.6)."""

from typing import Any, Final

from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.msg.context import MsgContext, MsgTables, check_list_length
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.attach import attach_ids
from hongyan.wire.commands import COMMANDS, Command
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import SESSION_TYPE_SINGLE
from hongyan.wire.pb.buddy_pb2 import IMRemoveSessionNotify, IMRemoveSessionReq, IMUsersInfoReq
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.login_pb2 import IMDeviceTokenReq, IMPushShieldReq
from hongyan.wire.pb.message_pb2 import IMGetMsgByIdReq, IMGetMsgListReq
from hongyan.wire.pb.server_pb2 import IMStopReceivePacket
from hongyan.wire.text import text

MAX_TOKEN_BYTES: Final = 256

_WITHOUT_CHECKS: Final[tuple[Command[Any], ...]] = (
    commands.RECENT_SESSIONS,
    commands.ALL_USERS,
    commands.DEPARTMENTS,
    commands.UNREAD_COUNT,
    commands.LATEST_MSG_ID,
    commands.GROUP_LIST,
    commands.QUERY_PUSH_SHIELD,
    commands.FILE_HAS_OFFLINE,
    commands.REVOKE_SESSION,
)


class QueryHandlers:
    """Sets the asker's identity, adds the handle, forwards; and the same way back."""

    def __init__(self, context: MsgContext, tables: MsgTables) -> None:
        self._context = context
        clients, from_db = tables.clients, tables.from_db
        for command in _WITHOUT_CHECKS:
            clients.on(command, self.forward)
        clients.on(commands.USERS_INFO, self._users_info)
        clients.on(commands.MSG_LIST, self._msg_list)
        clients.on(commands.MSG_BY_ID, self._msg_by_id)
        clients.on(commands.PUSH_SHIELD, self._push_shield)
        clients.on(commands.DEVICE_TOKEN, self._device_token)
        clients.on(commands.REMOVE_SESSION, self._remove_session)
        answered = (commands.USERS_INFO, commands.MSG_LIST, commands.MSG_BY_ID, commands.PUSH_SHIELD)
        for command in (*_WITHOUT_CHECKS, *answered, commands.REMOVE_SESSION):
            assert command.reply is not None  # noqa: S101 - all of these are requests
            if command is not commands.FILE_HAS_OFFLINE:  # where they are is added to its answer
                from_db.on(command.reply, self.answer)
        from_db.on(commands.DEVICE_TOKEN_REPLY, self._device_token_set)
        from_db.on(commands.ERROR_NOTICE, self._refused)
        from_db.on(commands.STOP_RECEIVING, self._stop_receiving)
        tables.from_route.on(commands.REMOVE_SESSION_NOTIFY, self._removed_elsewhere)

    # There and back.

    def forward(self, session: ClientSession, message: Any, frame: Frame, key: int | None = None) -> None:
        """Send a client's request to db_proxy in the client's name, behind others of its ``key``."""
        message.user_id = session.user_id
        self._context.db.ask(COMMANDS[frame.command_id], message, session.asker, key=key, origin=frame)

    def answer(self, _link: Link, message: Any, frame: Frame) -> None:
        """Send db_proxy's answer to the client that asked, if it is still there."""
        session = self.asker(message)
        if session is not None:
            session.send(OutboundFrame(COMMANDS[frame.command_id], message, frame.seq))

    def asker(self, message: Any) -> ClientSession | None:
        """Take attach_data off an answer and return the session it names."""
        handle, number = attach_ids(message.attach_data)
        self._context.db.answered(number)
        message.ClearField("attach_data")
        return self._context.directory.find(handle)

    # Requests with bounds of their own.

    def _users_info(self, session: ClientSession, message: IMUsersInfoReq, frame: Frame) -> None:
        self._check_list(session, len(message.user_id_list))
        self.forward(session, message, frame)

    def _msg_list(self, session: ClientSession, message: IMGetMsgListReq, frame: Frame) -> None:
        limit = self._context.config.limits.max_history_page
        if message.msg_cnt > limit:
            raise RefusedError(
                ErrorCode.TOO_LARGE, f"{message.msg_cnt} messages, over the limit of {limit} a page"
            )
        self.forward(session, message, frame)

    def _msg_by_id(self, session: ClientSession, message: IMGetMsgByIdReq, frame: Frame) -> None:
        self._check_list(session, len(message.msg_id_list))
        self.forward(session, message, frame)

    def _push_shield(self, session: ClientSession, message: IMPushShieldReq, frame: Frame) -> None:
        if message.shield_status not in {0, 1}:
            raise RefusedError(ErrorCode.MALFORMED, "shield_status is 0 or 1")
        self.forward(session, message, frame)

    def _device_token(self, session: ClientSession, message: IMDeviceTokenReq, frame: Frame) -> None:
        if not session.is_mobile:
            raise RefusedError(ErrorCode.NOT_ALLOWED, "only a phone has a device token")
        if len(text(message.device_token).encode()) > MAX_TOKEN_BYTES:
            raise RefusedError(ErrorCode.TOO_LARGE, f"the token is over {MAX_TOKEN_BYTES} bytes")
        message.ClearField("only_if_token")
        message.client_type = session.client_type  # type: ignore[assignment] # parsed, so it is in the enum
        self.forward(session, message, frame)

    def _device_token_set(self, link: Link, message: Any, frame: Frame) -> None:
        # Without attach_data it answers the blank token of a logout, and nobody waits for it.
        if message.attach_data:
            self.answer(link, message, frame)

    def _check_list(self, session: ClientSession, length: int) -> None:
        check_list_length(session, length, self._context.config.limits.max_list_length)

    # Removing a single conversation from the list is told to the user's other devices.

    def _remove_session(self, session: ClientSession, message: IMRemoveSessionReq, frame: Frame) -> None:
        self.forward(session, message, frame)
        if message.session_type != SESSION_TYPE_SINGLE:
            return
        notify = IMRemoveSessionNotify(
            user_id=session.user_id, session_type=message.session_type, session_id=message.session_id
        )
        told = OutboundFrame(commands.REMOVE_SESSION_NOTIFY, notify)
        self._context.directory.tell_user(session.user_id, told, but=session)
        self._context.route.send(told)

    def _removed_elsewhere(self, _link: Link, message: IMRemoveSessionNotify, frame: Frame) -> None:
        self._context.directory.tell_user(message.user_id, frame)

    # db_proxy says no.

    def _refused(self, _link: Link, message: IMErrorNotice, _frame: Frame) -> None:
        if not message.attach_data:
            return  # refused something that no client asked for; db_proxy has logged it
        session = self.asker(message)
        if session is not None:
            session.send(OutboundFrame(commands.ERROR_NOTICE, message))

    def _stop_receiving(self, link: Link, _message: IMStopReceivePacket, _frame: Frame) -> None:
        self._context.db.remove(link)
