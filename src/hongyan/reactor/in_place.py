"""How the bytes of large frames come from a socket without being copied."""

import asyncio
from typing import TYPE_CHECKING

from hongyan.wire.in_place import InPlaceFramer

if TYPE_CHECKING:
    from hongyan.reactor.connection import Connection


class InPlaceReader(asyncio.BufferedProtocol):
    """Stands between a transport and its Connection: the transport reads into the memory of the framer."""

    __slots__ = ("_connection", "_framer")

    def __init__(self, connection: "Connection", framer: InPlaceFramer) -> None:
        self._connection = connection
        self._framer = framer

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Say where the next bytes are to be put."""
        return self._framer.room()

    def buffer_updated(self, nbytes: int) -> None:
        """So many were put there."""
        self._connection.frames_received(self._framer.filled(nbytes))

    def pause_writing(self) -> None:
        """As asyncio tells it."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """As asyncio tells it."""
        self._connection.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio tells it."""
        self._connection.connection_lost(exc)
