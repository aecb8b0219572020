"""The links of one role to every server of another, as these come and go."""

from collections.abc import Callable, Mapping

from hongyan.cluster.connector import LinkConnector
from hongyan.tasks import Tasks


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
