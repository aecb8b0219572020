"""What a process tells about itself over HTTP: ``/metrics`` for Prometheus, ``/status`` for people."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

Answer = tuple[bytes, bytes]
"""Content type and body."""


class InsideHttp:
    """The ASGI application.

    Args:
        metrics: makes the Prometheus text.
        status: makes what ``/status`` answers.
    """

    def __init__(
        self, metrics: Callable[[], Awaitable[bytes]], status: Callable[[], Awaitable[object]]
    ) -> None:
        self._metrics = metrics
        self._status = status

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        del receive
        status, (kind, body) = await self._answer(scope["path"])
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, path: str) -> tuple[HTTPStatus, Answer]:
        if path == "/metrics":
            return HTTPStatus.OK, (b"text/plain; version=0.0.4; charset=utf-8", await self._metrics())
        if path == "/status":
            body = json.dumps(await self._status(), ensure_ascii=False).encode()
            return HTTPStatus.OK, (b"application/json", body)
        return HTTPStatus.NOT_FOUND, (b"text/plain; charset=utf-8", b"not found; ask /metrics or /status\n")
