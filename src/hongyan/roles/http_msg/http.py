"""The HTTP application of http_msg_server: which request is whose, and how much of it there may be."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hongyan.config import HttpMsgConfig
from hongyan.errors import ErrorCode, RefusedError
from hongyan.metrics import Metrics
from hongyan.roles.http_msg import query
from hongyan.roles.http_msg.query import Queries
from hongyan.roles.http_msg.refusals import problem, refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API: Final = "/api/"


class HttpMsgHttp:
    """The ASGI application.

    Args:
        config: its settings.
        queries: the original's.
        api: answers what begins with ``/api/``.
        sites: answer what begins otherwise.
        metrics: where requests are counted.
    """

    def __init__(
        self,
        config: HttpMsgConfig,
        queries: Queries,
        api: App,
        sites: Mapping[str, App],
        metrics: Metrics,
    ) -> None:
        self._config = config
        self._queries = queries
        self._sites = sorted({API: api, **sites}.items(), key=lambda site: len(site[0]), reverse=True)
        self._trusted = [ip_network(text) for text in config.query_from]
        self._metrics = metrics
        self.pending = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return

        async def counted(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._metrics.count("http_msg_requests", f"{scope['method']} {message['status']}")
            await send(message)

        if self.pending >= self._config.max_requests:
            busy = RefusedError(ErrorCode.BUSY, "too many requests at the same time; try again later")
            await refusal(busy)(scope, receive, counted)
            return
        self.pending += 1
        try:
            await self._answer(scope, receive, counted)
        finally:
            self.pending -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(self._config.request_limit_s):
                body = await self._read(Request(scope, receive))
        except TimeoutError:
            await problem(HTTPStatus.REQUEST_TIMEOUT, "timeout", "it did not arrive in time")(
                scope, receive, send
            )
        except RefusedError as error:
            await refusal(error)(scope, receive, send)
        except ClientDisconnect:
            return
        else:
            await self._pass_on(scope, body, receive, send)

    async def _read(self, request: Request) -> bytes:
        limit = self._config.max_body_bytes
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise RefusedError(ErrorCode.TOO_LARGE, f"a request has at most {limit} bytes")
        return bytes(body)

    async def _pass_on(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        whole = _Whole(body, receive)
        site = next((site for prefix, site in self._sites if path.startswith(prefix)), None)
        if path.startswith(query.PREFIX):
            response = await self._query(scope, path, body)
            await response(scope, receive, send)
        elif site is not None:
            await site(scope, whole, send)
        else:
            text = "not found; the API is below /api/v1"
            await problem(HTTPStatus.NOT_FOUND, "not_found", text)(scope, receive, send)

    async def _query(self, scope: Scope, path: str, body: bytes) -> Response:
        if not self._may_query(scope):
            return query.written(*query.FOREIGN_ADDRESS)
        return await self._queries.answer(path, body)

    def _may_query(self, scope: Scope) -> bool:
        """Let in who comes from a trusted address, but not pages of others in a browser that runs there."""
        if any(name == b"origin" for name, _ in scope["headers"]):
            return False
        client: tuple[str, int] | None = scope["client"]
        try:
            address = ip_address(client[0]) if client is not None else None
        except ValueError:
            return False  # a proxy sent something else than an address
        return address is not None and any(address in network for network in self._trusted)


class _Whole:
    """A request whose body is there already."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: MutableMapping[str, Any] | None = {"type": "http.request", "body": body}
        self._receive = receive

    async def __call__(self) -> MutableMapping[str, Any]:
        """Return the body, then what else there may be: the end of the connection."""
        message, self._message = self._message, None
        return await self._receive() if message is None else message
