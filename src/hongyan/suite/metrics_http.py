"""``/metrics``: the counters of this process for Prometheus."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from hongyan.metrics import Metrics


class MetricsHttp:
    """The ASGI application."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        del receive
        found = scope["path"] == "/metrics"
        body = self._metrics.exposition() if found else b"not found; ask /metrics\n"
        headers = [
            (b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})
