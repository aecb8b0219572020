"""Writing, reading and listing conversations."""

import json
from collections.abc import Sequence
from typing import Final

from hongyan.client import convert
from hongyan.client.calls.base import Calls, Place, batches, conversation_of
from hongyan.client.content import ContentCodec
from hongyan.client.exchange import Exchange, require_success
from hongyan.client.models import Conversation, Message, RecentConversation, SentMessage, Unread, User
from hongyan.client.outbox import Outbox
from hongyan.wire import commands
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import buddy_pb2, message_pb2, switch_service_pb2

TYPING_SERVICE: Final = 2
TYPING_STARTED: Final = 0x00020001
TYPING_STOPPED: Final = 0x00020002
"""What stock clients send about typing, as one JSON object (spec/clients.md 5.7)."""


class MessageCalls(Calls):
    """Messages and the conversation list."""

    def __init__(self, exchange: Exchange, codec: ContentCodec, outbox: Outbox) -> None:
        super().__init__(exchange, codec)
        self._outbox = outbox

    async def send(self, to: Place, text: str, *, client_msg_id: str = "") -> SentMessage:
        """Send a text and return when the server has stored it.

        Calls for one conversation are stored in the order in which they are made, several under way at
        once, reconnects included.

        Args:
            to: a conversation, or a user, a group or a message, whose conversation is meant.
            text: not empty.
            client_msg_id: identifies this message: whatever is sent again under it, even after a
                restart of the program, is stored once. Chosen at random when empty.

        Raises:
            RequestRefused: the server did not store it, and why.
            RequestTimedOut: no ack in time; it may be stored all the same.
        """
        data = self._codec.encode_text(text)
        return await self._send(conversation_of(to), data, is_audio=False, client_msg_id=client_msg_id)

    async def send_audio(self, to: Place, sound: bytes, duration_s: int) -> SentMessage:
        """Send a voice message; stock clients play Speex in Ogg, 8 kHz. Otherwise like :meth:`send`."""
        data = self._codec.encode_audio(sound, duration_s)
        return await self._send(conversation_of(to), data, is_audio=True)

    async def _send(
        self, to: Conversation, data: bytes, *, is_audio: bool, client_msg_id: str = ""
    ) -> SentMessage:
        message = message_pb2.IMMsgData(
            from_user_id=self.user_id,
            to_session_id=to.id,
            msg_id=0,
            create_time=0,
            msg_type=convert.message_type(to, is_audio=is_audio),
            msg_data=data,
            client_msg_id=client_msg_id,
        )
        return await self._outbox.send(to, message)

    async def history(self, of: Place, before: int = 0, count: int = 20) -> list[Message]:
        """Return up to ``count`` messages, oldest first: the newest, or those before the id ``before``."""
        if before == 1:
            return []
        where = conversation_of(of)
        request = message_pb2.IMGetMsgListReq(
            user_id=self.user_id,
            session_type=convert.session_type(where),
            session_id=where.id,
            msg_id_begin=max(before - 1, 0),
            msg_cnt=count,
        )
        answer = await self._ask(commands.MSG_LIST, request, commands.MSG_LIST_REPLY)
        return self._in_order(answer.msg_list, where)

    async def messages_by_id(self, of: Place, msg_ids: Sequence[int]) -> list[Message]:
        """Return the messages with these ids that exist and may be read, oldest first."""
        where = conversation_of(of)
        found: list[Message] = []
        for part in batches(sorted(msg_ids)):
            request = message_pb2.IMGetMsgByIdReq(
                user_id=self.user_id,
                session_type=convert.session_type(where),
                session_id=where.id,
                msg_id_list=part,
            )
            answer = await self._ask(commands.MSG_BY_ID, request, commands.MSG_BY_ID_REPLY)
            found += self._in_order(answer.msg_list, where)
        return found

    def _in_order(self, found: Sequence[base.MsgInfo], where: Conversation) -> list[Message]:
        messages = [convert.stored_message(info, where, self.user_id, self._codec) for info in found]
        return sorted(messages, key=lambda message: message.msg_id)

    async def latest_msg_id(self, of: Place) -> int:
        """Return the newest message's id, 0 when there is none."""
        where = conversation_of(of)
        request = message_pb2.IMGetLatestMsgIdReq(
            user_id=self.user_id, session_type=convert.session_type(where), session_id=where.id
        )
        answer = await self._ask(commands.LATEST_MSG_ID, request, commands.LATEST_MSG_ID_REPLY)
        return answer.latest_msg_id

    async def unread(self) -> list[Unread]:
        """Return what has not been read, one entry for each conversation that has some."""
        request = message_pb2.IMUnreadMsgCntReq(user_id=self.user_id)
        answer = await self._ask(commands.UNREAD_COUNT, request, commands.UNREAD_COUNT_REPLY)
        return [convert.unread(entry, self._codec) for entry in answer.unreadinfo_list]

    async def mark_read(self, of: Place, msg_id: int) -> None:
        """Tell the server, and so our other devices, that everything up to ``msg_id`` was read."""
        where = conversation_of(of)
        notice = message_pb2.IMMsgDataReadAck(
            user_id=self.user_id,
            session_id=where.id,
            msg_id=msg_id,
            session_type=convert.session_type(where),
        )
        await self._tell(commands.MSG_READ_ACK, notice)

    async def conversations(self, since: int = 0) -> list[RecentConversation]:
        """Return the conversations that changed after a Unix time, newest first; servers give about 100."""
        request = buddy_pb2.IMRecentContactSessionReq(user_id=self.user_id, latest_update_time=since)
        answer = await self._ask(commands.RECENT_SESSIONS, request, commands.RECENT_SESSIONS_REPLY)
        return [convert.recent(entry, self._codec) for entry in answer.contact_session_list]

    async def remove_conversation(self, of: Place) -> None:
        """Take a conversation off the list; its messages stay, and the next one brings it back."""
        where = conversation_of(of)
        request = buddy_pb2.IMRemoveSessionReq(
            user_id=self.user_id, session_type=convert.session_type(where), session_id=where.id
        )
        # Repeatable in effect only: a second removal finds nothing and is answered with a failure.
        answer = await self._ask(
            commands.REMOVE_SESSION, request, commands.REMOVE_SESSION_REPLY, repeatable=False
        )
        require_success(answer.result_code, commands.REMOVE_SESSION)

    async def send_typing(self, to: User | int, *, is_typing: bool = True) -> None:
        """Let a user know that we are writing, or that we stopped; nobody keeps it."""
        command_id, content = (TYPING_STARTED, "writing") if is_typing else (TYPING_STOPPED, "stop writing")
        data = {"cmd_id": command_id, "content": content, "service_id": TYPING_SERVICE}
        command = switch_service_pb2.IMP2PCmdMsg(
            from_user_id=self.user_id,
            to_user_id=to if isinstance(to, int) else to.id,
            cmd_msg_data=json.dumps(data),
        )
        await self._tell(commands.P2P_COMMAND, command)
