"""One TCP connection to a server: frames in, frames out, dead when it is silent for too long."""

import asyncio
import contextlib
from typing import Final, TypeVar

from google.protobuf.message import Message

from hongyan.client.errors import ConnectFailed, ConnectionLost
from hongyan.client.options import Options
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame, Framer, OutboundFrame

M = TypeVar("M", bound=Message)

_READ_BYTES: Final = 64 * 1024


class Link:
    """A connected socket. Whoever opened it closes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: Options) -> None:
        self._reader = reader
        self._writer = writer
        self._unread: list[Frame] = []
        self._framer = Framer(options.limits.max_frame_bytes)
        self._dead_after_s = options.timing.dead_after_s
        self._max_write_buffer_bytes = options.limits.max_write_buffer_bytes

    @classmethod
    async def open(cls, host: str, port: int, options: Options, server: str = "msg_server") -> "Link":
        """Connect to a server, which errors are to call so.

        Raises:
            ConnectFailed: nobody listens there, or the time is over.
        """
        try:
            async with asyncio.timeout(options.timing.connect_s):
                reader, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as error:
            reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or error
            raise ConnectFailed(f"cannot reach the {server} at {host}:{port}: {reason}") from error
        return cls(reader, writer, options)

    def send(self, command: Command[M], message: M, seq: int = 0) -> None:
        """Write a frame; what the socket does not take yet is buffered, up to a limit.

        Raises:
            ConnectionLost: the link is closed, or the server does not read.
        """
        transport = self._writer.transport
        if transport.is_closing():
            raise ConnectionLost("the connection is closed")
        if transport.get_write_buffer_size() > self._max_write_buffer_bytes:
            transport.abort()
            raise ConnectionLost("the server does not read what is sent to it")
        self._writer.write(OutboundFrame(command, message, seq).raw)

    async def drain(self) -> None:
        """Wait until the socket has taken most of what was sent.

        Raises:
            ConnectionLost: the link is cut, or the server does not read for too long.
        """
        try:
            async with asyncio.timeout(self._dead_after_s):
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            self._writer.transport.abort()
            raise ConnectionLost("the server does not read what is sent to it") from error

    async def read(self) -> list[Frame]:
        """Wait for bytes and return the frames that are complete, which may be none.

        Raises:
            ConnectionLost: closed, cut, silent for too long, or not a sane stream of frames.
        """
        if self._unread:
            frames, self._unread = self._unread, []
            return frames
        data = await self._read_bytes()
        if not data:
            raise ConnectionLost("the server closed the connection")
        frames = self._framer.feed(data)
        if self._framer.fault is not None and not frames:
            raise ConnectionLost(f"the server sent nonsense ({self._framer.fault})")
        return frames

    def unread(self, frames: list[Frame]) -> None:
        """Put frames back; the next ``read`` returns them."""
        self._unread = frames

    async def _read_bytes(self) -> bytes:
        try:
            async with asyncio.timeout(self._dead_after_s):
                return await self._reader.read(_READ_BYTES)
        except TimeoutError as error:
            raise ConnectionLost(f"nothing heard for {self._dead_after_s:g} s") from error
        except OSError as error:
            raise ConnectionLost(f"the connection broke: {error.strerror or error}") from error

    def abort(self) -> None:
        """Close at once; what is still buffered is lost."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Flush and close, within a moment. To be awaited once."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        self.abort()
