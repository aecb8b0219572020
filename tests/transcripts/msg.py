"""Replays the neighbours of msg_server: its clients, db_proxy, login_server, route_server and push_server."""

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from hongyan.testing import Event, Note, Pdu, Transcript
from hongyan.testing.peers import SERVER_HEADER
from hongyan.wire import commands
from hongyan.wire.attach import AttachType, unpack_attach
from hongyan.wire.commands import COMMANDS
from hongyan.wire.frame import HEADER_BYTES, InboundFrame
from hongyan.wire.pb.base_define_pb2 import IpAddr
from hongyan.wire.pb.buddy_pb2 import IMUsersStatRsp
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.login_pb2 import IMLoginReq
from hongyan.wire.pb.other_pb2 import IMHeartBeat
from hongyan.wire.pb.server_pb2 import IMFileServerIPRsp

from .compare import CLOSED, Clock
from .processes import Process
from .scenario import HEARTBEAT, Outcome, without_server_heartbeats
from .wires import FakeServer, Wire

DB_LINKS = 4
FENCE = "the fence"
ECHO_SEQ = 0xF000
UNFENCED_S = 0.05
"""While not all neighbours are there nobody can log in, so there is no fence, and time has to do."""
LATE_S = 5.0
"""So much later may come what follows on something without a fence; only what does not come takes so long."""
FILE_PORT = 8600
"""Where the recorded file_server's clients go."""
PUSH_S = 5.0
"""Questions about pushes, and pushes, gather for a tenth of a second."""
PRESENCE_S = 2.0
"""Notices of presence may be held back for half a second."""


@dataclass
class Asked:
    """A request that came from msg_server and was not answered yet."""

    wire: Wire
    frame: InboundFrame
    attach: bytes


@dataclass
class Neighbours:
    """Everybody around one msg_server; ``me`` is its name in the recording."""

    process: Process
    me: str
    outcome: Outcome
    clients: dict[str, Wire] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    handles: dict[bytes, bytes] = field(default_factory=dict)
    kept: list[Pdu] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db, self.push = f"{self.me}>db", f"{self.me}>push"
        ports = self.process.ports
        self.servers = {
            f"{self.me}>{short}": FakeServer(ports[role])
            for short, role in (
                ("db", "db_proxy"),
                ("login", "login"),
                ("route", "route"),
                ("file", "file_msg"),
                ("push", "push"),
            )
        }
        self._fence: Wire | None = None
        self._fence_attach = b""
        self._had_no_fence = False
        self._numbers = itertools.count(ECHO_SEQ)
        self._closed: set[str] = set()
        self._callers: list[Wire] = []

    async def end(self) -> None:
        """Leave no socket behind."""
        for server in self.servers.values():
            await server.end()
        for wire in self._callers:
            await wire.end()

    # Replaying.

    async def replay(self, transcript: Transcript) -> None:
        records = [
            record
            for record in without_server_heartbeats(transcript)
            if isinstance(record, Note) or record.link in {*self.servers, f"client>{self.me}"}
        ]
        if not any(not isinstance(record, Note) and record.link == self.push for record in records):
            del self.servers[self.push]
        await self._start_servers(transcript, records)
        for record in records:
            if isinstance(record, Note):
                await self._end_step(record.n)
            elif self._is_input(record):
                await self._do(record)
            elif isinstance(record, Event) and record.is_open:
                await self._wait_for_link(record)
            else:
                assert isinstance(record, Pdu | Event)
                self.outcome.expect(self._place(record), record)
        await self._end_step(0)

    async def _end_step(self, next_step: int) -> None:
        await self._presence()
        await self._pushes()
        await self._late()
        self.kept.clear()
        self.outcome.end_step(next_step)

    async def _late(self) -> None:
        """Wait for what msg_server has not done yet of a step in which something had no fence."""
        end = time.monotonic() + LATE_S
        while self._had_no_fence and self.outcome.has_less_than_recorded() and time.monotonic() < end:
            await asyncio.sleep(0.01)
            self._collect()
        self._had_no_fence = False

    async def _presence(self) -> None:
        """Let notices of presence arrive, so that nobody who comes later gets one of before."""
        self._collect()
        end = time.monotonic() + PRESENCE_S
        while self.outcome.lacks(commands.STATUS_NOTIFY.id) and time.monotonic() < end:
            await asyncio.sleep(0.01)
            self._collect()

    async def _pushes(self) -> None:
        """Answer the questions of a round of pushes as they come, and wait for the pushes."""
        end = time.monotonic() + PUSH_S
        while self.push in self.servers and self._waits_for_pushes() and time.monotonic() < end:
            await asyncio.sleep(0.01)
            self._collect()
            for answer in list(self.kept):
                asked = next((a for a in self.asked if a.frame.command_id == answer.command_id - 1), None)
                if asked is not None:
                    self.asked.remove(asked)
                    self.kept.remove(answer)
                    asked.wire.write(_with_attach(answer, asked.attach))
                    await self._settle()
        self._collect()

    def _waits_for_pushes(self) -> bool:
        """Whether a question about tokens, its answer, or somebody's push is still to come."""
        asks = commands.DEVICE_TOKENS.id
        has_asked = self.outcome.has(self.db, asks)
        is_answered = all(answer.command_id != commands.DEVICE_TOKENS_REPLY.id for answer in self.kept)
        wanted, pushed = (sum(map(_phones, raws)) for raws in self.outcome.raws(self.push))
        return self.outcome.wants(self.db, asks) and not (has_asked and is_answered and pushed >= wanted)

    async def _start_servers(self, transcript: Transcript, records: list[Any]) -> None:
        later = {
            record.link
            for record in records
            if isinstance(record, Event) and record.is_open and record.conn == "1"
        }
        if "file" not in transcript.head.servers:
            del self.servers[f"{self.me}>file"]
        for link, server in self.servers.items():
            if link not in later:
                await server.up()
        await asyncio.to_thread(self.process.start)
        for link, server in self.servers.items():
            if link not in later:
                await server.wait_for_links(DB_LINKS if link.endswith("db") else 1)
        await self._settle()
        if not later:
            await self._raise_fence()
        if f"{self.me}>file" in self.servers.keys() - later:
            await self._say_where_files_go(self.servers[f"{self.me}>file"].live[0])
        for server in self.servers.values():
            for wire in server.links:
                wire.frames.clear()

    async def _say_where_files_go(self, wire: Wire) -> None:
        """Answer what msg_server asks when the link opens, before the recording begins."""
        await wire.wait_for(commands.FILE_SERVER_ADDRESS.id, 0)
        answer = IMFileServerIPRsp(ip_addr_list=[IpAddr(ip="127.0.0.1", port=FILE_PORT)])
        wire.write(SERVER_HEADER.frame(commands.FILE_SERVER_ADDRESS_REPLY, answer))
        await asyncio.sleep(UNFENCED_S)

    def _is_input(self, record: Any) -> bool:
        if record.link.startswith("client>"):
            return bool(record.from_connecting)
        return not record.from_connecting

    @staticmethod
    def _place(record: Pdu | Event) -> str:
        if not record.link.startswith("client>"):
            return record.link
        place = f"{record.link} {record.conn}"
        is_presence = isinstance(record, Pdu) and record.command_id == commands.STATUS_NOTIFY.id
        return f"{place} presence" if is_presence else place

    async def _do(self, record: Any) -> None:
        if record.link.startswith("client>"):
            await self._as_client(record)
        elif isinstance(record, Event):
            self.servers[record.link].down()
            await self._settle()
        elif _is_about_pushes(record):
            self.kept.append(record)  # ours asks later, and in another order
        else:
            await self._as_server(record)
        self._collect()

    async def _as_client(self, record: Pdu | Event) -> None:
        await self._pushes()  # what the client does now must not change what was decided before
        if isinstance(record, Event) and record.is_open:
            await self._presence()
            self._closed.discard(record.conn)
            self.clients[record.conn] = await self._connect(record.conn)
            return
        wire = self.clients[record.conn]
        if isinstance(record, Event):
            await self._presence()
            self._closed.add(record.conn)
            wire.close()
            await wire.wait_for_end()
            # The end may be read in the turn of the first echo, and take one turn more to be dealt with;
            # what is said of it is on its way when the third echo comes.
            for _ in range(3):
                await self._settle()
            return
        wire.write(record.raw)
        await self._echo(wire)
        await self._settle()

    async def _connect(self, name: str) -> Wire:
        wire = await Wire.connect(self.process.ports["msg"], name)
        self._callers.append(wire)
        return wire

    async def _as_server(self, record: Pdu) -> None:
        server = self.servers[record.link]
        raw, wire = record.raw, _nth(server.live, record.conn)
        if "attach_data" in COMMANDS[record.command_id].message.DESCRIPTOR.fields_by_name and _is_answer(
            record
        ):
            asked = self._find_asked(record)
            if asked is None:
                return  # what it answers was never asked, which is noted already
            wire, raw = asked.wire, _with_attach(record, asked.attach)
        if wire is not None:
            wire.write(raw)
            await self._fence_link(record.link, wire)

    def _find_asked(self, answer: Pdu) -> Asked | None:
        request = answer.command_id - (answer.command_id != commands.MSG_DATA.id)
        theirs = _attach_of(answer.raw, answer.command_id)
        fitting = [
            asked
            for asked in self.asked
            if asked.frame.command_id == request
            and asked.frame.seq == answer.seq
            and asked.attach[:4] == theirs[:4]
        ] or [
            asked
            for asked in self.asked
            if (asked.frame.command_id, asked.frame.seq) == (request, answer.seq)
        ]
        if not fitting:
            return None
        known = self.handles.get(theirs[4:8])
        asked = next((asked for asked in fitting if asked.attach[4:8] == known), fitting[0])
        self.handles.setdefault(theirs[4:8], asked.attach[4:8])
        self.asked.remove(asked)
        return asked

    async def _wait_for_link(self, record: Event) -> None:
        server = self.servers[record.link]
        if not server.links:
            for other in self.servers.values():
                await other.up()  # they come together, or the schedule of reconnecting would take its time
        await server.up()
        await server.wait_for_links(DB_LINKS if record.link.endswith("db") else 1)
        if not record.link.endswith("db"):
            await server.live[-1].wait_for_any()  # msg_server introduces itself
        await self._settle()
        self._collect()

    # Knowing that msg_server has done what it was told.

    async def _echo(self, wire: Wire) -> None:
        seq = next(self._numbers)
        wire.write(SERVER_HEADER.frame(commands.HEARTBEAT, IMHeartBeat(), seq))
        await wire.wait_for(HEARTBEAT, seq)

    async def _settle(self) -> None:
        if self._fence is None or self._fence.is_closed:
            self._fence = await self._connect(FENCE)
            self._fence_attach = b""
        await self._echo(self._fence)
        for _ in range(5):
            await asyncio.sleep(0)

    async def _fence_link(self, link: str, wire: Wire) -> None:
        """Send something on the link that comes out at the fence, behind all that it brought before."""
        await self._settle()
        if not self._fence_attach:
            await self._raise_fence()
        fence, attach = self._fence, self._fence_attach
        if fence is None or not attach or link.endswith(("login", "file", "push")):
            self._had_no_fence |= not link.endswith("push")  # pushes are waited for anyway
            await asyncio.sleep(UNFENCED_S)
            return
        seq = next(self._numbers)
        if link.endswith("db"):
            notice = IMErrorNotice(code=1, text=FENCE, attach_data=attach)
            wire.write(SERVER_HEADER.frame(commands.ERROR_NOTICE, notice))
            await fence.wait_for(commands.ERROR_NOTICE.id, 0)
        else:
            reply = IMUsersStatRsp(user_id=1, attach_data=attach)
            wire.write(SERVER_HEADER.frame(commands.USERS_STATUS_REPLY, reply, seq))
            await fence.wait_for(commands.USERS_STATUS_REPLY.id, seq)
        await self._settle()

    async def _raise_fence(self) -> None:
        """The fence stays on the threshold: it has asked to log in, so it has a handle, and is nobody."""
        assert self._fence is not None
        request = IMLoginReq(user_name=FENCE, password="x", online_status=1, client_type=1)
        self._fence.write(SERVER_HEADER.frame(commands.LOGIN, request, next(self._numbers)))
        await self._settle()
        for wire in self.servers[f"{self.me}>db"].live:
            for frame in list(wire.frames):
                if _is_of_fence(frame):
                    wire.frames.remove(frame)
                    self._fence_attach = _attach_of(frame.raw, frame.command_id)

    # What came.

    def _collect(self) -> None:
        for conn, wire in self.clients.items():
            self._take(f"client>{self.me} {conn}", wire)
            if wire.is_closed and conn not in self._closed:
                self._closed.add(conn)
                self.outcome.came_on(f"client>{self.me} {conn}", CLOSED)
        for link, server in self.servers.items():
            for wire in server.links:
                self._take(link, wire)

    def _take(self, place: str, wire: Wire) -> None:
        frames, wire.frames = wire.frames, []
        frames = [frame for frame in frames if not _is_of_fence(frame)]
        is_link = not place.startswith("client>")
        for frame in frames:
            if is_link and frame.command_id == HEARTBEAT:
                continue
            # Notices of presence may come a little later, so their place among the others does not count.
            is_presence = frame.command_id == commands.STATUS_NOTIFY.id
            self.outcome.came_on(f"{place} presence" if is_presence else place, frame.raw)
            if is_link:
                self.asked.append(Asked(wire, frame, _attach_of(frame.raw, frame.command_id)))


def _is_answer(record: Pdu) -> bool:
    """Whether msg_server asked for it; what another msg_server relays is not an answer."""
    return not (record.link.endswith("route") and record.command_id == commands.MSG_DATA.id)


def _is_about_pushes(record: Pdu) -> bool:
    """Whether it answers a question that is asked for pushes only."""
    if record.command_id == commands.USERS_STATUS_REPLY.id:
        return unpack_attach(_attach_of(record.raw, record.command_id)).type == AttachType.PUSH
    return record.command_id in {commands.DEVICE_TOKENS_REPLY.id, commands.GROUP_SHIELDS_REPLY.id}


def _phones(raw: bytes) -> int:
    """How many phones a frame to push_server wakes."""
    return len(commands.PUSH_TO_USERS.message.FromString(raw[HEADER_BYTES:]).user_token_list)


def _is_of_fence(frame: InboundFrame) -> bool:
    if frame.command_id != commands.VALIDATE.id:
        return False
    return bool(frame.decode(commands.VALIDATE).user_name == FENCE)


def _attach_of(raw: bytes, command_id: int) -> bytes:
    message = COMMANDS[command_id].message.FromString(raw[HEADER_BYTES:])
    attach: bytes = getattr(message, "attach_data", b"")
    return attach


def _with_attach(record: Pdu, attach: bytes) -> bytes:
    message = COMMANDS[record.command_id].message.FromString(record.payload)
    if attach:
        message.attach_data = attach
    body = message.SerializePartialToString()
    return (HEADER_BYTES + len(body)).to_bytes(4, "big") + record.raw[4:HEADER_BYTES] + body


def _nth(wires: list[Wire], conn: str) -> Wire | None:
    return wires[(int(conn) - 1) % len(wires)] if wires else None


async def replay_msg(process: Process, transcript: Transcript, me: str) -> list[str]:
    """Return what msg_server did differently."""
    outcome = Outcome(Clock(transcript.head.started))
    neighbours = Neighbours(process, me, outcome)
    try:
        await neighbours.replay(transcript)
    finally:
        await neighbours.end()
    return outcome.deviations
