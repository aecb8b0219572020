"""Messages: checked, passed to db_proxy, acknowledged, delivered (spec/flows.md 2.6)."""

import time
from typing import Final

import structlog

from hongyan.cluster.link import Link
from hongyan.errors import ID_IS_TAKEN, ErrorCode, RefusedError
from hongyan.roles.msg.ack_time import AckTime
from hongyan.roles.msg.context import MsgContext, MsgTables
from hongyan.roles.msg.push import PushHandlers
from hongyan.roles.msg.redelivery import DeliveryKey
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.attach import Attach, AttachType, attach_ids, unpack_attach
from hongyan.wire.frame import HEADER_BYTES, Frame, OutboundFrame, parse_body
from hongyan.wire.pb.administration_pb2 import IMDeliver
from hongyan.wire.pb.base_define_pb2 import (
    MSG_TYPE_GROUP_AUDIO,
    MSG_TYPE_GROUP_TEXT,
    MSG_TYPE_SINGLE_AUDIO,
    SESSION_TYPE_GROUP,
    SESSION_TYPE_SINGLE,
    GroupInfo,
)
from hongyan.wire.pb.group_pb2 import IMGroupInfoListReq, IMGroupInfoListRsp
from hongyan.wire.pb.message_pb2 import IMMsgData, IMMsgDataAck, IMMsgDataReadAck, IMMsgDataReadNotify
from hongyan.wire.text import client_msg_id

_log = structlog.get_logger("hongyan.msg")

MAX_CLIENT_MSG_ID_BYTES: Final = 64
_AUDIO: Final = frozenset({MSG_TYPE_SINGLE_AUDIO, MSG_TYPE_GROUP_AUDIO})
_REFUSALS: Final = {
    ErrorCode.NOT_STORED: "the message could not be stored; send it again",
    ErrorCode.NOT_ALLOWED: "you may not write in this conversation",
    ErrorCode.NOT_FOUND: "there is no such conversation",
    ErrorCode.TOO_LARGE: "the message is too large",
    ErrorCode.BUSY: "the server is busy; send it again later",
    ErrorCode.MALFORMED: "the message is not text, or a voice message without a sound",
    ErrorCode.UNAVAILABLE: "the server is stopping; send it again later",
}
FROM_HTTP_MSG: Final = 2**32 - 1
"""Stands for the sender's session where there is none; no session has this handle."""


class MessageHandlers:
    """The way of a message through msg_server, there and back."""

    def __init__(self, context: MsgContext, tables: MsgTables, push: PushHandlers) -> None:
        self._context = context
        self._push = push
        self._limits = context.config.limits
        self._counts = context.runtime.metrics.counts
        self._ack = IMMsgDataAck()  # for all of them: a session's connection encodes what it is given at once
        self._loop = context.runtime.reactor.loop
        self._ack_time = AckTime(self._loop.time, context.runtime.metrics)
        tables.clients.on(commands.MSG_DATA, self._from_client)
        tables.clients.on(commands.MSG_DATA_ACK, self._acknowledged)
        tables.clients.on(commands.MSG_READ_ACK, self._read)
        tables.from_db.on(commands.MSG_DATA, self._from_db)
        tables.from_db.on(commands.GROUP_INFO_REPLY, self._members_known)
        tables.from_route.on(commands.MSG_DATA, self._from_route)
        tables.from_route.on(commands.DELIVER, self._deliver_for_http_msg)
        tables.from_route.on(commands.MSG_READ_NOTIFY, self._read_elsewhere)

    # From a client to db_proxy.

    def _from_client(self, session: ClientSession, message: IMMsgData, frame: Frame) -> None:
        self._check(session, message)
        user_id = message.from_user_id = session.user_id
        message.create_time = now = int(time.time())
        message.msg_id = 0
        timed = self._ack_time
        if not timed.handle or now > timed.until:
            timed.begin(session.handle, frame.seq, now)
        peer_id = message.to_session_id
        key = peer_id if message.msg_type >= MSG_TYPE_GROUP_TEXT else user_id ^ peer_id
        self._context.db.post(message, session.handle, key, frame)

    def _check(self, session: ClientSession, message: IMMsgData) -> None:
        """Refuse what cannot be stored or is out of bounds, and strip what only servers may say."""
        limits = self._limits
        if limits.messages_per_second and not session.count_message(limits.messages_per_second):
            why = f"more than {limits.messages_per_second} messages a second"
            raise RefusedError(ErrorCode.RATE_LIMITED, why)
        size = len(message.msg_data)
        if not size:
            raise RefusedError(ErrorCode.MALFORMED, "the message is empty")
        limit = limits.max_audio_bytes if message.msg_type in _AUDIO else limits.max_text_bytes
        if size > limit:
            raise RefusedError(ErrorCode.TOO_LARGE, f"{size} bytes, over the limit of {limit}")
        if not message.to_session_id:
            raise RefusedError(ErrorCode.NOT_ALLOWED, "nobody has the id 0")
        if message.HasField("client_msg_id"):
            _check_client_msg_id(client_msg_id(message))
        if message.refusal or message.duplicate:
            message.ClearField("refusal")
            message.ClearField("duplicate")

    # From db_proxy: stored, or not.

    def _from_db(self, _link: Link, message: IMMsgData, frame: Frame) -> None:
        handle, number = attach_ids(message.attach_data)
        session = self._context.directory.find(handle)
        if not message.msg_id:
            self._not_stored(session, message, frame.seq, number)
            return
        request = self._context.db.answered(number)
        message.ClearField("attach_data")
        if session is not None:
            self._acknowledge(session, message, frame.seq)
            if handle == self._ack_time.handle and frame.seq == self._ack_time.seq:
                self._ack_time.end()
        if message.duplicate:
            if request is None or request.tries == 1:
                self._counts["messages", "duplicate"] += 1
                return
            # Of our own making: a db_proxy died between storing and answering, and nobody has it yet.
            message.ClearField("duplicate")
        self._counts["messages", "stored"] += 1
        self._deliver_everywhere(message, handle, session)

    def _deliver_for_http_msg(self, _link: Link, message: IMDeliver, _frame: Frame) -> None:
        """Deliver what http_msg_server had stored; this msg_server is the only one that is asked to."""
        self._deliver_everywhere(message.message, FROM_HTTP_MSG, None)

    def _deliver_everywhere(self, message: IMMsgData, handle: int, session: ClientSession | None) -> None:
        """Send what is stored to everybody but the session that it came from."""
        # One frame for everybody: encoded once, with seq 0, as a notice must have (spec/clients.md 3).
        delivery = OutboundFrame(commands.MSG_DATA, message)
        self._context.route.send(delivery)
        if message.msg_type >= MSG_TYPE_GROUP_TEXT:
            self._ask_for_members(message, delivery, handle)
        else:
            self._deliver_single(message, delivery, session)
            self._push.single(message)

    def _not_stored(self, session: ClientSession | None, message: IMMsgData, seq: int, number: int) -> None:
        if message.refusal == ErrorCode.UNAVAILABLE:
            if self._context.db.postpone(number):
                return
        else:
            self._context.db.answered(number)
        self._counts["messages", "refused"] += 1
        if session is None:
            return
        known = message.refusal in _REFUSALS
        code = ErrorCode(message.refusal) if known else ErrorCode.NOT_STORED
        error = RefusedError(code, ID_IS_TAKEN if message.duplicate else _REFUSALS[code])
        session.notify_refusal(error, commands.MSG_DATA.id, seq, message)

    def _acknowledge(self, session: ClientSession, message: IMMsgData, seq: int) -> None:
        is_group = message.msg_type >= MSG_TYPE_GROUP_TEXT
        ack = self._ack
        ack.user_id = message.from_user_id
        ack.session_id = message.to_session_id
        ack.msg_id = message.msg_id
        ack.session_type = SESSION_TYPE_GROUP if is_group else SESSION_TYPE_SINGLE
        if message.client_msg_id:
            ack.client_msg_id = message.client_msg_id
        else:
            ack.ClearField("client_msg_id")
        session.send(OutboundFrame(commands.MSG_DATA_ACK, ack, seq))

    def _deliver_single(self, message: IMMsgData, frame: Frame, origin: ClientSession | None) -> None:
        sender, recipient = message.from_user_id, message.to_session_id
        of_user = self._context.directory.of_user
        for session in of_user(sender):
            if session is not origin:
                self._deliver(session, frame, SESSION_TYPE_SINGLE, recipient, message.msg_id)
        for session in of_user(recipient):
            self._deliver(session, frame, SESSION_TYPE_SINGLE, sender, message.msg_id)

    def _deliver(
        self, session: ClientSession, frame: Frame, session_type: int, session_id: int, msg_id: int
    ) -> None:
        session.send(frame)
        self._counts["messages", "delivered"] += 1
        if session.unacknowledged is not None:
            key = DeliveryKey(session_type, session_id, msg_id)
            session.unacknowledged.remember(key, frame, self._loop.time())

    # To the members of a group: db_proxy is asked who they are.

    def _ask_for_members(self, message: IMMsgData, frame: Frame, handle: int) -> None:
        payload = frame.raw[HEADER_BYTES:]
        request = IMGroupInfoListReq(user_id=message.from_user_id)
        request.group_version_list.add(group_id=message.to_session_id, version=0)
        asker = Attach(AttachType.GROUP_MESSAGE, handle, payload)
        try:
            self._context.db.ask(commands.GROUP_INFO, request, asker, key=message.to_session_id)
        except RefusedError:
            # Stored and acknowledged; the members will find it in the history.
            _log.warning("a group message was not delivered live: no database link")

    def _members_known(self, _link: Link, message: IMGroupInfoListRsp, frame: Frame) -> None:
        attach = unpack_attach(message.attach_data)
        self._context.db.answered(attach.number)
        if attach.type != AttachType.GROUP_MESSAGE:
            session = self._context.directory.find(attach.handle)
            if session is not None:
                message.ClearField("attach_data")
                session.send(OutboundFrame(commands.GROUP_INFO_REPLY, message, frame.seq))
            return
        for group in message.group_info_list[:1]:
            self._deliver_to_group(group, attach)

    def _deliver_to_group(self, group: GroupInfo, attach: Attach) -> None:
        """Send what was stored to every member's sessions but the one it came from."""
        message = parse_body(commands.MSG_DATA, attach.payload)
        if message.from_user_id not in group.group_member_list:
            return
        frame = OutboundFrame(commands.MSG_DATA, message)
        of_user, handle = self._context.directory.of_user, attach.handle
        delivered = 0
        for member in group.group_member_list:
            for session in of_user(member):
                if session.handle == handle:
                    continue
                session.send(frame)
                delivered += 1
                if session.unacknowledged is not None:
                    key = DeliveryKey(SESSION_TYPE_GROUP, message.to_session_id, message.msg_id)
                    session.unacknowledged.remember(key, frame, self._loop.time())
        self._counts["messages", "delivered"] += delivered
        if handle:  # it is delivered from here; whoever got it by route_server leaves the pushes to us
            self._push.group(message, group.group_member_list)

    # From another msg_server.

    def _from_route(self, _link: Link, message: IMMsgData, frame: Frame) -> None:
        # The seq of an original's relay is the sender's, and attach_data may be in it: neither is
        # the receiver's business, and phones would take the seq for an answer to a request.
        if frame.seq or message.HasField("attach_data"):
            message.ClearField("attach_data")
            frame = OutboundFrame(commands.MSG_DATA, message)
        if message.msg_type >= MSG_TYPE_GROUP_TEXT:
            self._ask_for_members(message, frame, handle=0)
        else:
            self._deliver_single(message, frame, origin=None)

    # What clients say about messages they received.

    @staticmethod
    def _acknowledged(session: ClientSession, message: IMMsgDataAck, _frame: Frame) -> None:
        if session.unacknowledged is not None:
            key = DeliveryKey(message.session_type, message.session_id, message.msg_id)
            session.unacknowledged.acknowledged(key)

    def _read(self, session: ClientSession, message: IMMsgDataReadAck, frame: Frame) -> None:
        message.user_id = session.user_id
        # By the session, not the conversation: an unread query behind it takes the same link.
        told_db = OutboundFrame(commands.MSG_READ_ACK, message, frame.seq, frame)
        self._context.db.tell(told_db, commands.MSG_READ_ACK, session.handle)
        notify = IMMsgDataReadNotify(
            user_id=session.user_id,
            session_id=message.session_id,
            msg_id=message.msg_id,
            session_type=message.session_type,
        )
        told = OutboundFrame(commands.MSG_READ_NOTIFY, notify)
        self._context.directory.tell_user(session.user_id, told, but=session)
        self._context.route.send(told)

    def _read_elsewhere(self, _link: Link, message: IMMsgDataReadNotify, frame: Frame) -> None:
        self._context.directory.tell_user(message.user_id, frame)


def _check_client_msg_id(value: str) -> None:
    if len(value.encode()) > MAX_CLIENT_MSG_ID_BYTES:
        raise RefusedError(ErrorCode.TOO_LARGE, f"client_msg_id is over {MAX_CLIENT_MSG_ID_BYTES} bytes")
