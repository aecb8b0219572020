"""What asyncio calls for a connection of the SDK: bytes become frames, which wait until they are taken."""

import asyncio
from typing import Final, cast

from hongyan.client.errors import ConnectionLost
from hongyan.wire.frame import Frame
from hongyan.wire.in_place import InPlaceFramer

MOST_UNREAD_BYTES: Final = 2 * 1024 * 1024
"""When more than this has arrived and was not taken, the socket is left alone for a while."""
_CLOSED: Final = "the server closed the connection"


class FrameStream(asyncio.BufferedProtocol):
    """The receiving end of a socket, and whether the sending end takes more."""

    def __init__(self, max_frame_bytes: int) -> None:
        self._framer = InPlaceFramer(max_frame_bytes)
        self._frames: list[Frame] = []
        self._unread_bytes = 0
        self._has_news = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._end = ""
        self.transport: asyncio.Transport
        self.closed = asyncio.Event()

    async def take(self) -> list[Frame]:
        """Wait for bytes and return the frames that are complete, which may be none.

        Raises:
            ConnectionLost: everything was taken, and nothing more will come.
        """
        await self._has_news.wait()
        frames, self._frames, self._unread_bytes = self._frames, [], 0
        if not self._end:
            self._has_news.clear()
            self.transport.resume_reading()
        elif not frames:
            raise ConnectionLost(self._end)
        return frames

    async def drained(self) -> None:
        """Wait until the socket has taken most of what was written.

        Raises:
            ConnectionLost: it will not.
        """
        await self._may_write.wait()
        if self.closed.is_set():
            raise ConnectionLost(self._end)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Say where the next bytes are to be put."""
        return self._framer.room()

    def buffer_updated(self, nbytes: int) -> None:
        """So many were put there."""
        self._frames += self._framer.filled(nbytes)
        self._unread_bytes += nbytes
        fault = self._framer.fault
        if fault is not None:
            self._end = f"the server sent nonsense ({fault})"
        if fault is not None or self._unread_bytes > MOST_UNREAD_BYTES:
            self.transport.pause_reading()
        self._has_news.set()

    def pause_writing(self) -> None:
        """The server reads slower than we write."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._may_write.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        broke = f"the connection broke: {getattr(exc, 'strerror', None) or exc}"
        self._end = self._end or (_CLOSED if exc is None else broke)
        self._has_news.set()
        self.closed.set()
        self._may_write.set()
