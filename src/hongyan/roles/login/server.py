"""The login_server role (spec/flows.md 1)."""

from collections.abc import Mapping
from typing import Final

import structlog

from hongyan.cluster.connector import listen_for_links
from hongyan.cluster.discovery.discovery import Discovery
from hongyan.cluster.link import Link
from hongyan.cluster.peers import follow, peers_of
from hongyan.config import LoginConfig
from hongyan.errors import RefusedError
from hongyan.reactor.connection import Connection, ConnectionLimits
from hongyan.reactor.dispatch import Routes
from hongyan.reactor.http import HttpServer
from hongyan.reactor.reactor import Listener
from hongyan.roles.login.http import LoginHttp, Site
from hongyan.roles.login.listed import listed_server
from hongyan.roles.login.office import Office
from hongyan.roles.login.registry import MsgServer, NoMsgServerError, Registry
from hongyan.roles.login.reply import address_for
from hongyan.roles.runtime import Runtime
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import (
    REFUSE_REASON_MSG_SERVER_FULL,
    REFUSE_REASON_NO_MSG_SERVER,
    REFUSE_REASON_NONE,
)
from hongyan.wire.pb.login_pb2 import IMMsgServReq, IMMsgServRsp
from hongyan.wire.pb.server_pb2 import IMMsgServInfo, IMUserCntUpdate
from hongyan.wire.text import text

_log = structlog.get_logger("hongyan.login")

USER_CAME = 1
_NO_SITES: Final[Mapping[str, Site]] = {}
CLIENT_LIMITS = ConnectionLimits(max_frame_bytes=4096, max_write_buffer_bytes=64 * 1024)


class AskingClient:
    """A client that asks over TCP which msg_server to use; it gets one answer."""

    def __init__(self, connection: Connection, routes: Routes["AskingClient"]) -> None:
        self.connection = connection
        connection.on_frame = lambda frame: routes.dispatch(self, frame)

    def send(self, frame: Frame) -> None:
        """Answer and close, as the original does."""
        self.connection.send(frame)
        self.connection.close("answered")

    def refuse(self, frame: Frame, error: RefusedError) -> None:
        """There is nothing to say to a client that asks for anything else."""
        del frame
        self.connection.close(error.code.name.lower())


class LoginServer:
    """Knows the msg_servers from their own reports and sends clients to the least loaded.

    Args:
        runtime: what all roles of the process share.
        config: its settings.
        sites: ASGI applications that answer on the HTTP port, by the beginning of their paths.

    Attributes:
        office: what the admin console asks with.
    """

    node = Node.LOGIN

    def __init__(self, runtime: Runtime, config: LoginConfig, sites: Mapping[str, Site] = _NO_SITES) -> None:
        self._runtime = runtime
        self._config = config
        self._sites = dict(sites)
        self.office = Office()
        self._registry = Registry()
        self._listeners: list[Listener] = []
        self._from_msg = self._routes_from_msg()
        self._from_clients: Routes[AskingClient] = Routes(Node.CLIENT, Node.LOGIN)
        self._from_clients.on(commands.MSG_SERVER, self._choose_msg_server)
        self._from_clients.check_complete()
        self._http: HttpServer | None = None
        runtime.metrics.gauge(
            "login_msg_servers", "msg_servers that clients can be sent to", self._registry.__len__
        )
        runtime.metrics.gauge(
            "login_clients", "Clients of all msg_servers together", lambda: self._registry.total_clients
        )

    def add_site(self, prefix: str, site: Site) -> None:
        """Serve another application, from ``start`` on."""
        self._sites[prefix] = site

    async def start(self) -> dict[str, tuple[str, int]]:
        """Listen; return the addresses by their names in the ready file."""
        config, runtime = self._config, self._runtime
        self._http = HttpServer(
            LoginHttp(config, self._registry, self._sites), config.host, config.http_port, config.idle_limit_s
        )
        runtime.tasks.start("login http", self._http.run())
        await self._http.wait_ready()
        clients = await runtime.reactor.listen(
            "login", (config.host, config.client_port), self._accept_client, CLIENT_LIMITS
        )
        links = await listen_for_links(
            self, (config.msg_host, config.msg_port), runtime.reactor, runtime.trust
        )
        self._listeners = [clients, links]
        return {"login_http": self._http.address, "login_client": clients.address, "login_msg": links.address}

    def stop(self) -> None:
        """Accept no more."""
        for listener in self._listeners:
            listener.close()
        if self._http is not None:
            self._http.close()

    # msg_servers.

    def follow(self, discovery: Discovery) -> None:
        """Know the msg_servers that discovery finds, too."""
        discovery.follow(Node.MSG, lambda found: self._registry.list_discovered(map(listed_server, found)))

    def connect(self, roles: frozenset[Node], discovery: Discovery) -> None:
        """Start the console's links to ``roles``, which are not in this process.

        They go to the servers that discovery finds or, without it, to those in the configuration.
        """
        configured = {Node.DB_PROXY: self._config.db_proxies, Node.ROUTE: self._config.route_servers}
        for role in roles & configured.keys():
            follow(peers_of(self, role, self._runtime), role, discovery, configured[role])

    def link_opened(self, link: Link) -> None:
        """A msg_server will describe itself; the others are for the console."""
        if link.remote is Node.MSG:
            link.routes = self._from_msg
        else:
            self.office.link_opened(link)

    def link_closed(self, link: Link) -> None:
        """Send nobody to a msg_server that is gone."""
        if link.remote is Node.MSG:
            self._registry.remove(link.handle)
        else:
            self.office.link_closed(link)

    def _routes_from_msg(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.MSG, Node.LOGIN)
        routes.on(commands.MSG_SERVER_INFO, self._msg_server_info)
        routes.on(commands.USER_COUNT_UPDATE, self._user_count_update)
        routes.ignore(commands.HEARTBEAT, commands.CLUSTER_HELLO, commands.CLUSTER_PROOF)
        routes.check_complete()
        return routes

    def _msg_server_info(self, link: Link, message: IMMsgServInfo, _frame: Frame) -> None:
        server = MsgServer(
            ip1=text(message.ip1),
            ip2=text(message.ip2),
            port=message.port,
            max_clients=message.max_conn_cnt,
            clients=message.cur_conn_cnt,
            host_name=text(message.host_name),
            ws_port=message.ws_port,
            ws_is_encrypted=message.ws_is_encrypted,
            ws_url=text(message.ws_url),
        )
        self._registry.add(link.handle, server)
        _log.info("msg_server registered", link=link.name, host=server.host_name, port=server.port)

    def _user_count_update(self, link: Link, message: IMUserCntUpdate, _frame: Frame) -> None:
        self._registry.count(link.handle, +1 if message.user_action == USER_CAME else -1)

    # Clients over TCP.

    def _accept_client(self, connection: Connection) -> None:
        AskingClient(connection, self._from_clients)  # lives as long as its connection
        connection.watch(deadline=(self._config.idle_limit_s, "idle"))

    def _choose_msg_server(self, client: AskingClient, _message: IMMsgServReq, frame: Frame) -> None:
        client.send(OutboundFrame(commands.MSG_SERVER_REPLY, self._reply(client), frame.seq))

    def _reply(self, client: AskingClient) -> IMMsgServRsp:
        try:
            server = self._registry.choose()
        except NoMsgServerError as error:
            full = REFUSE_REASON_MSG_SERVER_FULL if error.is_full else REFUSE_REASON_NO_MSG_SERVER
            return IMMsgServRsp(result_code=full)
        reached_at = client.connection.local_address
        return IMMsgServRsp(
            result_code=REFUSE_REASON_NONE,
            prior_ip=address_for(server.ip1, reached_at),
            backip_ip=address_for(server.ip2, reached_at),
            port=server.port,
        )
