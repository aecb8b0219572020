"""The transport between a WebSocket and a Connection, driven byte by byte."""

import asyncio
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.uri import parse_uri

from hongyan.metrics import Metrics
from hongyan.reactor.connection import Connection, ConnectionLimits
from hongyan.reactor.reactor import Reactor
from hongyan.reactor.websocket import MAX_OPENING, WebSocket, WebSocketSettings
from hongyan.wire import commands
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.message_pb2 import IMClientTimeReq
from hongyan.wire.pb.other_pb2 import IMHeartBeat

LIMIT = 4096


class Socket(asyncio.Transport):
    """What a WebSocket does to its socket."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 5)})
        self.writes: list[bytes] = []
        self.waiting = 0
        self.ended = self.closed = self.cut = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.closed or self.cut

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.cut = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


@dataclass
class Pair:
    """A WebSocket with its socket, and a client on the other side."""

    reactor: Reactor
    socket: Socket = field(default_factory=Socket)
    frames: list[Frame] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    connection: Connection | None = None

    def __post_init__(self) -> None:
        self.websocket = WebSocket(self.reactor, WebSocketSettings(), LIMIT, self._make)
        self.websocket.connection_made(self.socket)
        self.client = ClientProtocol(parse_uri("ws://localhost/"))
        self._read = 0

    def _make(self) -> Connection:
        return Connection(self.reactor, "test", ConnectionLimits(LIMIT, 20_000), self._accept)

    def _accept(self, connection: Connection) -> None:
        self.connection = connection
        connection.on_frame = self.frames.append
        connection.on_closed = self.reasons.append

    def open(self) -> "Pair":
        self.client.send_request(self.client.connect())
        self.feed(b"".join(self.client.data_to_send()))
        self.receive()
        assert self.connection is not None
        return self

    def feed(self, data: bytes) -> None:
        self.websocket.data_received(data)

    def receive(self) -> list[WireFrame]:
        """What the server has written since the last time."""
        self.client.receive_data(b"".join(self.socket.writes[self._read :]))
        self._read = len(self.socket.writes)
        return [event for event in self.client.events_received() if isinstance(event, WireFrame)]

    def client_bytes(self) -> bytes:
        return b"".join(self.client.data_to_send())


def frame(seq: int) -> OutboundFrame:
    return OutboundFrame(commands.TIME, IMClientTimeReq(), seq)


def padded(seq: int, size: int) -> bytes:
    """A frame of a command that need not parse."""
    return (16 + size).to_bytes(4, "big") + b"\0\1\0\0\0\3\3\5" + seq.to_bytes(2, "big") + bytes(2 + size)


@pytest.fixture
async def reactor() -> Reactor:
    return Reactor(Metrics())


async def test_the_frames_of_a_turn_are_a_message_each_and_one_write(reactor: Reactor) -> None:
    pair = Pair(reactor).open()
    before = len(pair.socket.writes)
    sent = [frame(1), OutboundFrame(commands.HEARTBEAT, IMHeartBeat(), 2), frame(3)]
    for each in sent:
        assert pair.connection is not None
        pair.connection.send(each)
    await asyncio.sleep(0)
    assert len(pair.socket.writes) == before + 1
    received = pair.receive()
    assert [bytes(each.data) for each in received] == [each.raw for each in sent]
    assert {each.opcode for each in received} == {Opcode.BINARY}


async def test_a_peer_that_does_not_read_is_cut(reactor: Reactor) -> None:
    pair = Pair(reactor).open()
    pair.socket.waiting = 20_000
    assert pair.connection is not None
    pair.connection.send(frame(1))
    await asyncio.sleep(0)
    assert pair.socket.cut
    pair.websocket.connection_lost(None)
    assert pair.reasons == ["slow_consumer"]


async def test_closing_tells_the_reason_and_waits_for_the_answer(reactor: Reactor) -> None:
    pair = Pair(reactor).open()
    assert pair.connection is not None
    pair.connection.send(frame(9))
    pair.connection.close("kicked")
    received = pair.receive()
    assert [each.opcode for each in received] == [Opcode.BINARY, Opcode.CLOSE]
    assert pair.client.close_rcvd is not None
    assert (pair.client.close_rcvd.code, pair.client.close_rcvd.reason) == (1008, "kicked")
    assert not pair.socket.closed
    pair.feed(pair.client_bytes())
    assert pair.socket.closed
    pair.websocket.connection_lost(None)
    assert pair.reasons == ["kicked"]


async def test_a_peer_that_never_answers_the_close_is_cut(reactor: Reactor) -> None:
    pair = Pair(reactor).open()
    assert pair.connection is not None
    pair.connection.close("idle")
    pair.connection.due(reactor.loop.time() + 6)
    assert pair.socket.cut


async def test_a_handshake_that_takes_too_long_is_cut(reactor: Reactor) -> None:
    pair = Pair(reactor)
    pair.feed(b"GET / HTTP/1.1\r\n")
    assert pair.websocket.due(reactor.loop.time() + 20) is None
    assert pair.socket.cut
    pair.websocket.connection_lost(None)
    assert not reactor.opening


async def test_handshakes_are_bounded_in_number(reactor: Reactor) -> None:
    pairs = [Pair(reactor) for _ in range(MAX_OPENING + 1)]
    assert [pair.socket.cut for pair in pairs] == [False] * MAX_OPENING + [True]


async def test_silence_is_pinged_and_the_pong_counts_as_life(reactor: Reactor) -> None:
    pair = Pair(reactor).open()
    assert pair.connection is not None
    now = reactor.loop.time()
    assert pair.websocket.due(now + 10) == pytest.approx(20, abs=1)
    pair.websocket.due(now + 31)
    assert [each.opcode for each in pair.receive()] == [Opcode.PING]
    pair.connection.last_received = now - 31
    pair.feed(pair.client_bytes())
    assert pair.connection.last_received >= now


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_frames_arrive_however_messages_fragments_and_bytes_are_split(data: st.DataObject) -> None:
    asyncio.run(_arrive(data))


async def _arrive(data: st.DataObject) -> None:
    pair = Pair(Reactor(Metrics())).open()
    sizes = data.draw(st.lists(st.integers(0, 300), min_size=1, max_size=8))
    raw = [padded(seq, size) for seq, size in enumerate(sizes)]
    stream = b"".join(raw)
    for piece in _pieces(stream, data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=6))):
        cuts = data.draw(st.sets(st.integers(1, len(piece)), max_size=3))
        fragments = _pieces(piece, cuts)
        pair.client.send_binary(fragments[0], fin=len(fragments) == 1)
        for number, fragment in enumerate(fragments[1:], 2):
            if data.draw(st.booleans()):
                pair.client.send_ping(b"between")
            pair.client.send_continuation(fragment, fin=number == len(fragments))
    sent = pair.client_bytes()
    for chunk in _pieces(sent, data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=10))):
        pair.feed(chunk)
    assert [each.raw for each in pair.frames] == raw


def _pieces(whole: bytes, cuts: set[int]) -> list[bytes]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    return [whole[begin:end] for begin, end in itertools.pairwise(edges)]


@given(noise=st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_noise_never_raises(noise: bytes) -> None:
    asyncio.run(_hear(noise))


async def _hear(noise: bytes) -> None:
    pair = Pair(Reactor(Metrics())).open()
    pair.feed(noise)
    raw = Pair(Reactor(Metrics()))
    raw.feed(noise)
    raw.feed(noise)
    assert raw.connection is None
