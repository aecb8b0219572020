"""What all connections of a process share: the loop, the wheel, the flush of each turn, the listeners."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from hongyan.errors import ConfigError
from hongyan.metrics import Metrics
from hongyan.reactor.connection import Connection, ConnectionLimits
from hongyan.reactor.websocket import WebSocket, WebSocketSettings
from hongyan.reactor.wheel import TimerWheel

_log = structlog.get_logger("hongyan.reactor")

BACKLOG: Final = 1024
CONNECT_TIMEOUT_S: Final = 30.0
"""A connection attempt gives up after this time, the receive timeout of a server link (spec/wire.md 3.1)."""


class Listener:
    """A listening socket."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the first socket; the real port when 0 was asked for."""
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    def close(self) -> None:
        """Accept no more; what is connected stays."""
        self._server.close()


class Reactor:
    """The connections of one process. Create it inside the running loop; ``start`` before use."""

    def __init__(self, metrics: Metrics) -> None:
        self.loop = asyncio.get_running_loop()
        self.metrics = metrics
        self.wheel = TimerWheel(self.loop)
        self.connections: set[Connection] = set()
        self.opening: set[WebSocket] = set()
        self._dirty: list[Connection] = []
        self._listeners: list[Listener] = []
        self._all_gone: asyncio.Event | None = None

    def start(self) -> None:
        """Begin to watch timeouts."""
        self.wheel.start()

    async def listen(
        self,
        role: str,
        address: tuple[Sequence[str], int],
        accept: Callable[[Connection], None],
        limits: ConnectionLimits,
        websocket: WebSocketSettings | None = None,
    ) -> Listener:
        """Listen on hosts and a port; ``accept`` gets every new connection.

        Args:
            role: names the listener in counters and logs.
            address: hosts, and a port or 0 for a free one.
            accept: the owner of connections.
            limits: the bounds of each.
            websocket: given where clients open a WebSocket; frames are then its messages.

        Raises:
            ConfigError: an address cannot be listened on.
        """

        def connected(connection: Connection) -> None:
            self.metrics.count("connections_accepted", role)
            accept(connection)

        def plain() -> Connection:
            return Connection(self, role, limits, connected)

        def protocol() -> asyncio.Protocol:
            if websocket is None:
                return plain().protocol
            return WebSocket(self, websocket, limits.max_frame_bytes, plain)

        hosts, port = address
        tls = websocket.tls if websocket is not None else None
        try:
            server = await self.loop.create_server(protocol, list(hosts), port, backlog=BACKLOG, ssl=tls)
        except OSError as error:
            raise ConfigError(
                f"{role}: cannot listen on {', '.join(hosts)} port {port}: {os.strerror(error.errno or 0)}"
            ) from error
        listener = Listener(server)
        self._listeners.append(listener)
        return listener

    async def connect(
        self,
        role: str,
        address: tuple[str, int],
        connected: Callable[[Connection], None],
        limits: ConnectionLimits,
    ) -> Connection:
        """Connect to a host and port; ``connected`` runs before any byte is read.

        Raises:
            OSError: refused, unreachable, or no answer in CONNECT_TIMEOUT_S (as TimeoutError).
        """
        connection = Connection(self, role, limits, connected)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await self.loop.create_connection(lambda: connection.protocol, *address)
        return connection

    def flush_soon(self, connection: Connection) -> None:
        """Have ``connection`` flushed at the end of this turn, with all the others."""
        if not self._dirty:
            self.loop.call_soon(self._flush)
        self._dirty.append(connection)

    def forget(self, connection: Connection, reason: str) -> None:
        """A connection is gone: count why."""
        self.connections.discard(connection)
        if self._all_gone is not None and not self.connections:
            self._all_gone.set()
        self.wheel.forget(connection)
        self.metrics.count("connections_closed", f"{connection.role}:{reason}")

    async def close(self, deadline_s: float) -> None:
        """Accept no more and close every connection, flushing what is queued.

        Those that take longer than the deadline are cut.
        """
        for listener in self._listeners:
            listener.close()
        for websocket in list(self.opening):
            websocket.abort()
        for connection in list(self.connections):
            connection.close("shutdown")
        if self.connections:
            self._all_gone = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    await self._all_gone.wait()
        for connection in list(self.connections):
            connection.abort("shutdown")
        self.wheel.stop()

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for connection in dirty:
            connection.flush()
