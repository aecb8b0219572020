"""HTTP inside the suite's own event loop: an ASGI application on uvicorn."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hongyan.errors import ConfigError, ErrorCode

MAX_CONNECTIONS: Final = 2000
STATUS_OF: Final = {
    ErrorCode.MALFORMED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.UNKNOWN_COMMAND: HTTPStatus.NOT_IMPLEMENTED,
    ErrorCode.NOT_ALLOWED: HTTPStatus.CONFLICT,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.NOT_STORED: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""How a refusal is told over HTTP."""


class _ImpatientProtocol(H11Protocol):
    """Cuts a connection whose first request is not complete in time, or that does not read its answer.

    uvicorn itself waits for ever.
    """

    patience_s = 60.0
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._patience = self.loop.call_later(self.patience_s, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(self.patience_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()
        self._stop_waiting()
        super().connection_lost(exc)


class _EmbeddedServer(uvicorn.Server):
    """uvicorn without its signal handlers, and with an event for when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the suite."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        self.ready.set()


class HttpServer:
    """Serves one ASGI application on some hosts and a port.

    Args:
        app: the application.
        hosts: addresses to listen on.
        port: 0 takes a free one.
        request_limit_s: the time a connection has for its first whole request.

    Raises:
        ConfigError: an address cannot be listened on.
    """

    def __init__(self, app: Any, hosts: Sequence[str], port: int, request_limit_s: float = 60.0) -> None:
        self._sockets = _bind(hosts, port)
        protocol = type("Protocol", (_ImpatientProtocol,), {"patience_s": request_limit_s})
        self._server = _EmbeddedServer(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_graceful_shutdown=2,
            )
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the first socket."""
        host, port = self._sockets[0].getsockname()[:2]
        return host, port

    async def run(self) -> None:
        """Serve until ``close``."""
        await self._server.serve(sockets=self._sockets)

    async def wait_ready(self) -> None:
        """Return when requests are accepted."""
        await self._server.ready.wait()

    def close(self) -> None:
        """Stop serving; ``run`` returns soon after."""
        self._server.should_exit = True


def _bind(hosts: Sequence[str], port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    for host in hosts:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            sockets.append(socket.create_server((host, port), family=family, backlog=1024))
        except OSError as error:
            for bound in sockets:
                bound.close()
            raise ConfigError(
                f"cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}"
            ) from error
        port = sockets[0].getsockname()[1]  # the other hosts get the port that was free
    return sockets
