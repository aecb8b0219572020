"""The http_msg_server role (spec/flows.md 6, docs/how-to/use-the-http-api.md)."""

import asyncio
from collections.abc import Mapping
from typing import Final

from hongyan.cluster.discovery.discovery import Discovery
from hongyan.cluster.link import Link
from hongyan.cluster.peers import follow, peers_of
from hongyan.config import HttpMsgConfig
from hongyan.reactor.http import HttpServer
from hongyan.roles.http_msg.gate import Gate
from hongyan.roles.http_msg.http import App, HttpMsgHttp
from hongyan.roles.http_msg.late import LateApi
from hongyan.roles.http_msg.links import Links
from hongyan.roles.http_msg.query import Queries
from hongyan.roles.http_msg.sending import Sender
from hongyan.roles.http_msg.services import Services
from hongyan.roles.http_msg.webhooks.courier import WebhookCourier
from hongyan.roles.runtime import Runtime
from hongyan.wire.cipher import MessageCipher
from hongyan.wire.commands import Node

_NO_SITES: Final[Mapping[str, App]] = {}


class HttpMsgServer:
    """Lets other systems in over HTTP. It stores nothing itself: db_proxy does.

    Args:
        runtime: what all roles of the process share.
        config: its settings.
        sites: ASGI applications that answer beside the API, by the beginning of their paths.
    """

    node = Node.HTTP_MSG

    def __init__(self, runtime: Runtime, config: HttpMsgConfig, sites: Mapping[str, App] = _NO_SITES) -> None:
        self._runtime = runtime
        self._config = config
        self._links = Links()
        self._sender = Sender(self._links, MessageCipher(config.message_key))
        self._app = self._make_app(sites)
        self._courier: WebhookCourier | None = None
        self._http: HttpServer | None = None
        self._serving: asyncio.Task[None] | None = None
        runtime.metrics.gauge(
            "http_msg_pending",
            "Requests of http_msg_server that are being answered",
            lambda: self._app.pending,
        )

    def _make_app(self, sites: Mapping[str, App]) -> HttpMsgHttp:
        config, links = self._config, self._links
        services = Services(
            links,
            Gate(links.administration, config.wrong_keys_per_minute),
            self._sender,
        )
        return HttpMsgHttp(config, Queries(links), LateApi(services), sites, self._runtime.metrics)

    async def start(self) -> dict[str, tuple[str, int]]:
        """Listen; return the address by its name in the ready file.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        config = self._config
        self._http = HttpServer(self._app, config.host, config.port, config.request_limit_s)
        self._serving = self._runtime.tasks.start("http_msg http", self._http.run())
        await self._http.wait_ready()
        self._courier = self._start_courier()
        return {"http_msg": self._http.address}

    def _start_courier(self) -> WebhookCourier:
        runtime, links = self._runtime, self._links
        courier = WebhookCourier(
            links.administration, self._config.webhooks, self._sender.read, runtime.tasks, runtime.metrics
        )
        runtime.tasks.start("webhooks", courier.run())
        return courier

    def connect(self, roles: frozenset[Node], discovery: Discovery) -> None:
        """Start the links to ``roles``, which are not in this process.

        They go to the servers that discovery finds or, without it, to those in the configuration.
        """
        configured = {Node.DB_PROXY: self._config.db_proxies, Node.ROUTE: self._config.route_servers}
        for role in roles & configured.keys():
            follow(peers_of(self, role, self._runtime), role, discovery, configured[role])

    def link_opened(self, link: Link) -> None:
        """Ask over this link, too."""
        self._links.opened(link)

    def link_closed(self, link: Link) -> None:
        """Whoever waits for an answer on this link gets a refusal."""
        self._links.closed(link)

    def stop(self) -> None:
        """Accept no more."""
        if self._http is not None:
            self._http.close()

    async def close(self) -> None:
        """Give requests that are under way a moment to end."""
        if self._serving is not None:
            await self._serving
        if self._courier is not None:
            await self._courier.close()
