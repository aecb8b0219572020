"""The links of one role to every server of another, as these come and go."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from hongyan.cluster.connector import LinkConnector
from hongyan.cluster.discovery.discovery import Discovery
from hongyan.cluster.link import LinkOwner
from hongyan.cluster.pdu import ClusterTrust
from hongyan.config import split_address
from hongyan.reactor.reactor import Reactor
from hongyan.tasks import Tasks
from hongyan.wire.commands import Node


class Peers:
    """Keeps connectors for the servers that are listed.

    One that is no longer listed is not connected to again; a link to it that works is left alone,
    because whoever lists servers may be wrong, and a server that stops closes its links itself.

    Args:
        name: who connects to whom, for the names of tasks.
        connect: makes the connectors for an address.
        tasks: runs them.
    """

    def __init__(self, name: str, connect: Callable[[str], list[LinkConnector]], tasks: Tasks) -> None:
        self._name = name
        self._connect = connect
        self._tasks = tasks
        self._connectors: dict[str, list[LinkConnector]] = {}
        self._ids: dict[str, str] = {}

    def follow(self, listed: Mapping[str, str]) -> None:
        """Connect to what is listed: addresses, each with what changes when the server was started anew."""
        for address, connectors in self._connectors.items():
            if address not in listed:
                for connector in connectors:
                    connector.retire()
        for address, id_ in listed.items():
            self._keep(address, restarted=self._ids.get(address) != id_)
            self._ids[address] = id_

    def _keep(self, address: str, *, restarted: bool) -> None:
        connectors = self._connectors.get(address)
        if connectors is None:
            self._connectors[address] = connectors = self._connect(address)
            for connector in connectors:
                self._tasks.start(f"{self._name} {address}", self._run(address, connector))
        for connector in connectors:
            connector.resume(restarted=restarted)

    async def _run(self, address: str, connector: LinkConnector) -> None:
        await connector.run()
        connectors = self._connectors[address]
        connectors.remove(connector)
        if not connectors:
            del self._connectors[address]
            self._ids.pop(address, None)


class Surroundings(Protocol):
    """What links need of the process that they are in."""

    @property
    def reactor(self) -> Reactor:
        """Makes the connections."""

    @property
    def tasks(self) -> Tasks:
        """Runs the connectors."""

    @property
    def trust(self) -> ClusterTrust:
        """Whom to believe without a proof."""


def peers_of(
    owner: LinkOwner,
    remote: Node,
    process: Surroundings,
    entries: Callable[[str], Sequence[int]] = lambda _address: (0,),
) -> Peers:
    """Make the peers of a role in another.

    Args:
        owner: who connects.
        remote: to whom.
        process: where.
        entries: tells for an address how many links there shall be, and for each which entry of the
            configuration it stands for.
    """

    def connectors(address: str) -> list[LinkConnector]:
        where = split_address(address)
        return [
            LinkConnector(owner, remote, where, process.reactor, process.trust, entry=entry)
            for entry in entries(address)
        ]

    return Peers(f"{owner.node.name.lower()} to {remote.name.lower()}", connectors, process.tasks)


def follow(peers: Peers, remote: Node, discovery: Discovery, configured: Sequence[str]) -> None:
    """Have peers follow the servers that discovery finds or, without it, those in the configuration."""
    if discovery.is_used:
        discovery.follow_links(remote, peers.follow)
    else:
        peers.follow(dict.fromkeys(configured, ""))
