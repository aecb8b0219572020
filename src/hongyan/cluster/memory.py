"""Links between roles of one process: frames are handed over as they are, never encoded."""

import asyncio

import structlog

from hongyan.cluster.link import Link, LinkOwner
from hongyan.errors import ProtocolError
from hongyan.metrics import Metrics
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame

_log = structlog.get_logger("hongyan.cluster")


class MemoryLink(Link):
    """One end of a pair.

    What is sent arrives in the next turn of the loop, all of it in one go: so a handler is never
    entered again before it has returned, exactly as over a socket. The inbox holds what one turn
    sends, so it is bounded by what one turn reads.
    """

    def __init__(
        self, owner: LinkOwner, remote: Node, metrics: Metrics, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(owner, remote, f"{owner.node.name.lower()} - {remote.name.lower()}", metrics)
        self.is_proved = True  # it is this process
        self._loop = loop
        self._inbox: list[Frame] = []
        self._other: MemoryLink = self

    def send(self, frame: Frame) -> None:
        """Put the frame into the other end's inbox."""
        other = self._other
        if not other.is_open:
            return
        inbox = other._inbox  # noqa: SLF001 - both ends are this class
        if not inbox:
            self._loop.call_soon(other._drain)  # noqa: SLF001 - both ends are this class
        inbox.append(frame)

    def close(self, reason: str) -> None:
        """Close both ends."""
        for end in (self, self._other):
            end._closed(reason)  # noqa: SLF001 - both ends are this class

    def _drain(self) -> None:
        frames, self._inbox = self._inbox, []
        dispatch = self.routes.dispatch
        for frame in frames:
            try:
                dispatch(self, frame)
            except ProtocolError as error:
                _log.error("protocol broken inside the process", link=self.name, reason=str(error))
                self._metrics.count("faults", error.reason)
            except Exception:  # noqa: BLE001 - the one place for bugs in link handlers; other frames go on
                _log.exception("a handler failed", link=self.name, command=f"0x{frame.command_id:04x}")
                self._metrics.count("faults", self._owner.node.name.lower())


def connect_in_process(connecting: LinkOwner, accepting: LinkOwner, metrics: Metrics) -> MemoryLink:
    """Open a link between two roles of this process; return the connecting end."""
    loop = asyncio.get_running_loop()
    near = MemoryLink(connecting, accepting.node, metrics, loop)
    far = MemoryLink(accepting, connecting.node, metrics, loop)
    near._other, far._other = far, near  # noqa: SLF001 - made here
    far._opened()  # noqa: SLF001 - made here; first, so that what the connecting end sends arrives
    near._opened()  # noqa: SLF001 - made here
    return near
