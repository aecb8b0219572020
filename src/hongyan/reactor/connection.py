"""One socket: bytes in, frames out to its owner; frames in, bytes out once per turn of the loop."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, cast

import structlog

from hongyan.errors import ProtocolError
from hongyan.reactor.in_place import InPlaceReader
from hongyan.wire.blocks import Buffer
from hongyan.wire.frame import DEFAULT_MAX_FRAME_BYTES, Frame, Framer
from hongyan.wire.in_place import InPlaceFramer

if TYPE_CHECKING:
    from hongyan.reactor.reactor import Reactor

_log = structlog.get_logger("hongyan.reactor")

CLOSE_LINGER_S: Final = 5.0
"""How long a closing connection may take to flush before it is cut."""


class ConnectionState(Enum):
    """The life of a socket; TeamTalk's CBaseSocket has the same states."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    CLOSING = "closing"
    CLOSED = "closed"


_CONNECTED: Final = ConnectionState.CONNECTED


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The bounds of one connection.

    Attributes:
        max_frame_bytes: a longer frame closes the connection (``frame_too_long``).
        max_write_buffer_bytes: what may wait for a peer that does not read; more closes the
            connection (``slow_consumer``), so that one such peer cannot fill the memory.
        bulk_bytes: given where large frames travel, which are then read in place: so much may wait for
            the peer before ``is_writable`` says no.
    """

    max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES
    max_write_buffer_bytes: int = 16 * 1024 * 1024
    bulk_bytes: int | None = None


class Connection:
    """A connected socket with its framer, its outbox and its deadlines.

    The owner sets ``on_frame`` and ``on_closed`` when the connection is handed to it. Nothing here
    raises into the event loop: what goes wrong closes this connection with a counted reason.

    It is an asyncio.Protocol by what it can do, and does not inherit from it: compiled, a class without
    interpreted bases is several times quicker (see :mod:`hongyan.compiled`).
    """

    __slots__ = (
        "_close_reason",
        "_framer",
        "_idle_reason",
        "_limits",
        "_outbox",
        "_reactor",
        "_transport",
        "deadline",
        "idle_limit_s",
        "is_writable",
        "last_received",
        "last_sent",
        "on_closed",
        "on_connected",
        "on_frame",
        "on_quiet",
        "on_writable",
        "peer_address",
        "quiet_limit_s",
        "role",
        "state",
        "wheel_slot",
    )

    def __init__(
        self,
        reactor: "Reactor",
        role: str,
        limits: ConnectionLimits,
        on_connected: Callable[["Connection"], None],
    ) -> None:
        self._reactor = reactor
        self._limits = limits
        kind = Framer if limits.bulk_bytes is None else InPlaceFramer
        self._framer = kind(limits.max_frame_bytes)
        self._outbox: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._close_reason = ""
        self.role = role
        self.state = ConnectionState.CONNECTING
        self.peer_address = ""
        self.on_connected = on_connected
        self.on_frame: Callable[[Frame], None] = _drop_frame
        self.on_closed: Callable[[str], None] = _nobody_cares
        self.on_quiet: Callable[[], None] | None = None
        self.is_writable = True  # False while more waits for the peer than the transport likes
        self.on_writable: Callable[[], None] | None = None
        self.wheel_slot: int | None = None
        self.deadline: tuple[float, str] | None = None
        self.idle_limit_s: float | None = None
        self.quiet_limit_s: float | None = None
        self.last_received = self.last_sent = reactor.loop.time()

    @property
    def local_address(self) -> str:
        """The address of this machine by which the peer reached it."""
        local = self._transport.get_extra_info("sockname") if self._transport is not None else None
        return local[0] if isinstance(local, tuple) else ""

    @property
    def close_reason(self) -> str:
        """Why this side closed the connection; empty as long as it has not."""
        return self._close_reason

    @property
    def protocol(self) -> asyncio.Protocol:
        """The connection as asyncio knows it."""
        return cast("asyncio.Protocol", self)

    # What the owner calls.

    def send(self, frame: Frame) -> None:
        """Queue a frame; it leaves with everything else of this turn in one write."""
        if self.state is not _CONNECTED:
            return
        outbox = self._outbox
        if not outbox:
            self._reactor.flush_soon(self)
        outbox.append(frame.raw)

    def send_pieces(self, pieces: Sequence[Buffer]) -> None:
        """Send a large frame that stands in several places, now and without copying it together."""
        self.flush()
        transport = self._transport
        if transport is not None and self._may_write(sum(map(len, pieces))):
            transport.writelines(pieces)

    def close(self, reason: str) -> None:
        """Flush what is queued, then close; frames that still arrive are dropped. Safe to call twice."""
        self.flush()  # may find a slow consumer, and then it is closed already
        if self.state is not ConnectionState.CONNECTED or self._transport is None:
            return
        self.state = ConnectionState.CLOSING
        self._close_reason = reason
        self.deadline = (self._reactor.loop.time() + CLOSE_LINGER_S, reason)
        self._reactor.wheel.watch(self, CLOSE_LINGER_S)
        self._transport.close()

    def abort(self, reason: str) -> None:
        """Cut the connection now; what is queued is lost."""
        if self.state is ConnectionState.CLOSED or self._transport is None:
            return
        if self.state is ConnectionState.CONNECTED:
            self._close_reason = reason
        self.state = ConnectionState.CLOSING
        self._outbox.clear()
        self._transport.abort()

    def watch(
        self,
        *,
        idle_limit_s: float | None = None,
        deadline: tuple[float, str] | None = None,
        quiet_limit_s: float | None = None,
    ) -> None:
        """Set the timeouts, replacing those before.

        Args:
            idle_limit_s: close after so many seconds without input (reason ``idle``).
            deadline: seconds from now and the reason: closed then, whatever happens.
            quiet_limit_s: call ``on_quiet`` whenever nothing was sent for so many seconds.
        """
        now = self._reactor.loop.time()
        self.idle_limit_s = idle_limit_s
        self.deadline = None if deadline is None else (now + deadline[0], deadline[1])
        self.quiet_limit_s = quiet_limit_s
        delay_s = self._next_look(now)
        if delay_s is not None:
            self._reactor.wheel.watch_by(self, delay_s)

    def stop_reading(self) -> None:
        """Take no more input; what is queued for the peer still leaves."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def allow_frames_up_to(self, max_frame_bytes: int) -> None:
        """Widen the frame size, once the peer is known."""
        self._framer.max_frame_bytes = max_frame_bytes

    # What the reactor calls.

    def flush(self) -> None:
        """Write the outbox; called once per turn."""
        outbox, transport = self._outbox, self._transport
        if not outbox or transport is None or self.state is not _CONNECTED:
            return
        data = outbox[0] if len(outbox) == 1 else b"".join(outbox)
        outbox.clear()
        if self._may_write(len(data)):
            transport.write(data)

    def _may_write(self, size: int) -> bool:
        """Cut the connection of a peer for which too much would wait."""
        transport = self._transport
        if transport is None or self.state is not _CONNECTED:
            return False
        if transport.get_write_buffer_size() + size > self._limits.max_write_buffer_bytes:
            self.abort("slow_consumer")
            return False
        self.last_sent = self._reactor.loop.time()
        return True

    def due(self, now: float) -> float | None:
        """Close when a deadline has passed, call ``on_quiet`` when it is time, say when to come again."""
        if self.deadline is not None and now >= self.deadline[0]:
            self._expire(self.deadline[1])
            return CLOSE_LINGER_S
        if self.idle_limit_s is not None and now - self.last_received >= self.idle_limit_s:
            self._expire("idle")
            return CLOSE_LINGER_S
        quiet = self.quiet_limit_s
        if quiet is not None and self.on_quiet is not None and now - self.last_sent >= quiet:
            self.on_quiet()
        return self._next_look(now)

    def _expire(self, reason: str) -> None:
        if self.state is ConnectionState.CONNECTED:
            self.close(reason)
        else:
            self.abort(reason)

    def _next_look(self, now: float) -> float | None:
        look = math.inf if self.deadline is None else self.deadline[0]
        if self.idle_limit_s is not None:
            look = min(look, self.last_received + self.idle_limit_s)
        if self.quiet_limit_s is not None:
            look = min(look, max(self.last_sent + self.quiet_limit_s, now + 1.0))
        return max(look - now, 0.0) if look < math.inf else None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected; hand the connection to its owner."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it
        self.state = ConnectionState.CONNECTED
        peer = transport.get_extra_info("peername")
        self.peer_address = peer[0] if isinstance(peer, tuple) else "local"
        self.last_received = self.last_sent = self._reactor.loop.time()
        self._reactor.connections.add(self)
        if isinstance(self._framer, InPlaceFramer):
            self._transport.set_write_buffer_limits(high=self._limits.bulk_bytes)
            self._transport.set_protocol(InPlaceReader(self, self._framer))
        self.on_connected(self)

    def data_received(self, data: bytes) -> None:
        """Cut bytes into frames and give each to the owner, until it closes the connection."""
        if self.state is _CONNECTED:
            self.frames_received(self._framer.feed(data))

    def frames_received(self, frames: list[Frame]) -> None:
        """Give what has arrived, which may be no whole frame yet, to the owner."""
        if self.state is not _CONNECTED:
            return
        self.last_received = self._reactor.loop.time()
        try:
            for frame in frames:
                self.on_frame(frame)
                if self.state is not _CONNECTED:
                    return
        except ProtocolError as error:
            self._break_off(error)
        except Exception:  # noqa: BLE001 - the one place for bugs in handlers: this connection ends, no other
            _log.exception("a handler failed", role=self.role, peer=self.peer_address)
            self._reactor.metrics.count("faults", self.role)
            self.close("internal_error")
        else:
            if self._framer.fault is not None:
                self._break_off(self._framer.fault)

    def _break_off(self, error: ProtocolError) -> None:
        _log.info("connection closed", role=self.role, peer=self.peer_address, reason=str(error))
        self.close(error.reason)

    def eof_received(self) -> bool:
        """The peer sends no more, and so is done with us."""
        return False

    def pause_writing(self) -> None:
        """The peer reads slower than we write; whoever has much to send waits for ``on_writable``."""
        self.is_writable = False

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self.is_writable = True
        if self.on_writable is not None:
            self.on_writable()

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is gone; tell the owner once."""
        reason = self._close_reason or ("reset" if error else "peer_closed")
        self.state = ConnectionState.CLOSED
        self._outbox.clear()
        self._transport = None
        self._reactor.forget(self, reason)
        self.on_closed(reason)
        # Break the cycle through the owner's bound methods, so that memory is free at once.
        self.on_frame, self.on_closed = _drop_frame, _nobody_cares
        self.on_quiet = self.on_writable = None


def _drop_frame(_frame: Frame) -> None:
    """The owner is gone or not there yet."""


def _nobody_cares(_reason: str) -> None:
    """The owner is gone or not there yet."""
