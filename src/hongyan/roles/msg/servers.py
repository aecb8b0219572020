"""The links of msg_server to login_server and route_server (spec/flows.md 2.2)."""

from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.wire import commands
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.server_pb2 import IMRoleSet


class LoginLinks:
    """The links to login_server: every one of them is told about load.

    Attributes:
        are_told_by_etcd: login_servers read there how full this server is, and need no link.
    """

    def __init__(self) -> None:
        self._links: list[Link] = []
        self.are_told_by_etcd = False

    def add(self, link: Link) -> None:
        """A link was opened."""
        self._links.append(link)

    def remove(self, link: Link) -> None:
        """A link is gone."""
        self._links.remove(link)

    @property
    def is_open(self) -> bool:
        """Whether any login_server can send us clients."""
        return bool(self._links) or self.are_told_by_etcd

    def tell(self, frame: Frame) -> None:
        """Send a frame to all."""
        for link in self._links:
            link.send(frame)


class RouteLinks:
    """The links to route_server: presence goes to all, everything else to the master."""

    def __init__(self) -> None:
        self._links: list[Link] = []  # the first is the master

    def add(self, link: Link) -> None:
        """A link was opened; the first one becomes the master and is told so."""
        self._links.append(link)
        if len(self._links) == 1:
            self._tell_master()

    def remove(self, link: Link) -> None:
        """A link is gone; if it was the master, the next one takes its place."""
        was_master = self._links[0] is link
        self._links.remove(link)
        if was_master and self._links:
            self._tell_master()

    @property
    def is_open(self) -> bool:
        """Whether there is a master."""
        return bool(self._links)

    def tell_all(self, frame: Frame) -> None:
        """Send a presence frame to every route_server."""
        for link in self._links:
            link.send(frame)

    def send(self, frame: Frame) -> None:
        """Send a frame to the master; dropped when there is none, as nobody else is reachable then."""
        if self._links:
            self._links[0].send(frame)

    def master(self) -> Link:
        """Return the master for a request that needs an answer.

        Raises:
            RefusedError: there is none.
        """
        if not self._links:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the route server is not connected; try again later")
        return self._links[0]

    def _tell_master(self) -> None:
        self._links[0].send(OutboundFrame(commands.ROLE_SET, IMRoleSet(master=1)))


class PushLinks:
    """The links to push_server: one is used, the newest; the others wait to take its place."""

    def __init__(self) -> None:
        self._links: list[Link] = []
        self.is_open = False

    def add(self, link: Link) -> None:
        """A link was opened, and is used from now on."""
        self._links.append(link)
        self.is_open = True

    def remove(self, link: Link) -> None:
        """A link is gone."""
        self._links.remove(link)
        self.is_open = bool(self._links)

    def send(self, frame: Frame) -> None:
        """Send a frame; dropped when there is no link."""
        if self._links:
            self._links[-1].send(frame)
