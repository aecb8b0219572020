"""What a role sees of another role: a link, whichever way it travels."""

import itertools
from abc import ABC, abstractmethod
from typing import Final, Protocol

import structlog

from hongyan.errors import RefusedError
from hongyan.metrics import Metrics
from hongyan.reactor.dispatch import Routes
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.extension_pb2 import IMErrorNotice

_log = structlog.get_logger("hongyan.cluster")
_handles: Final = itertools.count(1)


class Link(ABC):
    """One end of a connection between two roles.

    Attributes:
        remote: the role at the other end.
        name: for people: who is connected to whom, and where.
        handle: rises with every link of the process, so an older link has the lower one.
        routes: what the other end may send; set by the owner in ``link_opened``.
        is_open: False before the peer has proved itself and after the link is gone.
        is_proved: whether the peer proved the cluster secret; an original server cannot, it is let in
            by its address.
        address: ``host:port`` that the link was opened to; empty where that means nothing.
        entry: which of the configured addresses of ``remote`` that is, for roles that care.
    """

    def __init__(self, owner: "LinkOwner", remote: Node, name: str, metrics: Metrics) -> None:
        self._owner = owner
        self._metrics = metrics
        self.remote = remote
        self.name = name
        self.handle = next(_handles)
        self.is_open = False
        self.is_proved = False
        self.address = ""
        self.entry = 0
        self.routes: Routes[Link] = Routes(remote, owner.node)

    @abstractmethod
    def send(self, frame: Frame) -> None:
        """Queue a frame for the other end; dropped when the link is not open."""

    @abstractmethod
    def close(self, reason: str) -> None:
        """Close the link; the owner hears of it once."""

    def refuse(self, frame: Frame, error: RefusedError) -> None:
        """Answer a request with an error notice that carries its attach_data back."""
        self._metrics.count("requests_refused", error.code.name.lower())
        _log.debug("refused", link=self.name, command=f"0x{frame.command_id:04x}", code=error.code.name)
        if not commands.ERROR_NOTICE.may_travel(self._owner.node, self.remote):
            return
        notice = IMErrorNotice(code=error.code, text=error.text, command_id=frame.command_id, seq=frame.seq)
        if error.retry_after_ms is not None:
            notice.retry_after_ms = error.retry_after_ms
        if frame.attach_data:
            notice.attach_data = frame.attach_data
        self.send(OutboundFrame(commands.ERROR_NOTICE, notice))

    def _opened(self) -> None:
        self.is_open = True
        self._metrics.link_opened(
            self.handle, self._owner.node.name.lower(), self.remote.name.lower(), self.name
        )
        _log.info("link open", link=self.name)
        self._owner.link_opened(self)

    def _closed(self, reason: str) -> None:
        if self.is_open:
            self.is_open = False
            self._metrics.link_closed(self.handle)
            _log.info("link closed", link=self.name, reason=reason)
            self._owner.link_closed(self)


class LinkOwner(Protocol):
    """A role, as its links see it."""

    node: Node

    def link_opened(self, link: Link) -> None:
        """A link can be used from now on; set its routes."""

    def link_closed(self, link: Link) -> None:
        """A link that was open is gone."""
