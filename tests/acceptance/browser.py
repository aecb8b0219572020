"""The client of the acceptance tests over a WebSocket, as a page in a browser has it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from .client import WINDOWS, Client, Kind, User
from .wire import HEADER, Frame, header_of

if TYPE_CHECKING:
    from collections.abc import Sequence

BROWSER = Kind(0x01, version=0)
"""The third-party client for browsers: client type 1, and a version of 0 in its headers."""


class WebClient(Client):
    """The same frames as binary messages."""

    def __init__(self, socket: ClientConnection, user: User | None = None, kind: Kind = WINDOWS) -> None:
        super().__init__(None, None, user, kind)  # type: ignore[arg-type] # it has no streams
        self.socket = socket

    @classmethod
    async def open(cls, address: str, **options: Any) -> Self:
        """`address` is `ws://host:port`, or `wss://`."""
        own = {name: options.pop(name) for name in ("user", "kind") if name in options}
        return cls(await connect(address, proxy=None, compression=None, **options), **own)

    async def close(self) -> None:
        await self.socket.close()

    def cut(self) -> None:
        self.socket.transport.abort()

    def stop_reading(self) -> None:
        self.socket.transport.pause_reading()

    async def write(self, raw: bytes) -> None:
        with suppress(ConnectionClosed):
            await self.socket.send(raw)

    async def write_fragments(self, pieces: Sequence[bytes]) -> None:
        """One message in several frames of WebSocket's own."""
        with suppress(ConnectionClosed):
            await self.socket.send(pieces)

    async def read_frame(self) -> Frame | None:
        """The next message, which must be one whole frame: a page may look no further."""
        try:
            message = await self.socket.recv(decode=False)
        except ConnectionClosed:
            return None
        length, frame = header_of(message[: HEADER.size])
        assert length == len(message)
        return replace(frame, body=message[HEADER.size :])

    async def close_code(self) -> int | None:
        """Waits until the server has closed; what it said."""
        await self.closed()
        return self.socket.close_code
