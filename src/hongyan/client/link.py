"""One TCP connection to a server: frames in, frames out, dead when it is silent for too long."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TypeVar

from google.protobuf.message import Message

from hongyan.client.errors import ConnectFailed, ConnectionLost
from hongyan.client.options import Options
from hongyan.client.stream import FrameStream
from hongyan.wire.blocks import Buffer
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame, OutboundFrame

M = TypeVar("M", bound=Message)


class Link:
    """A connected socket. Whoever opened it closes it."""

    def __init__(self, stream: FrameStream, options: Options) -> None:
        self._stream = stream
        self._unread: list[Frame] = []
        self._dead_after_s = options.timing.dead_after_s
        self._max_write_buffer_bytes = options.limits.max_write_buffer_bytes

    @classmethod
    async def open(cls, host: str, port: int, options: Options, server: str = "msg_server") -> "Link":
        """Connect to a server, which errors are to call so.

        Raises:
            ConnectFailed: nobody listens there, or the time is over.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(options.timing.connect_s):
                _, stream = await loop.create_connection(
                    lambda: FrameStream(options.limits.max_frame_bytes), host, port
                )
        except (OSError, TimeoutError) as error:
            reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or error
            raise ConnectFailed(f"cannot reach the {server} at {host}:{port}: {reason}") from error
        return cls(stream, options)

    def send(self, command: Command[M], message: M, seq: int = 0) -> None:
        """Write a frame; what the socket does not take yet is buffered, up to a limit.

        Raises:
            ConnectionLost: the link is closed, or the server does not read.
        """
        self.send_pieces((OutboundFrame(command, message, seq).raw,))

    def send_pieces(self, pieces: Sequence[Buffer]) -> None:
        """Write a frame that stands in several places.

        Raises:
            ConnectionLost: as for ``send``.
        """
        transport = self._stream.transport
        if transport.is_closing():
            raise ConnectionLost("the connection is closed")
        if transport.get_write_buffer_size() > self._max_write_buffer_bytes:
            transport.abort()
            raise ConnectionLost("the server does not read what is sent to it")
        transport.writelines(pieces)

    async def drain(self) -> None:
        """Wait until the socket has taken most of what was sent.

        Raises:
            ConnectionLost: the link is cut, or the server does not read for too long.
        """
        try:
            async with asyncio.timeout(self._dead_after_s):
                await self._stream.drained()
        except TimeoutError as error:
            self.abort()
            raise ConnectionLost("the server does not read what is sent to it") from error

    async def read(self) -> list[Frame]:
        """Wait for bytes and return the frames that are complete, which may be none.

        Raises:
            ConnectionLost: closed, cut, silent for too long, or not a sane stream of frames.
        """
        if self._unread:
            frames, self._unread = self._unread, []
            return frames
        try:
            async with asyncio.timeout(self._dead_after_s):
                return await self._stream.take()
        except TimeoutError as error:
            raise ConnectionLost(f"nothing heard for {self._dead_after_s:g} s") from error

    def unread(self, frames: list[Frame]) -> None:
        """Put frames back; the next ``read`` returns them."""
        self._unread = frames

    def abort(self) -> None:
        """Close at once; what is still buffered is lost."""
        self._stream.transport.abort()

    async def close(self) -> None:
        """Flush and close, within a moment. To be awaited once."""
        self._stream.transport.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._stream.closed.wait()
        self.abort()
