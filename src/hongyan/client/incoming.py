"""What a server sends unasked, turned into messages and events."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from google.protobuf.message import Message as Protobuf

from hongyan.client import convert
from hongyan.client.calls.messages import TYPING_STARTED, TYPING_STOPPED
from hongyan.client.content import ContentCodec
from hongyan.client.errors import Kicked, KickReason
from hongyan.client.events import (
    AvatarChanged,
    ConversationRemoved,
    EventHub,
    FileOffered,
    MembersChanged,
    PcLoginChanged,
    PeerCommand,
    ReadElsewhere,
    ServerNotice,
    SignatureChanged,
    StatusChanged,
    Typing,
)
from hongyan.client.exchange import Exchange
from hongyan.client.inbox import Inbox
from hongyan.client.models import Message, Presence
from hongyan.client.transfers.offer import notified_offer
from hongyan.errors import RefusedError
from hongyan.wire import commands
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame
from hongyan.wire.pb import (
    base_define_pb2,
    buddy_pb2,
    extension_pb2,
    file_pb2,
    group_pb2,
    login_pb2,
    message_pb2,
    switch_service_pb2,
)

M = TypeVar("M", bound=Protobuf)

_log = structlog.get_logger("hongyan.client")


class Incoming:
    """Gives every frame of a link to whoever it is for.

    Args:
        exchange: takes the answers.
        inbox: takes the messages.
        hub: takes everything else.
        codec: reads what messages contain.
    """

    def __init__(self, exchange: Exchange, inbox: Inbox, hub: EventHub, codec: ContentCodec) -> None:
        self._exchange = exchange
        self._inbox = inbox
        self._hub = hub
        self._codec = codec
        self._handlers: dict[int, Callable[[Frame], None]] = {}
        self.own_id = 0
        self._fill_table()

    def receive(self, frame: Frame) -> None:
        """Take one frame. What is not readable or not known is logged and left.

        Raises:
            Kicked: the server ended this login.
            ConnectionLost: an ack could not be written.
        """
        if self._exchange.settle(frame):
            return
        handler = self._handlers.get(frame.command_id)
        if handler is None:
            return
        try:
            handler(frame)
        except RefusedError as error:
            _log.warning("a frame of the server is not readable", reason=str(error))

    def _fill_table(self) -> None:
        self._on(commands.MSG_DATA, self._message)
        self._on(commands.KICK_USER, self._kick)
        self._on(commands.ERROR_NOTICE, self._refusal)
        self._on(commands.STATUS_NOTIFY, self._status)
        self._on(commands.MSG_READ_NOTIFY, self._read_elsewhere)
        self._on(commands.REMOVE_SESSION_NOTIFY, self._removed)
        self._on(commands.GROUP_CHANGE_MEMBER_NOTIFY, self._members)
        self._on(commands.SIGN_INFO_CHANGED_NOTIFY, self._signature)
        self._on(commands.AVATAR_CHANGED_NOTIFY, self._avatar)
        self._on(commands.P2P_COMMAND, self._peer_command)
        self._on(commands.PC_LOGIN_STATUS_NOTIFY, self._pc_login)
        self._on(commands.FILE_NOTIFY, self._file)

    def _on(self, command: Command[M], handler: Callable[[M], None]) -> None:
        self._handlers[command.id] = lambda frame: handler(frame.decode(command))

    def _message(self, data: message_pb2.IMMsgData) -> None:
        message = convert.live_message(data, self.own_id, self._codec)
        self._inbox.arrive(message)
        self._acknowledge(message)

    def _acknowledge(self, message: Message) -> None:
        """Tell the server that it need not deliver this again, duplicates included."""
        ack = message_pb2.IMMsgDataAck(
            user_id=self.own_id,
            session_id=message.conversation.id,
            msg_id=message.msg_id,
            session_type=convert.session_type(message.conversation),
        )
        self._exchange.tell(commands.MSG_DATA_ACK, ack)

    def _kick(self, kick: login_pb2.IMKickUser) -> None:
        raise Kicked(KickReason(kick.kick_reason))

    def _refusal(self, notice: extension_pb2.IMErrorNotice) -> None:
        if not self._exchange.refuse(notice):
            self._hub.publish(ServerNotice(notice.code, notice.text, notice.command_id))

    def _status(self, notify: buddy_pb2.IMUserStatNotify) -> None:
        stat = notify.user_stat
        self._hub.publish(StatusChanged(stat.user_id, Presence(stat.status)))

    def _read_elsewhere(self, notify: message_pb2.IMMsgDataReadNotify) -> None:
        where = convert.conversation(notify.session_type, notify.session_id)
        self._hub.publish(ReadElsewhere(where, notify.msg_id))

    def _removed(self, notify: buddy_pb2.IMRemoveSessionNotify) -> None:
        self._hub.publish(ConversationRemoved(convert.conversation(notify.session_type, notify.session_id)))

    def _members(self, notify: group_pb2.IMGroupChangeMemberNotify) -> None:
        self._hub.publish(
            MembersChanged(
                group_id=notify.group_id,
                changed_by=notify.user_id,
                was_added=notify.change_type == base_define_pb2.GROUP_MODIFY_TYPE_ADD,
                member_ids=tuple(notify.cur_user_id_list),
                changed_ids=tuple(notify.chg_user_id_list),
            )
        )

    def _signature(self, notify: buddy_pb2.IMSignInfoChangedNotify) -> None:
        self._hub.publish(SignatureChanged(notify.changed_user_id, convert.lenient(notify.sign_info)))

    def _avatar(self, notify: buddy_pb2.IMAvatarChangedNotify) -> None:
        self._hub.publish(AvatarChanged(notify.changed_user_id, convert.lenient(notify.avatar_url)))

    def _peer_command(self, command: switch_service_pb2.IMP2PCmdMsg) -> None:
        if command.from_user_id == self.own_id:
            return  # the echo of what another device of ours sent
        data = convert.lenient(command.cmd_msg_data)
        command_id = _command_id(data)
        if command_id in (TYPING_STARTED, TYPING_STOPPED):
            self._hub.publish(Typing(command.from_user_id, command_id == TYPING_STARTED))
        else:
            self._hub.publish(PeerCommand(command.from_user_id, data))

    def _pc_login(self, notify: buddy_pb2.IMPCLoginStatusNotify) -> None:
        self._hub.publish(PcLoginChanged(notify.login_stat == base_define_pb2.USER_STATUS_ONLINE))

    def _file(self, notify: file_pb2.IMFileNotify) -> None:
        is_there = notify.trans_mode == base_define_pb2.FILE_TYPE_ONLINE or notify.offline_ready
        if is_there and notify.to_user_id == self.own_id:
            self._hub.publish(FileOffered(notified_offer(notify)))


def _command_id(data: str) -> Any:
    """Read cmd_id out of what another client wrote, which may be anything."""
    try:
        command = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return command.get("cmd_id") if isinstance(command, dict) else None
