"""A running file_server on free ports, in this process, and clients that say what a test has them say."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from google.protobuf.message import Message

from hongyan.cluster.pdu import ClusterTrust
from hongyan.config import FileConfig
from hongyan.metrics import Metrics
from hongyan.reactor.reactor import Reactor
from hongyan.roles.file.server import FileServer
from hongyan.testing.runtime import SECRET, open_runtime
from hongyan.wire import commands
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.in_place import InPlaceFramer
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2, server_pb2

M = TypeVar("M", bound=Message)
ANNA, BOB = 5, 6
PATIENCE_S = 20


class Talker:
    """A connection that sends what it is told to and waits for what it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._framer = InPlaceFramer()
        self._frames: list[Frame] = []

    @classmethod
    async def connect(cls, address: tuple[str, int]) -> Self:
        return cls(*await asyncio.open_connection(*address))

    def send(self, command: Command[M], message: M, seq: int = 1) -> None:
        self.writer.write(OutboundFrame(command, message, seq).raw)

    async def next(self, command: Command[M]) -> M:
        """The next frame, which is to be of this command."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._frames:
                data = await self._reader.read(min(65536, len(self._framer.room())))
                assert data, f"closed instead of {command.name}"
                self._framer.room()[: len(data)] = data
                self._frames += self._framer.filled(len(data))
        frame = self._frames.pop(0)
        assert frame.command_id == command.id, hex(frame.command_id)
        return frame.decode(command)

    async def rest(self) -> bytes:
        """Everything up to the end of the connection, which the server is to close."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self._reader.read()
            except ConnectionError:
                return b""


class Noticing(Metrics):
    """Counters that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.counted_one = asyncio.Event()

    def count(self, name: str, label: str) -> None:
        super().count(name, label)
        self.counted_one.set()


@dataclass
class Running:
    """A file_server with a link to it."""

    clients: tuple[str, int]
    link: Talker
    metrics: Noticing
    talkers: list[Talker] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    async def connect(self) -> Talker:
        """Connect as a client; the connection ends with the server."""
        client = await Talker.connect(self.clients)
        self.talkers.append(client)
        return client

    async def transfer(self, size: int, *, is_online: bool = False) -> str:
        """Have a transfer from Anna to Bob made; return its id."""
        request = server_pb2.IMFileTransferReq(
            from_user_id=ANNA,
            to_user_id=BOB,
            file_name="name",
            file_size=size,
            trans_mode=base.FILE_TYPE_ONLINE if is_online else base.FILE_TYPE_OFFLINE,
        )
        self.link.send(commands.FILE_TRANSFER, request)
        return (await self.link.next(commands.FILE_TRANSFER_REPLY)).task_id

    async def login(self, task_id: str, user_id: int, role: int, result: int = 0, **more: Any) -> Talker:
        """Join a transfer, or be refused."""
        client = await self.connect()
        login = file_pb2.IMFileLoginReq(
            user_id=user_id, task_id=task_id, file_role=base.ClientFileRole.ValueType(role), **more
        )
        client.send(commands.FILE_LOGIN, login)
        assert (await client.next(commands.FILE_LOGIN_REPLY)).result_code == result
        return client

    async def refuses(self, client: Talker, reason: str) -> bytes:
        """Wait until the server closes a connection for this reason; return what it said."""
        self.refused[reason] += 1
        said = await client.rest()
        client.writer.close()
        async with asyncio.timeout(PATIENCE_S):
            while self.metrics.counts["connections_closed", f"file:{reason}"] < self.refused[reason]:
                await self.metrics.counted_one.wait()
                self.metrics.counted_one.clear()
        return said


@asynccontextmanager
async def open_file_server(folder: Path, **settings: Any) -> AsyncIterator[Running]:
    """A file_server that keeps its files in ``folder``."""
    usual = {"port": 0, "msg_port": 0, "directory": str(folder), "min_free_bytes": 0}
    config, metrics = FileConfig(**(usual | settings)), Noticing()
    trust = ClusterTrust(SECRET, frozenset({"127.0.0.1"}))
    async with open_runtime(Reactor(metrics), trust) as runtime:
        server = FileServer(runtime, config)
        addresses = await server.start()
        link = await Talker.connect(addresses["file_msg"])
        running = Running(addresses["file"], link, metrics)
        try:
            yield running
        finally:
            for talker in (link, *running.talkers):
                talker.writer.transport.abort()
            server.stop()
            server.close()
