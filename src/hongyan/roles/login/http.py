"""login_server over HTTP: ``/msg_server``, as stock clients ask it (spec/http.md 1); and sites beside it."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from hongyan.config import LoginConfig
from hongyan.roles.login.registry import NoMsgServerError, Registry
from hongyan.roles.login.reply import address_for, host_in_url

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Site = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application."""

WEB_CONFIG: Final = "/web/config"
"""Where the web client asks where everything is."""
_HOST: Final = re.compile(rb"^(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$")

_NONE_THERE: Final[dict[str, str | int]] = {"code": 1, "msg": "没有msg_server"}
_ALL_FULL: Final[dict[str, str | int]] = {"code": 2, "msg": "负载过高"}


class LoginHttp:
    """The ASGI application. Plain ASGI, because headers are written exactly as the original has them."""

    def __init__(self, config: LoginConfig, registry: Registry, sites: Mapping[str, Site]) -> None:
        self._config = config
        self._registry = registry
        self._sites = sorted(sites.items(), key=lambda site: len(site[0]), reverse=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a body, if there is one, means nothing unless it is for a site."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        server: tuple[str, int] = scope["server"]
        site = next((site for prefix, site in self._sites if path.startswith(prefix)), None)
        if path.startswith("/msg_server"):
            await _respond(send, HTTPStatus.OK, self.msg_server(reached_at=server[0]))
        elif path == WEB_CONFIG:
            await _respond(send, HTTPStatus.OK, self.web_config(_host(scope) or server[0]), _JSON)
        elif site is not None:
            await site(scope, receive, send)
        else:
            await _respond(send, HTTPStatus.NOT_FOUND, {"code": 404, "msg": "not found; ask /msg_server"})

    def msg_server(self, reached_at: str) -> dict[str, str | int]:
        """Make the answer for a client that reached this server at the address ``reached_at``."""
        try:
            server = self._registry.choose()
        except NoMsgServerError as error:
            return _ALL_FULL if error.is_full else _NONE_THERE
        config = self._config
        msfs_url = config.msfs_url.replace("//0.0.0.0:", f"//{host_in_url(reached_at)}:", 1)
        return {
            "backupIP": address_for(server.ip2, reached_at),
            "code": 0,
            "discovery": config.discovery_url,
            "msfsBackup": msfs_url,
            "msfsPrior": msfs_url,
            "msg": "",
            "port": str(server.port),  # the Windows client takes nothing but a string
            "priorIP": address_for(server.ip1, reached_at),
        }

    def web_config(self, reached_at: str) -> dict[str, str | int]:
        """Make the answer for the web client of a browser that opened this server as ``reached_at``."""
        try:
            server = self._registry.choose(for_browser=True)
        except NoMsgServerError as error:
            return _ALL_FULL if error.is_full else _NONE_THERE
        scheme = "wss" if server.ws_is_encrypted else "ws"
        address = f"{scheme}://{address_for(server.ip1, reached_at)}:{server.ws_port}"
        return {"code": 0, "msfs": self._msfs(reached_at), "msg": "", "ws": server.ws_url or address}

    def _msfs(self, reached_at: str) -> str:
        """Return msfs by a name that the browser can reach: loopback means the machine that it opened."""
        url = urlsplit(self._config.msfs_url)
        if url.hostname in _LOOPBACK and url.port is not None:
            return f"{url.scheme}://{reached_at}:{url.port}{url.path}"
        return self._config.msfs_url


_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0"})  # noqa: S104 - read, not listened on
_JSON: Final = b"application/json"


def _host(scope: Scope) -> str:
    """The name by which the browser opened this server; empty when it says none that can be one."""
    value: bytes = dict(scope["headers"]).get(b"host", b"")
    found = _HOST.match(value)
    return found["host"].decode() if found else ""


async def _respond(
    send: Send,
    status: HTTPStatus,
    answer: dict[str, str | int],
    content_type: bytes = b"text/html;charset=utf-8",
) -> None:
    body = json.dumps(answer, ensure_ascii=False, indent=3, separators=(",", " : ")).encode() + b"\n"
    headers = [
        (b"Connection", b"close"),
        (b"Content-Length", str(len(body)).encode()),
        (b"Content-Type", content_type),
    ]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
