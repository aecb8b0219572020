"""The msg_server role: puts its handlers together, accepts clients, keeps its links (spec/flows.md 2)."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from hongyan.cluster.discovery.discovery import Discovery
from hongyan.cluster.link import Link
from hongyan.cluster.peers import follow, peers_of
from hongyan.config import MsgConfig
from hongyan.errors import ConfigError
from hongyan.reactor.connection import Connection, ConnectionLimits
from hongyan.reactor.reactor import Listener
from hongyan.reactor.websocket import WebSocketSettings, tls_context
from hongyan.roles.msg.context import MsgContext, MsgTables
from hongyan.roles.msg.db_links import DISCOVERED
from hongyan.roles.msg.files import FileHandlers
from hongyan.roles.msg.groups import GroupHandlers
from hongyan.roles.msg.login import LoginHandlers
from hongyan.roles.msg.messages import MessageHandlers
from hongyan.roles.msg.profile import ProfileHandlers
from hongyan.roles.msg.push import PushHandlers
from hongyan.roles.msg.queries import QueryHandlers
from hongyan.roles.msg.session import ClientSession
from hongyan.roles.msg.status import StatusHandlers
from hongyan.roles.runtime import Runtime
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.base_define_pb2 import ClientType, UserStatType
from hongyan.wire.pb.server_pb2 import IMMsgServInfo, IMOnlineUserInfo

_log = structlog.get_logger("hongyan.msg")

UNSPECIFIED: Final = "0.0.0.0"  # noqa: S104 - told to login_server, which puts the right one in
DRAIN_CHECK_S: Final = 0.01
MAX_STRANGERS: Final = 10_000
"""Connections that have not logged in; more are closed at once, so that they cannot crowd out clients."""


class MsgServer:
    """Holds the clients."""

    node = Node.MSG

    def __init__(self, runtime: Runtime, config: MsgConfig) -> None:
        self._runtime = runtime
        self._config = config
        self._tables = MsgTables()
        self._context = context = MsgContext.make(runtime, config)
        self._port = config.port
        self._ws_port = 0
        self._listeners: list[Listener] = []
        self._login = LoginHandlers(context, self._tables)
        MessageHandlers(context, self._tables, PushHandlers(context, self._tables))
        queries = QueryHandlers(context, self._tables)
        GroupHandlers(context, self._tables, queries)
        ProfileHandlers(context, self._tables, queries)
        StatusHandlers(context, self._tables, queries)
        self._files = FileHandlers(context, self._tables, queries)
        self._ignore_what_links_only_mention()
        self._tables.check_complete()
        self._link_added: dict[Node, Callable[[Link], None]] = {
            Node.DB_PROXY: self._db_added,
            Node.LOGIN: self._login_added,
            Node.ROUTE: self._route_added,
            Node.PUSH: self._push_added,
            Node.FILE: self._file_added,
        }
        directory = context.directory
        runtime.metrics.gauge("msg_connections", "Client connections of msg_server", directory.__len__)
        runtime.metrics.gauge(
            "msg_sessions", "Sessions of msg_server, which login_server counts", self._sessions
        )
        runtime.metrics.gauge(
            "msg_max_sessions", "Sessions at which msg_server is full", lambda: config.max_connections
        )
        runtime.metrics.gauge(
            "msg_requests", "Requests that db_proxy has not answered", lambda: context.db.under_way
        )
        runtime.metrics.gauge("msg_users", "Users logged in at msg_server", lambda: directory.users)

    async def start(self) -> dict[str, tuple[str, int]]:
        """Listen for clients; return the addresses by their names in the ready file."""
        addresses = {"msg": await self._listen("msg", self._config.port)}
        self._port = addresses["msg"][1]
        if self._config.websocket:
            addresses["msg_ws"] = await self._listen("msg_ws", self._config.ws_port, self._websocket())
            self._ws_port = addresses["msg_ws"][1]
        return addresses

    async def _listen(
        self, name: str, port: int, websocket: WebSocketSettings | None = None
    ) -> tuple[str, int]:
        limits = self._config.limits
        listener = await self._runtime.reactor.listen(
            name,
            (self._config.host, port),
            self._accept,
            ConnectionLimits(limits.max_frame_bytes, limits.max_write_buffer_bytes),
            websocket,
        )
        self._listeners.append(listener)
        return listener.address

    def _websocket(self) -> WebSocketSettings:
        config = self._config
        tls = None
        if config.ws_certificate:
            try:
                tls = tls_context(config.ws_certificate, config.ws_key)
            except OSError as error:
                raise ConfigError(f"msg.ws_certificate, msg.ws_key: {error.strerror or error}") from error
        return WebSocketSettings(config.ws_origins, config.limits.login_wait_s, config.ws_ping_s, tls)

    def connect(self, roles: frozenset[Node], discovery: Discovery) -> None:
        """Start the links to ``roles``, which are not in this process.

        They go to the servers that discovery finds or, without it, to those in the configuration.
        """
        config = self._config
        configured = {
            Node.DB_PROXY: config.db_proxies,
            Node.LOGIN: config.login_servers,
            Node.ROUTE: config.route_servers,
            Node.PUSH: config.push_servers,
            Node.FILE: config.file_servers,
        }
        for role in roles & configured.keys():
            peers = peers_of(self, role, self._runtime, partial(self._entries, role))
            if role is Node.LOGIN and discovery.finds_original_logins:
                discovery.follow_original_logins(peers.follow)
            else:
                follow(peers, role, discovery, configured[role])
        self._context.logins.are_told_by_etcd = discovery.is_used

    def stop(self) -> None:
        """Accept no more clients and read nothing more from those that are here."""
        for listener in self._listeners:
            listener.close()
        for session in self._context.directory.all():
            session.connection.stop_reading()

    async def drain(self, limit_s: float) -> None:
        """Wait until what clients asked before ``stop`` is answered by a db_proxy in another process."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while self._context.db.under_way:  # noqa: ASYNC110 - an event would cost every message
                    await asyncio.sleep(DRAIN_CHECK_S)

    def _entries(self, remote: Node, address: str) -> list[int]:
        """Return, for each connection to ``address``, which entry of the configuration it stands for."""
        if remote is not Node.DB_PROXY:
            return [0]
        config = self._config
        places = [place for place, each in enumerate(config.db_proxies) if each == address]
        return [place for place in places or [DISCOVERED] for _ in range(config.db_connections)]

    # Clients.

    def _sessions(self) -> int:
        return sum(1 for _ in self._context.directory.logged_in())

    def _accept(self, connection: Connection) -> None:
        directory = self._context.directory
        if len(directory) - directory.users > MAX_STRANGERS:
            connection.abort("too_many_strangers")
            return
        session = ClientSession(
            directory.next_handle(), connection, self._tables.strangers, self._runtime.metrics
        )
        directory.add(session)
        connection.on_closed = lambda _reason: self._login.closed(session)
        connection.watch(deadline=(self._config.limits.login_wait_s, "login_timeout"))

    # Links.

    def link_opened(self, link: Link) -> None:
        """Use a link and introduce ourselves on it."""
        self._link_added[link.remote](link)

    def link_closed(self, link: Link) -> None:
        """Stop using a link."""
        if link.remote is Node.DB_PROXY:
            self._context.db.lost(link)
        elif link.remote is Node.LOGIN:
            self._context.logins.remove(link)
        elif link.remote is Node.PUSH:
            self._context.push.remove(link)
        elif link.remote is Node.FILE:
            self._context.files.remove(link)
            self._files.link_lost(link)
        else:
            self._context.route.remove(link)
            self._files.route_lost()
            self._context.directory.forget_pcs()

    def _db_added(self, link: Link) -> None:
        link.routes = self._tables.from_db
        self._context.db.add(link)

    def _login_added(self, link: Link) -> None:
        link.routes = self._tables.from_login
        config = self._config
        info = IMMsgServInfo(
            ip1=config.public_ip1 or UNSPECIFIED,
            ip2=config.public_ip2 or config.public_ip1 or UNSPECIFIED,
            port=self._port,
            max_conn_cnt=config.max_connections,
            cur_conn_cnt=self._sessions(),
            host_name=socket.gethostname(),
        )
        if self._ws_port:
            info.ws_port = self._ws_port
            info.ws_is_encrypted = bool(config.ws_certificate)
            if config.ws_url:
                info.ws_url = config.ws_url
        link.send(OutboundFrame(commands.MSG_SERVER_INFO, info))
        self._context.logins.add(link)

    def _route_added(self, link: Link) -> None:
        link.routes = self._tables.from_route
        self._context.route.add(link)
        online = IMOnlineUserInfo(server_name=f"{socket.gethostname()}:{self._port}")
        for session in self._context.directory.logged_in():
            online.user_stat_list.add(
                user_id=session.user_id,
                status=UserStatType.ValueType(session.online_status),
                client_type=ClientType.ValueType(session.client_type),
                device_kind=session.device_kind or None,
            )
        link.send(OutboundFrame(commands.ONLINE_USERS, online))

    def _push_added(self, link: Link) -> None:
        link.routes = self._tables.from_push
        self._context.push.add(link)

    def _file_added(self, link: Link) -> None:
        link.routes = self._tables.from_file
        self._context.files.add(link)

    def _ignore_what_links_only_mention(self) -> None:
        """Heartbeats are noted by the connection."""
        tables = self._tables
        for links in (
            tables.from_db,
            tables.from_login,
            tables.from_route,
            tables.from_push,
            tables.from_file,
        ):
            links.ignore(commands.HEARTBEAT, commands.CLUSTER_CHALLENGE)
