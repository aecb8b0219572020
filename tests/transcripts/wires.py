"""Connections that keep what they are sent, and servers that accept them."""

import asyncio
from contextlib import suppress

from hongyan.wire.frame import Framer, InboundFrame

DEADLINE_S = 40.0
MAX_FRAME_BYTES = 64 * 1024 * 1024


class Wire(asyncio.Protocol):
    """One end of a TCP connection."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.frames: list[InboundFrame] = []
        self.is_closed = False
        self.is_end_noted = False
        self._framer = Framer(MAX_FRAME_BYTES)
        self._transport: asyncio.Transport | None = None
        self._changed = asyncio.Event()

    @classmethod
    async def connect(cls, port: int, name: str = "") -> "Wire":
        _, wire = await asyncio.get_running_loop().create_connection(lambda: cls(name), "127.0.0.1", port)
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.frames += self._framer.feed(data)  # type: ignore[arg-type] # the framer makes no others
        self._changed.set()

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self.is_closed = True
        self._changed.set()

    def write(self, raw: bytes) -> None:
        if not self.is_closed and self._transport is not None:
            self._transport.write(raw)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    async def end(self) -> None:
        """Close, and wait until the socket is gone."""
        if self._transport is not None:
            self._transport.abort()
            await self.wait_for_end()

    async def wait_for(self, command_id: int, seq: int) -> InboundFrame | None:
        """Take the frame with that command and seq; None when the connection ends before it comes."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for frame in self.frames:
                    if (frame.command_id, frame.seq) == (command_id, seq):
                        self.frames.remove(frame)
                        return frame
                if self.is_closed:
                    return None
                self._changed.clear()
                await self._changed.wait()

    async def wait_for_any(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not self.frames and not self.is_closed:
                self._changed.clear()
                await self._changed.wait()

    async def wait_for_frames(self, count: int, within_s: float = DEADLINE_S) -> None:
        """Wait until so many frames are there; what they are is for others to say."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while len(self.frames) < count and not self.is_closed:
                    self._changed.clear()
                    await self._changed.wait()

    async def wait_for_end(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not self.is_closed:
                self._changed.clear()
                await self._changed.wait()


class FakeServer:
    """Accepts connections at a port while it is up."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self.links: list[Wire] = []
        self._arrived = asyncio.Event()

    @property
    def live(self) -> list[Wire]:
        return [link for link in self.links if not link.is_closed]

    async def up(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._accept, "127.0.0.1", self._port)

    def down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for link in self.live:
            link.close()

    async def end(self) -> None:
        """Go for good, leaving no socket behind."""
        self.down()
        for link in self.links:
            await link.end()

    async def wait_for_links(self, count: int) -> None:
        async with asyncio.timeout(4 * DEADLINE_S):
            while len(self.live) < count:
                self._arrived.clear()
                await self._arrived.wait()

    def _accept(self) -> Wire:
        wire = Wire()
        self.links.append(wire)
        self._arrived.set()
        return wire
