"""Replays who connects to a server: msg_servers, clients that ask where to go, clients with a file."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from hongyan.testing import Event, Http, Note, Pdu, Transcript
from hongyan.testing.peers import SERVER_HEADER
from hongyan.wire import commands
from hongyan.wire.commands import COMMANDS
from hongyan.wire.frame import HEADER_BYTES
from hongyan.wire.pb.buddy_pb2 import IMUsersStatReq
from hongyan.wire.pb.login_pb2 import IMMsgServReq
from hongyan.wire.pb.other_pb2 import IMHeartBeat

from .compare import CLOSED, Clock
from .processes import Process
from .scenario import Outcome, without_server_heartbeats
from .wires import DEADLINE_S, Wire

FENCE_SEQ = 0xFE00
PATIENCE_S = 3.0
PORTS = {"client>login-tcp": "login_client", "msg>file": "file_msg", "msg2>file": "file_msg"}
"""The ready file's name of the port that a link goes to, where it is not the role's."""
HEARTBEAT = SERVER_HEADER.frame(commands.HEARTBEAT, IMHeartBeat())


@dataclass
class Callers:
    """Everybody who is connected to one server."""

    process: Process
    role: str
    outcome: Outcome
    wires: dict[str, Wire] = field(default_factory=dict)
    connected: list[Wire] = field(default_factory=list)
    _answer: str = ""
    _recorded_tasks: list[str] = field(default_factory=list)
    _tasks: list[str] = field(default_factory=list)
    _pushes: int = 0
    """Requests to push_server that were not answered yet."""

    async def replay(self, transcript: Transcript) -> None:
        records = [
            record
            for record in without_server_heartbeats(transcript)
            if isinstance(record, Note) or record.link.rpartition(">")[2].partition("-")[0] == self.role
        ]
        await self._connect_who_was_there(records)
        for record in records:
            if self.role == "file" and (isinstance(record, Note) or record.from_connecting):
                await self._what_was_recorded_so_far()
            if isinstance(record, Note):
                self._end_step(record.n)
            elif isinstance(record, Http):
                await self._http(record)
            elif record.from_connecting:
                await self._do(record)
            elif isinstance(record, Event):
                await self._restarted(record)
            else:
                self.outcome.expect(_place(record), record)
                if isinstance(record, Pdu) and record.command_id == commands.FILE_TRANSFER_REPLY.id:
                    self._recorded_tasks.append(_task_of(record.raw, record.command_id))
        if self.role == "file":
            await self._what_was_recorded_so_far()
        self._end_step(0)

    async def _connect_who_was_there(self, records: list[Pdu | Event | Http | Note]) -> None:
        opened, there = set(), dict[str, Pdu | Event]()
        for record in records:
            if isinstance(record, Pdu | Event) and not record.link.startswith("client>"):
                place = _place(record)
                if isinstance(record, Event) and record.is_open:
                    opened.add(place)
                elif place not in opened:
                    there.setdefault(place, record)
        for record in there.values():
            await self._open(record)

    async def _open(self, record: Pdu | Event) -> None:
        name = PORTS.get(record.link, self.role)
        wire = self.wires[_place(record)] = await self._connect(name)
        if not record.link.startswith("client>"):
            wire.write(HEARTBEAT)  # by which an original is let in
            await self._fence()

    async def _connect(self, name: str) -> Wire:
        wire = await Wire.connect(self.process.ports[name])
        self.connected.append(wire)
        return wire

    async def _do(self, record: Pdu | Event) -> None:
        if isinstance(record, Event):
            if record.is_open:
                await self._open(record)
            elif (wire := self.wires.pop(_place(record), None)) is not None:
                self._collect()
                wire.close()
        else:
            self.wires[_place(record)].write(self._with_task(record))
            self._pushes += record.command_id == commands.PUSH_TO_USERS.id
            if record.link == "client>login-tcp":
                await self.wires[_place(record)].wait_for_end()
        await self._fence()
        self._collect()

    async def _restarted(self, record: Event) -> None:
        """The server closed: a client that has its answer, or everybody because it was killed."""
        if record.link.startswith("client>"):
            if record.link != "client>login-http":  # that it ends is how its answer is read
                self.outcome.expect(_place(record), record)
            return
        wire = self.wires.pop(_place(record), None)
        if wire is not None:
            self._collect()
            wire.close()
            await self._fence()

    # Knowing that the server has done what it was told.

    async def _fence(self) -> None:
        if self.role == "route":
            for wire in self.wires.values():
                request = IMUsersStatReq(user_id=0, user_id_list=[0])
                wire.write(SERVER_HEADER.frame(commands.USERS_STATUS, request, FENCE_SEQ))
                await wire.wait_for(commands.USERS_STATUS_REPLY.id, FENCE_SEQ)
        elif self.role == "file":
            for wire in self.wires.values():
                wire.write(SERVER_HEADER.frame(commands.HEARTBEAT, IMHeartBeat(), FENCE_SEQ))
                await wire.wait_for(commands.HEARTBEAT.id, FENCE_SEQ)
        elif self.role == "push":
            async with asyncio.timeout(DEADLINE_S):
                while self._pushes:
                    await asyncio.sleep(0.01)
                    self._collect()
        else:
            asker = await self._connect("login_client")
            asker.write(SERVER_HEADER.frame(commands.MSG_SERVER, IMMsgServReq(), FENCE_SEQ))
            await asker.wait_for(commands.MSG_SERVER_REPLY.id, FENCE_SEQ)
            asker.close()
        for _ in range(5):
            await asyncio.sleep(0)

    def _collect(self) -> None:
        for place, wire in self.wires.items():
            frames, wire.frames = wire.frames, []
            for frame in frames:
                if frame.command_id == commands.FILE_TRANSFER_REPLY.id:
                    self._tasks.append(_task_of(frame.raw, frame.command_id))
                if frame.command_id != commands.HEARTBEAT.id or place.startswith("client>"):
                    self.outcome.came_on(place, frame.raw)
                self._pushes -= frame.command_id == commands.PUSH_TO_USERS_REPLY.id
            if wire.is_closed and place.startswith("client>") and not wire.is_end_noted:
                wire.is_end_noted = True
                self.outcome.came_on(place, CLOSED)

    def _end_step(self, next_step: int) -> None:
        self._collect()
        self.outcome.end_step(next_step)

    # Files: the disk takes its time, and the server names the transfers anew.

    async def _what_was_recorded_so_far(self) -> None:
        """Wait until as much came as was recorded, or it is clear that it does not."""
        end = time.monotonic() + PATIENCE_S
        self._collect()
        while self.outcome.has_less_than_recorded() and time.monotonic() < end:
            await asyncio.sleep(0.01)
            self._collect()

    def _with_task(self, record: Pdu) -> bytes:
        tasks = dict(zip(self._recorded_tasks, self._tasks, strict=False))
        message = COMMANDS[record.command_id].message.FromString(record.payload)
        task = tasks.get(getattr(message, "task_id", ""))
        if task is None:
            return record.raw
        message.task_id = task
        return record.raw[:HEADER_BYTES] + message.SerializePartialToString()  # ids are of one length

    # HTTP: the answer as a whole.

    async def _http(self, record: Http) -> None:
        if record.from_connecting:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.process.ports["login_http"])
            writer.write(record.text.encode())
            async with asyncio.timeout(DEADLINE_S):
                self._answer = (await reader.read()).decode()
            writer.close()
            await writer.wait_closed()
        elif _meaning(record.text) != _meaning(self._answer):
            self.outcome.deviations.append(f"{record.link} {record.conn}\t{record.n} http")


def _task_of(raw: bytes, command_id: int) -> str:
    task: str = COMMANDS[command_id].message.FromString(raw[HEADER_BYTES:]).task_id
    return task


def _place(record: Pdu | Event) -> str:
    return f"{record.link} {record.conn}"


def _meaning(text: str) -> object:
    head, _, body = text.partition("\r\n\r\n")
    status, *headers = head.split("\r\n")
    fields = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in headers)
    }
    del fields["content-length"]
    fields.pop("date", None)
    fields.pop("server", None)
    return status, fields, json.loads(body), [line.strip() for line in body.splitlines()]


async def replay_accepting(process: Process, transcript: Transcript, role: str) -> list[str]:
    """Return what the server did differently."""
    outcome = Outcome(Clock(transcript.head.started))
    callers = Callers(process, role, outcome)
    try:
        await callers.replay(transcript)
    finally:
        for wire in callers.connected:
            await wire.end()
    return outcome.deviations
