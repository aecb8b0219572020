"""Logging in and out, kicking, registration (spec/flows.md 2.4)."""

import time
from typing import Final

import structlog

from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.msg.context import MsgContext, MsgTables
from hongyan.roles.msg.redelivery import Unacknowledged
from hongyan.roles.msg.session import ClientSession, SessionState
from hongyan.rules.devices import kick_class
from hongyan.rules.login_throttle import LoginThrottle
from hongyan.wire import commands
from hongyan.wire.attach import attach_ids
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import (
    CLIENT_TYPE_MAC,
    KICK_REASON_DUPLICATE_USER,
    KICK_REASON_MOBILE_KICK,
    REFUSE_REASON_DB_VALIDATE_FAILED,
    REFUSE_REASON_MSG_SERVER_FULL,
    REFUSE_REASON_NO_DB_SERVER,
    REFUSE_REASON_NO_LOGIN_SERVER,
    REFUSE_REASON_NO_ROUTE_SERVER,
    REFUSE_REASON_NONE,
    USER_STATUS_OFFLINE,
    USER_STATUS_ONLINE,
    KickReasonType,
    ResultType,
    UserStatType,
)
from hongyan.wire.pb.extension_pb2 import IMUploadTokenReq, IMUploadTokenRsp
from hongyan.wire.pb.login_pb2 import (
    IMDeviceTokenReq,
    IMKickPCClientReq,
    IMKickPCClientRsp,
    IMKickUser,
    IMLoginReq,
    IMLoginRes,
    IMLogoutReq,
    IMLogoutRsp,
    IMRegistReq,
    IMRegistRes,
)
from hongyan.wire.pb.server_pb2 import (
    IMServerKickUser,
    IMUserCntUpdate,
    IMUserStatusUpdate,
    IMValidateReq,
    IMValidateRsp,
)
from hongyan.wire.text import text

_log = structlog.get_logger("hongyan.msg")

MAX_NAME_BYTES: Final = 128
MAX_PASSWORD_BYTES: Final = 128
MAX_DEVICE_KIND_BYTES: Final = 16
JUST_LOGGED_IN_US: Final = 5_000_000
_CAME, _WENT = 1, 2
_SERVER_TROUBLE: Final = "服务端异常"
_TOO_MANY_ATTEMPTS: Final = "尝试次数太多，请稍后再试"
_WELCOME: Final = "成功"
_REGISTRATION_CLOSED: Final = "本服务器未开放注册"


class LoginHandlers:
    """Takes a session from connected to logged in, and out again."""

    def __init__(self, context: MsgContext, tables: MsgTables) -> None:
        self._context = context
        self._tables = tables
        self._throttle = LoginThrottle()
        self._register_throttle = LoginThrottle()
        tables.strangers.on(commands.LOGIN, self._login)
        tables.strangers.on(commands.REGISTER, self._register)
        tables.clients.on(commands.LOGIN, _refuse_second_login)
        tables.clients.on(commands.REGISTER, self._register)
        tables.clients.on(commands.UPLOAD_TOKEN, self._upload_token)
        tables.clients.on(commands.LOGOUT, self._logout)
        tables.clients.on(commands.KICK_PC_CLIENT, self._kick_pc_client)
        tables.from_db.on(commands.VALIDATE_REPLY, self._validated)
        tables.from_db.on(commands.REGISTER_REPLY, self._registered)
        tables.from_route.on(commands.SERVER_KICK_USER, self._kicked_elsewhere)
        context.lost.on(commands.VALIDATE, self._without_database)
        context.lost.on(commands.REGISTER, _registration_lost)

    # Logging in.

    def _login(self, session: ClientSession, message: IMLoginReq, frame: Frame) -> None:
        if session.state is not SessionState.ANONYMOUS:
            raise RefusedError(ErrorCode.NOT_ALLOWED, "a login is under way on this connection")
        refusal = self._missing_server()
        if refusal is not None:
            self._refuse(session, frame.seq, refusal, _SERVER_TROUBLE)
            return
        if (
            len(text(message.user_name).encode()) > MAX_NAME_BYTES
            or max(len(message.password), len(message.session_token)) > MAX_PASSWORD_BYTES
        ):
            raise RefusedError(ErrorCode.TOO_LARGE, "name or password is too long")
        self._note_wishes(session, message)
        loop = self._context.runtime.reactor.loop
        wait_s = self._throttle.take_turn(session.login_name, session.connection.peer_address, loop.time())
        if wait_s is None:
            self._refuse(session, frame.seq, REFUSE_REASON_DB_VALIDATE_FAILED, _TOO_MANY_ATTEMPTS)
        elif wait_s:
            loop.call_later(wait_s, self._validate, session, message, frame)
        else:
            self._validate(session, message, frame)

    def _missing_server(self) -> ResultType.ValueType | None:
        context = self._context
        if not context.db.is_open:
            return REFUSE_REASON_NO_DB_SERVER
        if not context.logins.is_open:
            return REFUSE_REASON_NO_LOGIN_SERVER
        if not context.route.is_open:
            return REFUSE_REASON_NO_ROUTE_SERVER
        if context.directory.users >= context.config.max_connections:
            return REFUSE_REASON_MSG_SERVER_FULL
        return None

    @staticmethod
    def _note_wishes(session: ClientSession, message: IMLoginReq) -> None:
        session.state = SessionState.VALIDATING
        session.login_name = text(message.user_name)
        session.client_type = message.client_type
        session.online_status = message.online_status
        session.acks_deliveries = message.acks_deliveries
        session.wants_upload_token = message.wants_upload_token
        session.device_kind = text(message.device_kind)[:MAX_DEVICE_KIND_BYTES]

    def _validate(self, session: ClientSession, message: IMLoginReq, frame: Frame) -> None:
        if session.state is not SessionState.VALIDATING:
            return  # it was closed while it had to wait
        request = IMValidateReq(
            user_name=session.login_name,
            password=text(message.password),
            login_client_type=session.client_type,
            peer_address=session.connection.peer_address,
        )
        if message.wants_session_token:
            request.wants_session_token = True
        if message.session_token:
            request.session_token = text(message.session_token)
        try:
            self._context.db.ask(commands.VALIDATE, request, session.asker, origin=frame)
        except RefusedError:
            self._without_database(session, request, frame)

    def _without_database(self, session: ClientSession, _message: IMValidateReq, frame: Frame) -> None:
        self._refuse(session, frame.seq, REFUSE_REASON_NO_DB_SERVER, _SERVER_TROUBLE)

    def _validated(self, _link: Link, message: IMValidateRsp, frame: Frame) -> None:
        handle, number = attach_ids(message.attach_data)
        self._context.db.answered(number)
        session = self._context.directory.find(handle)
        if session is None or session.state is not SessionState.VALIDATING:
            return
        address = session.connection.peer_address
        if message.result_code == 0:
            self._throttle.succeeded(session.login_name, address)
            self._welcome(session, message, frame.seq)
            return
        self._throttle.failed(session.login_name, address, self._context.runtime.reactor.loop.time())
        self._refuse(session, frame.seq, REFUSE_REASON_DB_VALIDATE_FAILED, text(message.result_string))

    def _welcome(self, session: ClientSession, message: IMValidateRsp, seq: int) -> None:
        """Log the session in; the order of these steps is the original's."""
        context = self._context
        user_id = session.user_id = message.user_info.user_id
        session.login_time_us = _now_us()
        session.nick = text(message.user_info.user_nick_name)
        self.kick(user_id, session.kick_class, KICK_REASON_DUPLICATE_USER)
        self._kick_elsewhere(session)
        session.state = SessionState.LOGGED_IN
        session.obey(self._tables.clients)
        limits = context.config.limits
        session.connection.watch(idle_limit_s=limits.idle_mobile_s if session.is_mobile else limits.idle_pc_s)
        self._report(session, _CAME, session.online_status)
        context.directory.join(session)
        if session.acks_deliveries:
            wheel = context.runtime.reactor.wheel
            session.unacknowledged = Unacknowledged(session, wheel, limits.redeliver_after_s)
        reply = IMLoginRes(
            server_time=int(time.time()),
            result_code=REFUSE_REASON_NONE,
            result_string=_WELCOME,
            online_status=UserStatType.ValueType(session.online_status),
        )
        reply.user_info.CopyFrom(message.user_info)
        if session.wants_upload_token:
            reply.upload_token = context.upload_token(user_id).upload_token
        if message.session_token:
            reply.session_token = text(message.session_token)
        session.send(OutboundFrame(commands.LOGIN_REPLY, reply, seq))
        context.runtime.metrics.count("logins", "ok")

    def _refuse(self, session: ClientSession, seq: int, code: ResultType.ValueType, why: str) -> None:
        reply = IMLoginRes(server_time=int(time.time()), result_code=code, result_string=why)
        session.send(OutboundFrame(commands.LOGIN_REPLY, reply, seq))
        session.close("login_refused")
        self._context.runtime.metrics.count("logins", ResultType.Name(code).lower())
        _log.info("login refused", peer=session.connection.peer_address, result=ResultType.Name(code))

    def _upload_token(
        self, session: ClientSession, _message: IMUploadTokenReq, _frame: Frame
    ) -> IMUploadTokenRsp:
        return self._context.upload_token(session.user_id)

    # Leaving.

    def closed(self, session: ClientSession) -> None:
        """The connection is gone: tell whoever counts on it."""
        was_logged_in = session.is_logged_in
        session.state = SessionState.CLOSED
        self._context.directory.remove(session)
        if session.unacknowledged is not None:
            session.unacknowledged.forget()
        if was_logged_in:
            self._report(session, _WENT, USER_STATUS_OFFLINE)

    def _report(self, session: ClientSession, action: int, status: int) -> None:
        count = IMUserCntUpdate(user_action=action, user_id=session.user_id)
        self._context.logins.tell(OutboundFrame(commands.USER_COUNT_UPDATE, count))
        # The original reports every arrival as online, whatever status was asked for.
        reported = USER_STATUS_OFFLINE if status == USER_STATUS_OFFLINE else USER_STATUS_ONLINE
        update = IMUserStatusUpdate(user_status=reported, user_id=session.user_id)
        update.client_type = session.client_type  # type: ignore[assignment] # parsed, so it is in the enum
        if session.device_kind:
            update.device_kind = session.device_kind
        self._context.route.tell_all(OutboundFrame(commands.USER_STATUS_UPDATE, update))

    def _logout(self, session: ClientSession, _message: IMLogoutReq, frame: Frame) -> None:
        if session.is_mobile and self._context.db.is_open:
            # No pushes to a phone that is logged out. The original blanks it for PCs too.
            blank = IMDeviceTokenReq(user_id=session.user_id, device_token="")
            told = OutboundFrame(commands.DEVICE_TOKEN, blank, frame.seq)
            self._context.db.tell(told, commands.DEVICE_TOKEN, session.handle)
        session.send(OutboundFrame(commands.LOGOUT_REPLY, IMLogoutRsp(result_code=0), frame.seq))
        session.close("logout")

    # Kicking.

    def kick(
        self, user_id: int, class_: str, reason: KickReasonType.ValueType, login_time_us: int = 0
    ) -> None:
        """Put the user's sessions of a class out: a notice, flushed, and the connection is closed.

        Args:
            user_id: whose.
            class_: of devices.
            reason: told to them.
            login_time_us: of the login elsewhere that puts them out, when it is known: a session that
                has just begun, later than that, is the one to stay.
        """
        directory = self._context.directory
        for session in list(directory.of_user(user_id)):
            if session.kick_class != class_ or _came_later(session, login_time_us):
                continue
            notice = IMKickUser(user_id=user_id, kick_reason=reason)
            session.send(OutboundFrame(commands.KICK_USER, notice))
            directory.leave(session)
            session.close("kicked")

    def _kick_elsewhere(self, session: ClientSession) -> None:
        message = IMServerKickUser(user_id=session.user_id, reason=KICK_REASON_DUPLICATE_USER)
        message.client_type = session.client_type  # type: ignore[assignment] # parsed, so it is in the enum
        if session.device_kind:
            message.device_kind = session.device_kind
        message.login_time_us = session.login_time_us
        self._context.route.send(OutboundFrame(commands.SERVER_KICK_USER, message))

    def _kicked_elsewhere(self, _link: Link, message: IMServerKickUser, _frame: Frame) -> None:
        known = message.reason in KickReasonType.values()
        reason = KickReasonType.ValueType(message.reason if known else KICK_REASON_DUPLICATE_USER)
        if message.all_devices:
            for session in tuple(self._context.directory.of_user(message.user_id)):
                self.kick(message.user_id, session.kick_class, reason)
            return
        class_ = kick_class(message.client_type, text(message.device_kind))
        self.kick(message.user_id, class_, reason, message.login_time_us)

    def _kick_pc_client(
        self, session: ClientSession, _message: IMKickPCClientReq, _frame: Frame
    ) -> IMKickPCClientRsp:
        if not session.is_mobile:
            raise RefusedError(ErrorCode.NOT_ALLOWED, "only a phone may log its PC out")
        self.kick(session.user_id, kick_class(CLIENT_TYPE_MAC), KICK_REASON_MOBILE_KICK)
        order = IMServerKickUser(
            user_id=session.user_id, client_type=CLIENT_TYPE_MAC, reason=KICK_REASON_MOBILE_KICK
        )
        self._context.route.send(OutboundFrame(commands.SERVER_KICK_USER, order))
        return IMKickPCClientRsp(user_id=session.user_id, result_code=0)

    # Registration (0voice_im).

    def _register(self, session: ClientSession, message: IMRegistReq, frame: Frame) -> IMRegistRes | None:
        if not self._context.config.registration:
            return _registration_refused(message, _REGISTRATION_CLOSED)
        address, now = session.connection.peer_address, self._context.runtime.reactor.loop.time()
        if self._register_throttle.take_turn("", address, now) != 0.0:
            return _registration_refused(message, _TOO_MANY_ATTEMPTS)
        self._register_throttle.failed("", address, now)  # each one counts, right or wrong
        if not self._context.db.is_open:
            return _registration_refused(message, _SERVER_TROUBLE)
        self._context.db.ask(commands.REGISTER, message, session.asker, origin=frame)
        return None

    def _registered(self, _link: Link, message: IMRegistRes, frame: Frame) -> None:
        handle, number = attach_ids(message.attach_data)
        self._context.db.answered(number)
        session = self._context.directory.find(handle)
        if session is not None:
            message.ClearField("attach_data")
            session.send(OutboundFrame(commands.REGISTER_REPLY, message, frame.seq))


def _registration_refused(message: IMRegistReq, why: str) -> IMRegistRes:
    return IMRegistRes(
        user_name=text(message.user_name), result_code=REFUSE_REASON_DB_VALIDATE_FAILED, result_string=why
    )


def _registration_lost(_session: ClientSession, message: IMRegistReq, _frame: Frame) -> IMRegistRes:
    return _registration_refused(message, _SERVER_TROUBLE)


def _refuse_second_login(_session: ClientSession, _message: IMLoginReq, _frame: Frame) -> None:
    raise RefusedError(ErrorCode.NOT_ALLOWED, "this connection is logged in already")


def _now_us() -> int:
    return time.time_ns() // 1000


def _came_later(session: ClientSession, login_time_us: int) -> bool:
    """Tell whether a session outlives a kick for a login at that time, which may have been long on its way.

    Only for a moment: the clocks of two machines may differ, and the later login has to win in the end.
    """
    is_new = _now_us() - session.login_time_us < JUST_LOGGED_IN_US
    return is_new and 0 < login_time_us < session.login_time_us
