"""login_server's links to db_proxy and route_server: what the admin console asks of the suite."""

from hongyan.administration.calls import Administration, DbProxies
from hongyan.administration.live import Live, RouteServers
from hongyan.cluster.calls import Calls
from hongyan.cluster.link import Link
from hongyan.reactor.dispatch import Routes
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame
from hongyan.wire.pb.server_pb2 import IMStopReceivePacket


class Office:
    """Asks db_proxy for the operations of the table, and route_server for who is online.

    Attributes:
        administration: calls the operations.
        live: what happens on the msg_servers.
    """

    def __init__(self) -> None:
        self._calls = Calls()
        self._db_proxies = DbProxies()
        self._route_servers = RouteServers()
        self.administration = Administration(self._calls, self._db_proxies.pick)
        self.live = Live(self._calls, self._route_servers.master)
        self._from_db_proxy = self._routes_from_db_proxy()
        self._from_route = self._routes_from_route()

    def link_opened(self, link: Link) -> None:
        """Ask over this link, too."""
        if link.remote is Node.DB_PROXY:
            link.routes = self._from_db_proxy
            self._db_proxies.add(link)
        else:
            link.routes = self._from_route
            self._route_servers.add(link)

    def link_closed(self, link: Link) -> None:
        """Whoever waits for an answer on this link gets a refusal."""
        self._db_proxies.remove(link)
        self._route_servers.remove(link)
        self._calls.lost(link)

    def _routes_from_db_proxy(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.DB_PROXY, Node.LOGIN)
        routes.on(commands.ADMIN_REPLY, self._calls.answered)
        routes.on(commands.ERROR_NOTICE, self._calls.refused)
        routes.on(commands.STOP_RECEIVING, self._stops)
        routes.ignore(commands.HEARTBEAT, commands.CLUSTER_CHALLENGE)
        routes.check_complete()
        return routes

    def _routes_from_route(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.ROUTE, Node.LOGIN)
        routes.on(commands.ONLINE_REPLY, self._calls.answered)
        routes.ignore(commands.HEARTBEAT, commands.CLUSTER_CHALLENGE)
        routes.check_complete()
        return routes

    def _stops(self, link: Link, _message: IMStopReceivePacket, _frame: Frame) -> None:
        """This db_proxy answers what it has and takes no more."""
        self._db_proxies.remove(link)
