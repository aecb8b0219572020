"""Keeps a link to one configured peer: connects, waits until it is lost, and tries again."""

import asyncio
import contextlib

import structlog

from hongyan.cluster.link import LinkOwner
from hongyan.cluster.pdu import STRANGER_LIMITS, AcceptedLink, ClusterTrust, ConnectedLink
from hongyan.reactor.connection import Connection
from hongyan.reactor.reactor import Listener, Reactor
from hongyan.reactor.schedule import ReconnectSchedule
from hongyan.wire.commands import Node

_log = structlog.get_logger("hongyan.cluster")


class LinkConnector:
    """One connection of ``owner`` to the server of role ``remote`` at ``address``, for ever.

    Args:
        owner: the connecting role.
        remote: the role at the other end.
        address: host and port.
        reactor: makes the connections.
        trust: whom to believe without a proof.
        entry: which of the configured addresses this is; the links carry it.
    """

    def __init__(
        self,
        owner: LinkOwner,
        remote: Node,
        address: tuple[str, int],
        reactor: Reactor,
        trust: ClusterTrust,
        *,
        entry: int = 0,
    ) -> None:
        self._owner = owner
        self._remote = remote
        self._address = address
        self._reactor = reactor
        self._trust = trust
        self._entry = entry
        self._schedule = ReconnectSchedule()
        self._wake = asyncio.Event()
        self._retired = asyncio.Event()

    async def run(self) -> None:
        """Connect and reconnect, until cancelled or until retired and without a link."""
        while not self._retired.is_set():
            self._wake.clear()
            await self._connect_once()
            wait_s = self._schedule.next_wait_s()
            _log.info("link down", peer=self._where(), retry_in_s=wait_s)
            # Not wait_for, which before Python 3.12 forgets to be cancelled when both come at once.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0 if self._retired.is_set() else wait_s):
                    await self._wake.wait()

    def retire(self) -> None:
        """Use the link as long as it lasts, and do not connect again."""
        self._retired.set()
        self._wake.set()

    def resume(self, *, restarted: bool) -> None:
        """Go on connecting; at once if the server was just started."""
        if self._retired.is_set():
            self._retired.clear()
            self._wake.clear()
        if restarted:
            self._schedule.succeeded()
            self._wake.set()

    async def _connect_once(self) -> None:
        """Connect and return when the link is gone."""
        gone = asyncio.Event()
        try:
            await self._reactor.connect(
                self._owner.node.name.lower(),
                self._address,
                lambda c: self._connected(c, gone),
                STRANGER_LIMITS,
            )
        except OSError as error:
            _log.warning("cannot connect", peer=self._where(), error=error.strerror or type(error).__name__)
            return
        await gone.wait()

    def _connected(self, connection: Connection, gone: asyncio.Event) -> None:
        self._schedule.succeeded()
        host, port = self._address
        ConnectedLink(
            self._owner, self._remote, connection, self._reactor, self._trust, f"{host}:{port}", self._entry
        )
        tell_link = connection.on_closed

        def closed(reason: str) -> None:
            tell_link(reason)
            gone.set()

        connection.on_closed = closed

    def _where(self) -> str:
        host, port = self._address
        return f"{self._remote.name.lower()} {host}:{port}"


async def listen_for_links(
    owner: LinkOwner, address: tuple[tuple[str, ...], int], reactor: Reactor, trust: ClusterTrust
) -> Listener:
    """Accept links for ``owner``."""

    def accept(connection: Connection) -> None:
        AcceptedLink(owner, connection, reactor, trust)  # lives as long as its connection

    return await reactor.listen(owner.node.name.lower(), address, accept, STRANGER_LIMITS)
