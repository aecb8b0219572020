"""The neighbours of a msg_server under test: login_server, route_server, and as many db_proxies as wanted."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast

from hongyan.cluster.connector import listen_for_links
from hongyan.cluster.discovery.discovery import Discovery
from hongyan.config import DiscoveryConfig, MsgConfig
from hongyan.reactor.reactor import Listener
from hongyan.roles.msg.server import MsgServer
from hongyan.roles.runtime import Runtime
from hongyan.testing import FakeClockLoop, MemoryReactor, RecordingClient, RecordingRole, open_runtime
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import CLIENT_TYPE_WINDOWS, USER_STATUS_ONLINE, UserInfo
from hongyan.wire.pb.login_pb2 import IMLoginReq
from hongyan.wire.pb.message_pb2 import IMMsgData
from hongyan.wire.pb.server_pb2 import IMValidateRsp

MSG, LOGIN, ROUTE, FIRST_FILE, FIRST_DB = 8000, 8100, 8200, 8600, 10600


class DbProxy(RecordingRole):
    """A db_proxy that answers when the test says so; it may come and go."""

    def __init__(self, runtime: Runtime, port: int) -> None:
        super().__init__(Node.DB_PROXY)
        self._runtime = runtime
        self._port = port
        self._listener: Listener | None = None

    async def start(self) -> None:
        self._listener = await listen_for_links(
            self, (("127.0.0.1",), self._port), self._runtime.reactor, self._runtime.trust
        )

    def die(self) -> None:
        """The process is killed: its links are gone, and nothing listens."""
        assert self._listener is not None
        self._listener.close()
        for link in list(self.links):
            link.close("killed")

    def take_messages(self) -> list[IMMsgData]:
        """What was to be stored; everything else that waits is dropped."""
        frames = [frame for frame in self.take() if frame.command_id == commands.MSG_DATA.id]
        return [frame.decode(commands.MSG_DATA) for frame in frames]

    def store(self, frame: Frame, msg_id: int, **fields: object) -> None:
        """Answer a message on the newest link."""
        message = IMMsgData()
        message.CopyFrom(frame.decode(commands.MSG_DATA))
        message.msg_id = msg_id
        for name, value in fields.items():
            setattr(message, name, value)
        self.send(commands.MSG_DATA, message, frame.seq)


class Place:
    """A msg_server with its neighbours."""

    def __init__(
        self, runtime: Runtime, proxies: list[DbProxy], route: RecordingRole, files: RecordingRole
    ) -> None:
        self.runtime = runtime
        self.proxies = proxies
        self.route = route
        self.files = files
        self.loop = cast(FakeClockLoop, asyncio.get_running_loop())

    async def settle(self) -> None:
        await self.loop.settle()

    def client(self) -> RecordingClient:
        network = cast(MemoryReactor, self.runtime.reactor).network
        return RecordingClient.connect(network, ("127.0.0.1", MSG))

    async def log_in(self, user_id: int) -> RecordingClient:
        client = self.client()
        client.send(commands.LOGIN, login_request(f"u{user_id}"))
        await self.settle()
        for proxy in self.proxies:
            for link, frame in proxy.take_with_links():
                link.send(OutboundFrame(commands.VALIDATE_REPLY, welcome(user_id, frame)))
        await self.settle()
        assert [frame.command_id for frame in client.take()] == [commands.LOGIN_REPLY.id]
        return client


def login_request(name: str) -> IMLoginReq:
    return IMLoginReq(
        user_name=name, password="x", online_status=USER_STATUS_ONLINE, client_type=CLIENT_TYPE_WINDOWS
    )


def welcome(user_id: int, frame: Frame) -> IMValidateRsp:
    request = frame.decode(commands.VALIDATE)
    info = UserInfo(
        user_id=user_id,
        user_gender=1,
        user_nick_name="n",
        avatar_url="",
        department_id=1,
        email="",
        user_real_name=request.user_name,
        user_tel="",
        user_domain="",
        status=0,
    )
    return IMValidateRsp(
        user_name=request.user_name,
        result_code=0,
        result_string="",
        user_info=info,
        attach_data=request.attach_data,
    )


@asynccontextmanager
async def open_place(entries: str, running: str | None = None, file_servers: int = 0) -> AsyncIterator[Place]:
    """Start a msg_server whose db_proxies are `entries`, a letter for each; those in `running` are there.

    Its file_servers are one role with a link for each.
    """
    letters = sorted(set(entries))
    ports: Mapping[str, int] = {letter: FIRST_DB + place for place, letter in enumerate(letters)}
    async with open_runtime() as runtime:
        route, login, files = (RecordingRole(node) for node in (Node.ROUTE, Node.LOGIN, Node.FILE))
        file_ports = range(FIRST_FILE, FIRST_FILE + file_servers)
        for role, port in ((route, ROUTE), (login, LOGIN), *((files, port) for port in file_ports)):
            await listen_for_links(role, (("127.0.0.1",), port), runtime.reactor, runtime.trust)
        proxies = [DbProxy(runtime, ports[letter]) for letter in letters]
        for letter, proxy in zip(letters, proxies, strict=True):
            if letter in (running or entries):
                await proxy.start()
        config = MsgConfig(
            port=MSG,
            websocket=False,
            db_proxies=tuple(f"127.0.0.1:{ports[letter]}" for letter in entries),
            db_connections=1,
            file_servers=tuple(f"127.0.0.1:{port}" for port in file_ports),
        )
        server = MsgServer(runtime, config)
        await server.start()
        server.connect(
            frozenset({Node.DB_PROXY, Node.LOGIN, Node.ROUTE, Node.FILE}),
            Discovery(DiscoveryConfig(), runtime.tasks),
        )
        place = Place(runtime, proxies, route, files)
        await place.settle()
        yield place
