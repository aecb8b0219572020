"""A network in memory: a reactor that listens and connects without sockets."""

import itertools
from collections.abc import Callable, Sequence
from typing import Final

from hongyan.metrics import Metrics
from hongyan.reactor.connection import Connection, ConnectionLimits
from hongyan.reactor.reactor import Listener, Reactor
from hongyan.reactor.websocket import WebSocketSettings
from hongyan.testing.transport import Address, connect_memory

FIRST_FREE_PORT: Final = 40_000
LOOPBACK: Final = "127.0.0.1"


class MemoryNetwork:
    """Who listens where. Several reactors on one network are several processes of one machine."""

    def __init__(self) -> None:
        self._listening: dict[Address, Callable[[], Connection]] = {}
        self._free_ports = itertools.count(FIRST_FREE_PORT)

    def open(self, address: Address, make: Callable[[], Connection]) -> Address:
        """Listen at ``address``; return it with its real port when 0 was asked for."""
        host, port = address
        bound = (host, port or next(self._free_ports))
        if bound in self._listening:
            raise OSError(f"{bound} is in use")
        self._listening[bound] = make
        return bound

    def shut(self, address: Address) -> None:
        """Listen no more."""
        self._listening.pop(address, None)

    def accept(self, address: Address) -> Connection:
        """Make the accepting end of a new connection.

        Raises:
            ConnectionRefusedError: nobody listens there.
        """
        make = self._listening.get(address)
        if make is None:
            raise ConnectionRefusedError(f"nobody listens at {address}")
        return make()

    def free_port(self) -> int:
        """Return a port that nobody uses, for the connecting end."""
        return next(self._free_ports)


class MemoryListener(Listener):
    """A place on the network where somebody listens."""

    def __init__(self, network: MemoryNetwork, addresses: list[Address]) -> None:
        self._network = network
        self._addresses = addresses

    @property
    def address(self) -> Address:
        """Host and port of the first address."""
        return self._addresses[0]

    def close(self) -> None:
        """Accept no more; what is connected stays."""
        for address in self._addresses:
            self._network.shut(address)


class MemoryReactor(Reactor):
    """A reactor whose connections stay in memory; everything else is the real one's.

    Args:
        metrics: as for the real one.
        network: shared by all reactors that are to reach each other.
        host: the address that this reactor connects from.
    """

    def __init__(self, metrics: Metrics, network: MemoryNetwork | None = None, host: str = LOOPBACK) -> None:
        super().__init__(metrics)
        self.network = network or MemoryNetwork()
        self._host = host

    async def listen(
        self,
        role: str,
        address: tuple[Sequence[str], int],
        accept: Callable[[Connection], None],
        limits: ConnectionLimits,
        websocket: WebSocketSettings | None = None,
    ) -> Listener:
        """Listen on the network; frames arrive there as they are, also where a WebSocket would carry them."""
        del websocket

        def connected(connection: Connection) -> None:
            self.metrics.count("connections_accepted", role)
            accept(connection)

        hosts, port = address
        addresses: list[Address] = []
        for host in hosts:
            bound = self.network.open((host, port), lambda: Connection(self, role, limits, connected))
            port = bound[1]
            addresses.append(bound)
        return MemoryListener(self.network, addresses)

    async def connect(
        self,
        role: str,
        address: Address,
        connected: Callable[[Connection], None],
        limits: ConnectionLimits,
    ) -> Connection:
        """Connect over the network.

        Raises:
            ConnectionRefusedError: nobody listens there.
        """
        accepting = self.network.accept(address)
        connection = Connection(self, role, limits, connected)
        connect_memory(
            connection.protocol, accepting.protocol, ((self._host, self.network.free_port()), address)
        )
        return connection
