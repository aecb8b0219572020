"""A scripted login server and msg_server on real sockets, for what a real suite does not do on demand."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from google.protobuf.message import Message
from measuring.ports import free_ports

from hongyan.wire import commands
from hongyan.wire.cipher import MessageCipher
from hongyan.wire.commands import COMMANDS, Command
from hongyan.wire.frame import Frame, Framer, OutboundFrame
from hongyan.wire.passwords import password_digest
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import buddy_pb2, extension_pb2, login_pb2, message_pb2

ALICE = 1
BOB = 2
PASSWORD = "secret"
_CIPHER = MessageCipher()


class FakeConnection:
    """One client's connection: what came, and a way to send."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.login: login_pb2.IMLoginReq | None = None

    def send(self, command: Command[Any], message: Message, seq: int = 0) -> None:
        self.writer.write(OutboundFrame(command, message, seq).raw)

    def cut(self) -> None:
        self.writer.transport.abort()


class FakeSuite:
    """Stores messages as a suite does. Handlers in ``script`` replace the usual answers by command id."""

    def __init__(self) -> None:
        self.script: dict[int, Callable[[FakeConnection, Frame, Any], None]] = {}
        self.stored: dict[int, list[base.MsgInfo]] = defaultdict(list)
        self.by_client_msg_id: dict[str, int] = {}
        self.unread: dict[int, int] = {}
        self.received: list[tuple[int, Message]] = []
        self.connections: list[FakeConnection] = []
        self.http_answer: bytes | None = None
        self.largest_page = 100
        self._changed = asyncio.Condition()
        self._pdu_server: asyncio.Server | None = None
        (self.port,) = free_ports(1)  # the same after a stop

    @property
    def connection(self) -> FakeConnection:
        return self.connections[-1]

    def of(self, command: Command[Any]) -> list[Any]:
        return [message for command_id, message in self.received if command_id == command.id]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(condition)

    async def until_received(self, command: Command[Any], count: int = 1) -> None:
        await self.until(lambda: len(self.of(command)) >= count)

    def store(self, peer: int, sender: int, text: str) -> int:
        """Store a single message between Alice and ``peer``."""
        msg_id = len(self.stored[peer]) + 1
        data = _CIPHER.encrypt(text.encode())
        info = base.MsgInfo(
            msg_id=msg_id, from_session_id=sender, create_time=1_700_000_000, msg_type=1, msg_data=data
        )
        self.stored[peer].append(info)
        return msg_id

    def deliver(self, peer: int, msg_id: int, sender: int | None = None) -> None:
        """Send a stored message to Alice."""
        info = self.stored[peer][msg_id - 1]
        sender = info.from_session_id if sender is None else sender
        self.connection.send(
            commands.MSG_DATA,
            message_pb2.IMMsgData(
                from_user_id=sender,
                to_session_id=peer if sender == ALICE else ALICE,
                msg_id=msg_id,
                create_time=info.create_time,
                msg_type=info.msg_type,
                msg_data=info.msg_data,
            ),
        )

    def say(self, text: str, peer: int = BOB) -> int:
        """Store and deliver a message from ``peer``."""
        msg_id = self.store(peer, peer, text)
        self.deliver(peer, msg_id)
        return msg_id

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Listen; yields the login server's url."""
        http = await asyncio.start_server(self._serve_http, "127.0.0.1", 0)
        await self.start()
        try:
            yield f"http://127.0.0.1:{http.sockets[0].getsockname()[1]}"
        finally:
            await self.stop()
            http.close()
            await http.wait_closed()

    async def start(self) -> None:
        self._pdu_server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Close everything at once, as a killed server does."""
        if self._pdu_server is not None:
            self._pdu_server.close()
        for connection in self.connections:
            connection.cut()

    async def _serve_http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = self.http_answer
        if body is None:
            answer = {"code": 0, "msg": "", "priorIP": "127.0.0.1", "backupIP": "127.0.0.1"}
            body = json.dumps({**answer, "port": str(self.port), "msfsPrior": "http://files/"}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection:close\r\nContent-Length:%d\r\n\r\n%b" % (len(body), body)
        )
        await writer.drain()
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = FakeConnection(writer)
        self.connections.append(connection)
        framer = Framer()
        try:
            while data := await reader.read(65536):
                for frame in framer.feed(data):
                    if not writer.is_closing():  # a server that was killed handles nothing more
                        await self._take(connection, frame)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _take(self, connection: FakeConnection, frame: Frame) -> None:
        message = frame.decode(COMMANDS[frame.command_id])
        handler = self.script.get(frame.command_id) or self._usual(frame.command_id)
        if handler is not None:
            handler(connection, frame, message)
        async with self._changed:
            self.received.append((frame.command_id, message))
            self._changed.notify_all()

    def _usual(self, command_id: int) -> Callable[[FakeConnection, Frame, Any], None] | None:
        return {
            commands.LOGIN.id: self.answer_login,
            commands.LOGOUT.id: self._answer_logout,
            commands.HEARTBEAT.id: self._echo,
            commands.MSG_DATA.id: self.answer_message,
            commands.UNREAD_COUNT.id: self._answer_unread,
            commands.RECENT_SESSIONS.id: self.answer_sessions,
            commands.MSG_LIST.id: self.answer_history,
            commands.LATEST_MSG_ID.id: self._answer_latest,
            commands.TIME.id: self._answer_time,
        }.get(command_id)

    def answer_login(self, connection: FakeConnection, frame: Frame, request: login_pb2.IMLoginReq) -> None:
        connection.login = request
        answer = login_pb2.IMLoginRes(server_time=1, result_code=base.REFUSE_REASON_DB_VALIDATE_FAILED)
        answer.result_string = "用户名/密码错误"
        if request.password == password_digest(PASSWORD):
            answer = login_pb2.IMLoginRes(server_time=1, result_code=0, user_info=user_info(ALICE, "alice"))
        connection.send(commands.LOGIN_REPLY, answer, frame.seq)

    def _answer_logout(self, connection: FakeConnection, frame: Frame, _: Message) -> None:
        connection.send(commands.LOGOUT_REPLY, login_pb2.IMLogoutRsp(result_code=0), frame.seq)
        connection.writer.close()

    def _echo(self, connection: FakeConnection, frame: Frame, message: Message) -> None:
        connection.send(commands.HEARTBEAT, message, frame.seq)

    def answer_message(self, connection: FakeConnection, frame: Frame, data: message_pb2.IMMsgData) -> None:
        """Store once and acknowledge."""
        peer = data.to_session_id
        msg_id = self.by_client_msg_id.get(data.client_msg_id)
        if msg_id is None:
            msg_id = self.store(peer, ALICE, _CIPHER.decrypt(data.msg_data).decode())
            self.by_client_msg_id[data.client_msg_id] = msg_id
        ack = message_pb2.IMMsgDataAck(
            user_id=ALICE,
            session_id=peer,
            msg_id=msg_id,
            session_type=base.SESSION_TYPE_SINGLE,
            client_msg_id=data.client_msg_id,
        )
        connection.send(commands.MSG_DATA_ACK, ack, frame.seq)

    def refuse(self, connection: FakeConnection, frame: Frame, code: int, text: str) -> None:
        notice = extension_pb2.IMErrorNotice(code=code, text=text, command_id=frame.command_id, seq=frame.seq)
        notice.retry_after_ms = 1500
        connection.send(commands.ERROR_NOTICE, notice)

    def _answer_unread(self, connection: FakeConnection, frame: Frame, _: Message) -> None:
        answer = message_pb2.IMUnreadMsgCntRsp(user_id=ALICE, total_cnt=sum(self.unread.values()))
        for peer, count in self.unread.items():
            newest = self.stored[peer][-1]
            answer.unreadinfo_list.add(
                session_id=peer,
                session_type=base.SESSION_TYPE_SINGLE,
                unread_cnt=count,
                latest_msg_id=newest.msg_id,
                latest_msg_data=newest.msg_data,
                latest_msg_type=newest.msg_type,
                latest_msg_from_user_id=peer,
            )
        connection.send(commands.UNREAD_COUNT_REPLY, answer, frame.seq)

    def answer_sessions(self, connection: FakeConnection, frame: Frame, _: Message | None = None) -> None:
        """List every conversation with its newest message."""
        answer = buddy_pb2.IMRecentContactSessionRsp(user_id=ALICE)
        for peer, messages in self.stored.items():
            answer.contact_session_list.add(
                session_id=peer,
                session_type=base.SESSION_TYPE_SINGLE,
                session_status=base.SESSION_STATUS_OK,
                updated_time=1,
                latest_msg_id=messages[-1].msg_id,
                latest_msg_data=messages[-1].msg_data,
                latest_msg_type=messages[-1].msg_type,
                latest_msg_from_user_id=peer,
            )
        connection.send(commands.RECENT_SESSIONS_REPLY, answer, frame.seq)

    def answer_history(
        self, connection: FakeConnection, frame: Frame, request: message_pb2.IMGetMsgListReq
    ) -> None:
        """Give a page, newest first."""
        stored = self.stored[request.session_id]
        upto = request.msg_id_begin or len(stored)
        page = [info for info in reversed(stored) if info.msg_id <= upto]
        answer = message_pb2.IMGetMsgListRsp(
            user_id=ALICE,
            session_type=request.session_type,
            session_id=request.session_id,
            msg_id_begin=request.msg_id_begin,
            msg_list=page[: min(request.msg_cnt, self.largest_page)],
        )
        connection.send(commands.MSG_LIST_REPLY, answer, frame.seq)

    def _answer_latest(
        self, connection: FakeConnection, frame: Frame, request: message_pb2.IMGetLatestMsgIdReq
    ) -> None:
        answer = message_pb2.IMGetLatestMsgIdRsp(
            user_id=ALICE,
            session_type=request.session_type,
            session_id=request.session_id,
            latest_msg_id=len(self.stored[request.session_id]),
        )
        connection.send(commands.LATEST_MSG_ID_REPLY, answer, frame.seq)

    def _answer_time(self, connection: FakeConnection, frame: Frame, _: Message) -> None:
        answer = message_pb2.IMClientTimeRsp(server_time=1_700_000_000)
        connection.send(commands.TIME_REPLY, answer, frame.seq)


def user_info(user_id: int, name: str) -> base.UserInfo:
    return base.UserInfo(
        user_id=user_id,
        user_gender=1,
        user_nick_name=name.title(),
        avatar_url="",
        department_id=1,
        email="",
        user_real_name=name,
        user_tel="",
        user_domain="",
        status=0,
    )
