"""The msg_servers that login_server knows, and the choice among them (spec/flows.md 1)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class MsgServer:
    """One msg_server, as it described itself; ``clients`` is kept up by its own reports."""

    ip1: str
    ip2: str
    port: int
    max_clients: int
    clients: int
    host_name: str
    ws_port: int = 0
    ws_is_encrypted: bool = False
    ws_url: str = ""


class NoMsgServerError(LookupError):
    """No msg_server can take a client; ``is_full`` tells whether there is one at all."""

    def __init__(self, *, is_full: bool) -> None:
        super().__init__("all msg_servers are full" if is_full else "no msg_server is connected")
        self.is_full = is_full


class Registry:
    """msg_servers by the handle of their link, and those that discovery lists."""

    def __init__(self) -> None:
        self._servers: dict[int, MsgServer] = {}
        self._listed: list[MsgServer] = []

    @property
    def total_clients(self) -> int:
        """Clients of all msg_servers together."""
        return sum(server.clients for server in self._known())

    def __len__(self) -> int:
        return len(self._known())

    def list_discovered(self, servers: Iterable[MsgServer]) -> None:
        """Take the msg_servers that discovery lists, in place of those that it listed before."""
        self._listed = list(servers)

    def add(self, handle: int, server: MsgServer) -> None:
        """Enter a msg_server; a second description on the same link is ignored."""
        self._servers.setdefault(handle, server)

    def remove(self, handle: int) -> None:
        """Its link is gone."""
        self._servers.pop(handle, None)

    def count(self, handle: int, change: int) -> None:
        """A client came (+1) or went (-1); a count never falls below zero."""
        server = self._servers.get(handle)
        if server is not None:
            server.clients = max(server.clients + change, 0)

    def choose(self, *, for_browser: bool = False) -> MsgServer:
        """Return the msg_server with the fewest clients; the oldest link wins a tie.

        Args:
            for_browser: only one that takes WebSockets will do.

        Raises:
            NoMsgServerError: there is none, or all are full.
        """
        known = [server for server in self._known() if server.ws_port or not for_browser]
        free = [server for server in known if _has_room(server)]
        if not free:
            raise NoMsgServerError(is_full=bool(known))
        chosen = min(free, key=_clients)
        if chosen in self._listed:
            chosen.clients += 1  # until it is listed again with its own count
        return chosen

    def _known(self) -> list[MsgServer]:
        """Return every msg_server once; one that has a link is known better by it."""
        linked = {(server.host_name, server.port) for server in self._servers.values()}
        listed = (server for server in self._listed if (server.host_name, server.port) not in linked)
        return [*self._servers.values(), *listed]


def _clients(server: MsgServer) -> int:
    return server.clients


def _has_room(server: MsgServer) -> bool:
    return server.clients < server.max_clients
