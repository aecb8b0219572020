"""A way to a server that can be cut at any moment."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class CuttingProxy:
    """Passes bytes on in both directions until it is told to cut."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._transports: list[asyncio.WriteTransport] = []
        self.connections = 0
        self.most_bytes: int | None = None  # that a connection lives for, in each direction
        self.address = ("", 0)

    def cut(self) -> None:
        """Break every connection, as a network does."""
        transports, self._transports = self._transports, []
        for transport in transports:
            transport.abort()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = server.sockets[0].getsockname()[:2]
        try:
            yield
        finally:
            server.close()
            self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            there, onwards = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._transports += [writer.transport, onwards.transport]
        await asyncio.gather(self._pass_on(reader, onwards), self._pass_on(there, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
                passed += len(data)
                if self.most_bytes is not None and passed > self.most_bytes:
                    self.cut()
        writer.close()
