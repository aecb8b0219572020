"""A link to an original server lives as long as either end says something (spec/wire.md 3)."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from hongyan.cluster.connector import LinkConnector, listen_for_links
from hongyan.cluster.pdu import STRANGER_LIMITS, ClusterTrust
from hongyan.reactor.connection import Connection
from hongyan.roles.runtime import Runtime
from hongyan.testing import FakeClockLoop, MemoryReactor, RecordingClient, RecordingRole, open_runtime
from hongyan.testing.runtime import SECRET
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, InboundFrame

HEARTBEAT = bytes.fromhex("00000010 0001 0000 0007 0701 0000 0000")
"""As the originals' servers write it."""
PLACE = ("127.0.0.1", 8200)


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    """Surroundings in which peers at 127.0.0.1 are originals."""
    async with open_runtime(trust=ClusterTrust(SECRET, frozenset({"127.0.0.1"}))) as runtime:
        yield runtime


def clock() -> FakeClockLoop:
    return cast(FakeClockLoop, asyncio.get_running_loop())


class Original:
    """An original that waits for links."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.connections: list[Connection] = []
        self.frames: list[Frame] = []
        self.closed: list[str] = []

    async def listen(self) -> None:
        place = ((PLACE[0],), PLACE[1])
        await self._runtime.reactor.listen("original", place, self._accept, STRANGER_LIMITS)

    def say(self, raw: bytes) -> None:
        self.connections[-1].send(InboundFrame(raw, int.from_bytes(raw[10:12], "big"), 0))

    def _accept(self, connection: Connection) -> None:
        connection.on_frame = self.frames.append
        connection.on_closed = self.closed.append
        self.connections.append(connection)


@pytest.fixture
async def original(runtime: Runtime) -> Original:
    """An original to which a role of ours has connected."""
    original = Original(runtime)
    await original.listen()
    role = RecordingRole(Node.MSG)
    connector = LinkConnector(role, Node.ROUTE, PLACE, runtime.reactor, runtime.trust)
    runtime.tasks.start("link", connector.run())
    await clock().settle()
    assert len(original.connections) == len(role.links) == 1
    return original


@pytest.fixture
async def caller(runtime: Runtime) -> RecordingClient:
    """An original that has connected to a role of ours."""
    role = RecordingRole(Node.ROUTE)
    await listen_for_links(role, ((PLACE[0],), PLACE[1]), runtime.reactor, runtime.trust)
    caller = RecordingClient.connect(cast(MemoryReactor, runtime.reactor).network, PLACE)
    caller.send_bytes(HEARTBEAT)
    await clock().settle()
    assert len(role.links) == 1
    return caller


def raw(frames: list[Frame]) -> list[bytes]:
    return [frame.raw for frame in frames]


async def test_ours_as_the_client_of_a_link_says_it_lives(original: Original) -> None:
    await clock().advance(4)
    assert original.frames == []
    await clock().advance(3)
    assert raw(original.frames) == [HEARTBEAT]
    await clock().advance(12)
    assert 2 <= len(original.frames) <= 4


async def test_ours_as_the_server_of_a_link_says_it_lives(caller: RecordingClient) -> None:
    await clock().advance(7)
    assert raw(caller.frames) == [HEARTBEAT]


async def test_an_original_server_that_only_sends_heartbeats_is_kept(original: Original) -> None:
    for _ in range(20):
        await clock().advance(5)
        original.say(HEARTBEAT)
    await clock().settle()
    assert original.closed == []
    assert len(original.connections) == 1


async def test_an_original_client_that_only_sends_heartbeats_is_kept(caller: RecordingClient) -> None:
    for _ in range(20):
        await clock().advance(5)
        caller.send_bytes(HEARTBEAT)
    assert not caller.is_closed


async def test_an_original_server_that_falls_silent_is_left_and_called_again(original: Original) -> None:
    await clock().advance(28)
    assert original.closed == []
    await clock().advance(4)
    assert len(original.closed) == 1
    await clock().advance(5)
    assert len(original.connections) == 2


async def test_an_original_client_that_falls_silent_is_cut(caller: RecordingClient) -> None:
    await clock().advance(28)
    assert not caller.is_closed
    await clock().advance(4)
    assert caller.is_closed


async def test_a_heartbeat_is_not_answered(caller: RecordingClient) -> None:
    caller.send_bytes(HEARTBEAT)
    await clock().settle()
    assert caller.take() == []
