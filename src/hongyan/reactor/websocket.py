"""A WebSocket under a Connection: the same frames, carried in binary messages (RFC 6455).

The library ``websockets`` knows the protocol and does no input or output; this module stands between
it, the socket and the Connection, for which it is the transport.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, cast

from websockets.exceptions import PayloadTooBig
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from hongyan.reactor.connection import Connection

if TYPE_CHECKING:
    from hongyan.reactor.reactor import Reactor

MAX_OPENING: Final = 1000
"""Sockets whose handshake is under way; more are cut, since they hold memory and belong to nobody."""
_LENGTH: Final = Struct(">I")
_library_log = logging.getLogger("hongyan.websocket")
_library_log.setLevel(logging.ERROR)  # peers that break the protocol are counted here, not logged there
_CLOSE_CODES: Final = {
    "frame_too_long": CloseCode.MESSAGE_TOO_BIG,
    "frame_too_short": CloseCode.PROTOCOL_ERROR,
    "websocket_text": CloseCode.UNSUPPORTED_DATA,
    "malformed": CloseCode.INVALID_DATA,
    "idle": CloseCode.GOING_AWAY,
    "shutdown": CloseCode.GOING_AWAY,
    "logout": CloseCode.NORMAL_CLOSURE,
    "internal_error": CloseCode.INTERNAL_ERROR,
}
"""What a peer is told when its connection is closed; for every other reason, that it may not do this."""


@dataclass(frozen=True, slots=True)
class WebSocketSettings:
    """How a listener speaks WebSocket.

    Attributes:
        origins: pages that may connect, such as ``https://chat.example.org``; empty lets all.
        handshake_limit_s: the time for the HTTP request that opens the WebSocket.
        ping_after_s: a peer that sent nothing for so long is pinged; its pong counts as life.
        tls: the certificate, or None for a listener without encryption.
    """

    origins: Sequence[str] = ()
    handshake_limit_s: float = 15.0
    ping_after_s: float = 30.0
    tls: ssl.SSLContext | None = None


class WebSocket(asyncio.Protocol, asyncio.Transport):
    """One socket: to asyncio a protocol, to its Connection the transport.

    A frame is one message, because clients exist that take no more out of one; the messages of a turn
    leave in one write. What arrives may hold any number of frames, and a message may be fragmented.
    """

    def __init__(
        self, reactor: "Reactor", settings: WebSocketSettings, limit: int, make: Callable[[], Connection]
    ) -> None:
        self._reactor = reactor
        self._settings = settings
        self._make = make
        self._connection: Connection | None = None
        self._socket: asyncio.Transport | None = None
        self._protocol = ServerProtocol(
            origins=[*map(Origin, settings.origins), None] if settings.origins else None,
            select_subprotocol=_first,
            max_size=limit,
            logger=_library_log,
        )
        self._has_ended = False
        self.wheel_slot: int | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected; the client will ask for a WebSocket."""
        self._socket = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it
        if len(self._reactor.opening) >= MAX_OPENING:
            self._socket.abort()
            return
        self._reactor.opening.add(self)
        self._reactor.wheel.watch(self, self._settings.handshake_limit_s)

    def data_received(self, data: bytes) -> None:
        """Take bytes: a piece of the handshake or of messages."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._shake_hands(event)
            else:
                self._take(cast("Frame", event))
        self._notice_fault()
        self._write_out()

    def eof_received(self) -> None:
        """The peer sends no more: the socket is closed."""
        self._protocol.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._reactor.opening.discard(self)
        self._reactor.wheel.forget(self)
        connection, self._connection, self._socket = self._connection, None, None
        if connection is not None:
            connection.connection_lost(exc)

    # What the wheel calls.

    def due(self, now: float) -> float | None:
        """Cut a handshake that takes too long; ping a peer that has been silent."""
        connection = self._connection
        if connection is None:
            self.abort()
            return None
        wait_s = connection.last_received + self._settings.ping_after_s - now
        if wait_s > 0:
            return wait_s
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"")
            self._write_out()
        return self._settings.ping_after_s

    # What the Connection calls, as it would a socket's transport.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send whole frames, each as a message."""
        if self._protocol.state is State.OPEN:
            for frame in _frames(bytes(data)):
                self._protocol.send_binary(frame)
            self._write_out()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the peer has not taken."""
        return self._socket.get_write_buffer_size() if self._socket is not None else 0

    def close(self) -> None:
        """Say why; the socket closes when the peer has answered. The Connection bounds the wait."""
        if self._socket is None or self._connection is None:
            return
        if self._protocol.state is State.OPEN:
            reason = self._connection.close_reason
            self._protocol.send_close(_CLOSE_CODES.get(reason, CloseCode.POLICY_VIOLATION), reason)
        self._socket.resume_reading()  # its answer must be seen; frames are dropped by now
        self._write_out()

    def abort(self) -> None:
        """Cut the socket now."""
        if self._socket is not None:
            self._socket.abort()

    def is_closing(self) -> bool:
        """Tell whether nothing more can be sent."""
        return self._socket is None or self._socket.is_closing()

    def pause_reading(self) -> None:
        """Take nothing more."""
        if self._socket is not None:
            self._socket.pause_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the socket knows about itself."""
        return self._socket.get_extra_info(name, default) if self._socket is not None else default

    # Inside.

    def _shake_hands(self, request: Request) -> None:
        response = self._protocol.accept(request)
        self._protocol.send_response(response)
        self._write_out()
        if self._protocol.state is not State.OPEN:
            return  # refused, and told so
        self._reactor.opening.discard(self)
        self._connection = self._make()
        self._reactor.wheel.watch(self, self._settings.ping_after_s)
        self._connection.connection_made(self)

    def _take(self, frame: Frame) -> None:
        connection = self._connection
        if connection is None:
            return
        if frame.opcode in (Opcode.BINARY, Opcode.CONT):
            connection.data_received(bytes(frame.data))
        elif frame.opcode is Opcode.TEXT:
            connection.close("websocket_text")
        else:
            connection.last_received = self._reactor.loop.time()

    def _notice_fault(self) -> None:
        """Close for what the library found wrong; it has told the peer already."""
        fault, connection = self._protocol.parser_exc, self._connection
        if fault is not None and connection is not None:
            connection.close("frame_too_long" if isinstance(fault, PayloadTooBig) else "websocket_malformed")

    def _write_out(self) -> None:
        socket, protocol = self._socket, self._protocol
        if socket is None:
            return
        pieces = protocol.data_to_send()  # an empty one stands for the end of the stream
        data = b"".join(pieces)
        if data and not self._has_ended:
            socket.write(data)
        if protocol.close_rcvd is not None or (pieces and protocol.state is State.CONNECTING):
            socket.close()
        elif protocol.parser_exc is not None and socket.can_write_eof() and not self._has_ended:
            self._has_ended = True
            socket.write_eof()  # and read on: closing now would cut what the peer is to read


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """Read a certificate chain and its key.

    Raises:
        OSError: a file cannot be read, or is not what it should be (ssl.SSLError).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _first(_protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Agree to any subprotocol: browsers give up on a server that names none of those they offer."""
    return offered[0] if offered else None


def _frames(data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        end = position + _LENGTH.unpack_from(data, position)[0]
        yield data[position:end]
        position = end
