"""login_server over HTTP: ``/msg_server``, as stock clients ask it (spec/http.md 1)."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from hongyan.config import LoginConfig
from hongyan.roles.login.registry import NoMsgServerError, Registry
from hongyan.roles.login.reply import address_for, host_in_url

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_NONE_THERE: Final[dict[str, str | int]] = {"code": 1, "msg": "没有msg_server"}
_ALL_FULL: Final[dict[str, str | int]] = {"code": 2, "msg": "负载过高"}


class LoginHttp:
    """The ASGI application. Plain ASGI, because headers are written exactly as the original has them."""

    def __init__(self, config: LoginConfig, registry: Registry) -> None:
        self._config = config
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive  # the body, if there is one, means nothing
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.startswith("/msg_server"):
            server: tuple[str, int] = scope["server"]
            await _respond(send, HTTPStatus.OK, self.msg_server(reached_at=server[0]))
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


async def _respond(send: Send, status: HTTPStatus, answer: dict[str, str | int]) -> None:
    body = json.dumps(answer, ensure_ascii=False, indent=3, separators=(",", " : ")).encode() + b"\n"
    headers = [
        (b"Connection", b"close"),
        (b"Content-Length", str(len(body)).encode()),
        (b"Content-Type", b"text/html;charset=utf-8"),
    ]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
