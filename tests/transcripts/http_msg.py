"""Replays the neighbours of http_msg_server: who asks over HTTP, db_proxy, and route_server."""

import asyncio
from dataclasses import dataclass, field

from hongyan.testing import Http, Note, Pdu, Transcript
from hongyan.wire.commands import COMMANDS, ROLE_SET
from hongyan.wire.frame import HEADER_BYTES, InboundFrame

from .compare import Clock, differences
from .processes import Process
from .scenario import without_server_heartbeats
from .wires import DEADLINE_S, FakeServer, Wire

CLIENT = "client>http_msg"


@dataclass
class HttpMsgNeighbours:
    """Everybody around http_msg_server; ``deviations`` is all that differs from the recording."""

    process: Process
    clock: Clock
    deviations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db = FakeServer(self.process.ports["db_proxy"])
        self.route = FakeServer(self.process.ports["route"])
        self._asked: tuple[Wire, bytes] | None = None
        self._http: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def replay(self, transcript: Transcript) -> None:
        """Play everybody else's part, in the recorded order."""
        await self._start()
        for record in without_server_heartbeats(transcript):
            if isinstance(record, Note) or record.link not in {CLIENT, "http_msg>db", "http_msg>route"}:
                continue
            if isinstance(record, Http):
                await (self._ask(record) if record.from_connecting else self._answered(record))
            elif isinstance(record, Pdu):
                await (self._expect(record) if record.from_connecting else self._tell(record))
            elif record.link == "http_msg>db" and not record.is_open:
                await self._lose_db()

    async def end(self) -> None:
        """Leave no socket behind."""
        self._hang_up()
        await self.db.end()
        await self.route.end()

    async def _start(self) -> None:
        await self.db.up()
        await self.route.up()
        await asyncio.to_thread(self.process.start)
        await self.db.wait_for_links(1)
        await self.route.wait_for_links(1)
        await self._take(self.route, ROLE_SET.id)

    async def _ask(self, record: Http) -> None:
        self._hang_up()
        self._http = await asyncio.open_connection("127.0.0.1", self.process.ports["http_msg"])
        self._http[1].write(record.text.encode())

    async def _answered(self, record: Http) -> None:
        assert self._http is not None
        async with asyncio.timeout(DEADLINE_S):
            answer = (await self._http[0].read()).decode()
        (head, _, body), (their_head, _, their_body) = (
            text.partition("\r\n\r\n") if text.startswith("HTTP/") else ("", "", text)
            for text in (answer, record.text)
        )
        if body != their_body:
            self.deviations.append(f"{CLIENT}\t{record.n} body")
        if _headers(head) != _headers(their_head):
            self.deviations.append(f"{CLIENT}\t{record.n} headers")

    async def _expect(self, record: Pdu) -> None:
        server = self.db if record.link == "http_msg>db" else self.route
        wire, frame = await self._take(server, record.command_id)
        message = frame.decode(COMMANDS[record.command_id])
        recorded = COMMANDS[record.command_id].message.FromString(record.raw[HEADER_BYTES:])
        if record.link == "http_msg>db":
            self._asked = wire, bytes(message.attach_data)
            message.attach_data = recorded.attach_data  # everybody's own, and echoed unread
        body = message.SerializeToString()
        came = (HEADER_BYTES + len(body)).to_bytes(4, "big") + frame.raw[4:HEADER_BYTES] + body
        found = differences([record], [came], self.clock, record.n)
        self.deviations += [f"{record.link}\t{difference}" for difference in found]

    async def _tell(self, record: Pdu) -> None:
        if record.link == "http_msg>route":
            self.route.live[0].write(record.raw)
            return
        assert self._asked is not None
        wire, attach = self._asked
        reply = COMMANDS[record.command_id].message.FromString(record.raw[HEADER_BYTES:])
        reply.attach_data = attach
        body = reply.SerializeToString()
        wire.write((HEADER_BYTES + len(body)).to_bytes(4, "big") + record.raw[4:HEADER_BYTES] + body)

    async def _lose_db(self) -> None:
        links = self.db.live
        self.db.down()
        for link in links:
            await link.wait_for_end()

    async def _take(self, server: FakeServer, command_id: int) -> tuple[Wire, InboundFrame]:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for wire in server.links:
                    for frame in wire.frames:
                        if frame.command_id == command_id:
                            wire.frames.remove(frame)
                            return wire, frame
                await asyncio.sleep(0.01)

    def _hang_up(self) -> None:
        if self._http is not None:
            self._http[1].close()
            self._http = None


def _headers(head: str) -> dict[str, str]:
    lines = (line.partition(":") for line in head.lower().split("\r\n")[1:])
    return {name: value.strip() for name, _, value in lines}


async def replay_http_msg(process: Process, transcript: Transcript) -> list[str]:
    """Return what differs."""
    neighbours = HttpMsgNeighbours(process, Clock(transcript.head.started))
    try:
        await neighbours.replay(transcript)
    finally:
        await neighbours.end()
    return neighbours.deviations
