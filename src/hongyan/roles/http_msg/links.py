"""http_msg_server's links: db_proxy does the work, route_server reaches the msg_servers."""

from typing import Any, Final

from hongyan.administration.calls import Administration, DbProxies
from hongyan.administration.live import Live, RouteServers
from hongyan.cluster.calls import Calls
from hongyan.cluster.link import Link
from hongyan.reactor.dispatch import Routes
from hongyan.wire import commands
from hongyan.wire.commands import Command, Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.server_pb2 import IMRoleSet, IMStopReceivePacket

_ANSWERS: Final[tuple[Command[Any], ...]] = (
    commands.ADMIN_REPLY,
    commands.GROUP_CREATE_REPLY,
    commands.GROUP_CHANGE_MEMBER_REPLY,
    commands.MSG_DATA,
)


class Links:
    """What is asked over the links, and who waits for it.

    Attributes:
        calls: the requests that wait for answers.
        db_proxies: the links to db_proxy.
        route_servers: the links to route_server.
        administration: calls the operations of db_proxy.
        live: what happens on the msg_servers.
    """

    def __init__(self) -> None:
        self.calls = Calls()
        self.db_proxies = DbProxies()
        self.route_servers = RouteServers()
        self.administration = Administration(self.calls, self.db_proxies.pick)
        self.live = Live(self.calls, self.route_servers.master)
        self._from_db_proxy = self._routes_from_db_proxy()
        self._from_route = self._routes_from_route()

    def opened(self, link: Link) -> None:
        """Ask over this link, too."""
        if link.remote is Node.DB_PROXY:
            link.routes = self._from_db_proxy
            self.db_proxies.add(link)
        else:
            link.routes = self._from_route
            self.route_servers.add(link)
            if self.route_servers.master() is link:
                self._tell_master(link)

    def closed(self, link: Link) -> None:
        """Whoever waits for an answer on this link gets a refusal."""
        self.db_proxies.remove(link)
        self.route_servers.remove(link)
        self.calls.lost(link)

    @staticmethod
    def _tell_master(link: Link) -> None:
        link.send(OutboundFrame(commands.ROLE_SET, IMRoleSet(master=1)))

    def _routes_from_db_proxy(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.DB_PROXY, Node.HTTP_MSG)
        for command in _ANSWERS:
            routes.on(command, self.calls.answered)
        routes.on(commands.ERROR_NOTICE, self.calls.refused)
        routes.on(commands.STOP_RECEIVING, self._stops)
        routes.ignore(commands.HEARTBEAT, commands.CLUSTER_CHALLENGE)
        routes.check_complete()
        return routes

    def _routes_from_route(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.ROUTE, Node.HTTP_MSG)
        routes.on(commands.ONLINE_REPLY, self.calls.answered)
        routes.ignore(commands.HEARTBEAT, commands.CLUSTER_CHALLENGE)
        routes.check_complete()
        return routes

    def _stops(self, link: Link, _message: IMStopReceivePacket, _frame: Frame) -> None:
        """This db_proxy answers what it has and takes no more."""
        self.db_proxies.remove(link)
