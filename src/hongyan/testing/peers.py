"""Peers that do what a test says and remember what they were sent."""

import asyncio
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from hongyan.cluster.link import Link
from hongyan.reactor.dispatch import Routes
from hongyan.testing.network import LOOPBACK, MemoryNetwork
from hongyan.testing.transport import Address, MemoryTransport, connect_memory
from hongyan.wire.commands import COMMANDS, Command, Node
from hongyan.wire.frame import Frame, Framer, InboundFrame, OutboundFrame

M = TypeVar("M", bound=Message)

_HEADER: Final = Struct(">IHHHHHH")


@dataclass(frozen=True, slots=True)
class Header:
    """What stock clients write where servers do not look (spec/wire.md 1)."""

    version: int = 1
    flag: int = 0
    reserved: int = 0

    def frame(self, command: Command[M], message: M, seq: int = 0) -> bytes:
        """Return a frame with these values in its header; a missing required field is not an error."""
        body = message.SerializePartialToString()
        return (
            _HEADER.pack(
                _HEADER.size + len(body),
                self.version,
                self.flag,
                command.service,
                command.id,
                seq,
                self.reserved,
            )
            + body
        )


SERVER_HEADER: Final = Header()


class RecordingClient(asyncio.Protocol):
    """A client in memory.

    Attributes:
        frames: what it was sent and has not been taken by ``take``.
        is_closed: whether the server has closed the connection.
        transport: its end of the connection; ``transport.pause_reading()`` makes it a slow one.
    """

    def __init__(self, header: Header = SERVER_HEADER) -> None:
        self.header = header
        self.frames: list[Frame] = []
        self.is_closed = False
        self.transport: MemoryTransport
        self._framer = Framer()

    @classmethod
    def connect(
        cls,
        network: MemoryNetwork,
        address: Address,
        *,
        host: str = LOOPBACK,
        header: Header = SERVER_HEADER,
    ) -> "RecordingClient":
        """Connect to ``address``, coming from ``host``."""
        client = cls(header)
        accepting = network.accept(address).protocol
        connect_memory(client, accepting, ((host, network.free_port()), address))
        return client

    def send(self, command: Command[M], message: M, seq: int = 0) -> None:
        """Send a frame."""
        self.transport.write(self.header.frame(command, message, seq))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.transport.write(data)

    def close(self) -> None:
        """Leave."""
        self.transport.close()

    def take(self) -> list[Frame]:
        """Return what arrived since the last call."""
        frames, self.frames = self.frames, []
        return frames

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        assert isinstance(transport, MemoryTransport)  # noqa: S101 - made by connect_memory
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep the frames."""
        self.frames += self._framer.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end."""
        del error
        self.is_closed = True


class RecordingRole:
    """A server that keeps what its links bring and says what a test says.

    Attributes:
        node: the role it plays.
        links: those that are open, oldest first.
        frames: what arrived and has not been taken by ``take``, on whichever link.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.links: list[Link] = []
        self.frames: list[Frame] = []
        self._origins: list[Link] = []

    @property
    def link(self) -> Link:
        """The newest link."""
        return self.links[-1]

    def link_opened(self, link: Link) -> None:
        """Accept everything from the link."""
        link.routes = _everything_to(self, link.remote)
        self.links.append(link)

    def link_closed(self, link: Link) -> None:
        """Forget the link."""
        self.links.remove(link)

    def take(self) -> list[Frame]:
        """Return what arrived since the last call, except heartbeats and handshakes."""
        frames, self.frames = self.frames, []
        self._origins.clear()
        return frames

    def take_with_links(self) -> list[tuple[Link, Frame]]:
        """Return what arrived since the last call, each frame with the link that brought it."""
        origins = list(self._origins)
        return list(zip(origins, self.take(), strict=True))

    def send(self, command: Command[M], message: M, seq: int = 0, link: Link | None = None) -> None:
        """Send a frame on ``link``, or on the newest."""
        (link or self.link).send(OutboundFrame(command, message, seq))

    def send_bytes(self, raw: bytes, link: Link | None = None) -> None:
        """Send a whole frame as it is, of a transcript for example."""
        _, _, _, _, command_id, seq, _ = _HEADER.unpack_from(raw)
        (link or self.link).send(InboundFrame(raw, command_id, seq))

    def received(self, link: Link, frame: Frame) -> None:
        """Keep a frame."""
        self.frames.append(frame)
        self._origins.append(link)


def _everything_to(role: RecordingRole, remote: Node) -> Routes[Link]:
    """Make a table that refuses nothing and decodes nothing.

    The role gets every frame but what links say to each other by themselves.
    """
    routes: Routes[Link] = Routes(remote, role.node)
    for id_ in COMMANDS:
        receive = _ignore if id_ in _SMALL_TALK else role.received
        routes._relays[id_] = receive  # noqa: SLF001 - past its checks of who may send what
    return routes


def _ignore(_link: Link, _frame: Frame) -> None:
    """Small talk."""


_SMALL_TALK: Final[frozenset[int]] = frozenset(
    id_
    for id_, command in COMMANDS.items()
    if command.name == "CID_OTHER_HEARTBEAT" or "CLUSTER" in command.name
)


def decode(frame: Frame) -> Any:
    """Return the frame's message, by the table of commands."""
    return frame.decode(COMMANDS[frame.command_id])
