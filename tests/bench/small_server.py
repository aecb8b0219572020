"""A small server for the generator's tests: no storage, and it can be told to misbehave."""

import asyncio
import json
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from google.protobuf.message import Message

from hongyan.wire import commands as c
from hongyan.wire.frame import Frame, Framer, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import UserInfo
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.group_pb2 import IMGroupCreateReq, IMGroupCreateRsp
from hongyan.wire.pb.login_pb2 import IMLoginReq, IMLoginRes
from hongyan.wire.pb.message_pb2 import IMMsgData, IMMsgDataAck

GROUP = 900


@dataclass
class Faults:
    """What to do wrong, by msg_id."""

    not_delivered: set[int] = field(default_factory=set)
    delivered_twice: set[int] = field(default_factory=set)
    held_back: set[int] = field(default_factory=set)
    skipped_ids: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    cut_off: set[int] = field(default_factory=set)
    wrong_password: bool = False


class Server:
    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.ids: dict[str, int] = {}
        self.online: dict[int, Session] = {}
        self.last_id: defaultdict[tuple[int, ...], int] = defaultdict(int)
        self.members: dict[int, list[int]] = {}
        self.client_ids: set[str] = set()
        self.transports: list[asyncio.Transport] = []


class Session(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self.server = server
        self.framer = Framer()
        self.user_id = 0
        self.held: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        self.server.transports.append(self.transport)

    def data_received(self, data: bytes) -> None:
        for frame in self.framer.feed(data):
            self.handle(frame)

    def send(self, command: c.Command[Message], message: Message, seq: int = 0) -> None:
        self.transport.write(OutboundFrame(command, message, seq).raw)

    def handle(self, frame: Frame) -> None:
        if frame.command_id == c.LOGIN.id:
            self.log_in(frame.decode(c.LOGIN), frame.seq)
        elif frame.command_id == c.HEARTBEAT.id:
            self.transport.write(frame.raw)
        elif frame.command_id == c.GROUP_CREATE.id:
            self.create_group(frame.decode(c.GROUP_CREATE), frame.seq)
        elif frame.command_id == c.MSG_DATA.id:
            self.message(frame.decode(c.MSG_DATA), frame)

    def log_in(self, request: IMLoginReq, seq: int) -> None:
        if self.server.faults.wrong_password:
            self.send(
                c.LOGIN_REPLY, IMLoginRes(server_time=1, result_code=6, result_string="用户名/密码错误"), seq
            )
            return
        self.user_id = self.server.ids.setdefault(request.user_name, len(self.server.ids) + 1)
        self.server.online[self.user_id] = self
        texts = dict.fromkeys(
            ("user_nick_name", "avatar_url", "email", "user_real_name", "user_tel", "user_domain"), ""
        )
        info = UserInfo(user_id=self.user_id, user_gender=0, department_id=0, status=0, **texts)
        self.transport.write(
            OutboundFrame(
                c.LOGIN_REPLY, IMLoginRes(server_time=1, result_code=0, online_status=1, user_info=info), seq
            ).raw
        )

    def create_group(self, request: IMGroupCreateReq, seq: int) -> None:
        group_id = GROUP + len(self.server.members)
        self.server.members[group_id] = list(request.member_id_list)
        reply = IMGroupCreateRsp(
            user_id=self.user_id, result_code=0, group_id=group_id, group_name=request.group_name
        )
        self.send(c.GROUP_CREATE_REPLY, reply, seq)

    def message(self, message: IMMsgData, frame: Frame) -> None:
        faults, to = self.server.faults, message.to_session_id
        is_group = message.msg_type >= 0x11
        key = (to,) if is_group else tuple(sorted((self.user_id, to)))
        self.server.last_id[key] += 1
        while self.server.last_id[key] in faults.skipped_ids:
            self.server.last_id[key] += 1
        msg_id = self.server.last_id[key]
        if message.client_msg_id:
            self.server.client_ids.add(message.client_msg_id)
        if msg_id in faults.refused:
            self.server.last_id[key] -= 1
            faults.refused.discard(msg_id)
            self.send(
                c.ERROR_NOTICE, IMErrorNotice(code=7, text="no", command_id=c.MSG_DATA.id, seq=frame.seq)
            )
            return
        if msg_id in faults.cut_off:
            self.transport.abort()
            return
        message.msg_id, message.from_user_id, message.create_time = msg_id, self.user_id, 1
        ack = IMMsgDataAck(
            user_id=self.user_id, session_id=to, msg_id=msg_id, session_type=2 if is_group else 1
        )
        self.send(c.MSG_DATA_ACK, ack, frame.seq)
        receivers = self.server.members[to] if is_group else [to]
        raw = OutboundFrame(c.MSG_DATA, message).raw
        for receiver in receivers:
            if receiver != self.user_id:
                self.deliver(raw, msg_id, self.server.online[receiver])

    def deliver(self, raw: bytes, msg_id: int, session: "Session") -> None:
        faults = self.server.faults
        if msg_id in faults.not_delivered:
            return
        if msg_id in faults.held_back:
            session.held.append(raw)
            return
        session.transport.write(raw)
        if msg_id in faults.delivered_twice:
            session.transport.write(raw)
        session.transport.writelines(session.held)
        session.held.clear()


class Directory(asyncio.Protocol):
    def __init__(self, port: int) -> None:
        self.port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        assert data.startswith(b"GET /msg_server")
        body = json.dumps({"code": 0, "msg": "", "priorIP": "127.0.0.1", "port": str(self.port)}).encode()
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length:%d\r\n\r\n" % len(body) + body)
        self.transport.close()


@contextmanager
def running(faults: Faults | None = None) -> Iterator[tuple[str, Server]]:
    """Run the server in a thread; yields login_server's URL and the server."""
    server = Server(faults or Faults())
    ready: queue.SimpleQueue[tuple[str, Callable[[], None]]] = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(server, ready)))
    thread.start()
    url, stop = ready.get(timeout=60)
    try:
        yield url, server
    finally:
        stop()
        thread.join()


async def _serve(server: Server, ready: "queue.SimpleQueue[tuple[str, Callable[[], None]]]") -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    msg = await loop.create_server(lambda: Session(server), "127.0.0.1", 0)
    http = await loop.create_server(lambda: Directory(msg.sockets[0].getsockname()[1]), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{http.sockets[0].getsockname()[1]}"
    ready.put((url, lambda: cast("None", loop.call_soon_threadsafe(stopped.set))))
    await stopped.wait()
    for transport in server.transports:
        transport.abort()
    for listener in (msg, http):
        listener.close()
        await listener.wait_closed()
