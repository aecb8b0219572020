"""Two ends of a stream in memory: asyncio transports without a socket."""

import asyncio
from typing import Final

Address = tuple[str, int]


class MemoryTransport(asyncio.Transport):
    """One end. What is written arrives at the other end's protocol in a later turn of the loop.

    There is no kernel in between: everything that the other end has not read yet counts as this
    end's write buffer. An end whose ``pause_reading`` was called is a peer that does not read.

    Attributes:
        writes: every write of this end, in order.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, local: Address, remote: Address
    ) -> None:
        super().__init__({"sockname": local, "peername": remote})
        self.writes: Final[list[bytes]] = []
        self._loop = loop
        self._protocol = protocol
        self._other: MemoryTransport = self
        self._inbox: list[bytes] = []
        self._is_reading = True
        self._is_closing = False
        self._is_lost = False

    # What protocols call.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send ``data`` to the other end."""
        if self._is_closing or not data:
            return
        self.writes.append(bytes(data))
        self._other._take(bytes(data))  # noqa: SLF001 - both ends are this class

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the other end has not read."""
        return sum(map(len, self._other._inbox))  # noqa: SLF001 - both ends are this class

    def pause_reading(self) -> None:
        """Take nothing more until ``resume_reading``."""
        self._is_reading = False

    def resume_reading(self) -> None:
        """Go on reading."""
        self._is_reading = True
        self._loop.call_soon(self._deliver)

    def is_reading(self) -> bool:
        """Tell whether this end takes what arrives."""
        return self._is_reading and not self._is_closing

    def is_closing(self) -> bool:
        """Tell whether this end has been closed."""
        return self._is_closing

    def close(self) -> None:
        """Let the other end read what was written, then end the stream."""
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._other._deliver)  # noqa: SLF001 - both ends are this class

    def abort(self) -> None:
        """End the stream now; what the other end has not read is lost."""
        self._is_closing = True
        other = self._other
        other._inbox.clear()  # noqa: SLF001 - both ends are this class
        self._loop.call_soon(self._lose, None)
        self._loop.call_soon(other._lose, ConnectionResetError("the peer cut the connection"))  # noqa: SLF001

    # Between the two ends.

    def connect_to(self, other: "MemoryTransport") -> None:
        """Make the two ends a pair and tell both protocols, the other end's first."""
        self._other, other._other = other, self  # noqa: SLF001 - both ends are this class
        for end in (other, self):
            end._protocol.connection_made(end)  # noqa: SLF001 - both ends are this class

    def _take(self, data: bytes) -> None:
        self._inbox.append(data)
        self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        if not self._is_reading or self._is_lost:
            return
        data = b"".join(self._inbox)
        self._inbox.clear()
        if data and not self._is_closing:
            self._protocol.data_received(data)
        if self._other._is_closing:  # noqa: SLF001 - both ends are this class
            self._lose(None)
            self._other._lose(None)  # noqa: SLF001 - both ends are this class

    def _lose(self, error: Exception | None) -> None:
        if not self._is_lost:
            self._is_closing = self._is_lost = True
            self._protocol.connection_lost(error)


def connect_memory(
    connecting: asyncio.Protocol,
    accepting: asyncio.Protocol,
    addresses: tuple[Address, Address] = (("127.0.0.1", 1), ("127.0.0.1", 2)),
) -> tuple[MemoryTransport, MemoryTransport]:
    """Connect two protocols of the running loop; ``addresses`` are the connecting and the accepting end's."""
    loop = asyncio.get_running_loop()
    near_address, far_address = addresses
    near = MemoryTransport(loop, connecting, near_address, far_address)
    far = MemoryTransport(loop, accepting, far_address, near_address)
    near.connect_to(far)
    return near, far
