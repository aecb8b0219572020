"""The HTTP application of msfs: which request is what, and who may upload."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

import structlog
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from hongyan.cluster import tokens
from hongyan.cluster.pdu import ClusterTrust
from hongyan.config.msfs import MsfsConfig
from hongyan.errors import BackendError
from hongyan.metrics import Metrics
from hongyan.roles.msfs import replies, tus
from hongyan.roles.msfs.blobs import Blobs, NoSpaceError
from hongyan.roles.msfs.downloads import Downloads
from hongyan.roles.msfs.drafts import Drafts
from hongyan.roles.msfs.uploads import Uploads

_log = structlog.get_logger("hongyan.msfs")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS")
_EXPOSED = ("Location", "Content-Location", "Upload-Offset", "Upload-Length", "Tus-Resumable")


class MsfsHttp:
    """The ASGI application."""

    def __init__(self, config: MsfsConfig, blobs: Blobs, trust: ClusterTrust, metrics: Metrics) -> None:
        self._config = config
        self._trust = trust
        self._metrics = metrics
        drafts = Drafts(config.folder, config.min_free_bytes)
        self._uploads = Uploads(config, blobs, drafts)
        self._downloads = Downloads(config, blobs)
        self.resumable = tus.ResumableUploads(config, drafts, self._uploads)
        self._app = CORSMiddleware(
            self._respond,
            allow_origins=config.cors_origins,
            allow_methods=_METHODS,
            allow_headers=("*",),
            expose_headers=_EXPOSED,
            max_age=3600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._app(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        if request.headers.get("connection", "").lower() != "keep-alive":
            response.headers["Connection"] = "close"  # as the original, whose clients may wait for it
        self._metrics.count("msfs_requests", f"{request.method} {response.status_code}")
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._route(request)
        except TimeoutError:
            return replies.empty(HTTPStatus.REQUEST_TIMEOUT)
        except BackendError as error:
            _log.error("a request failed", error=str(error))
            full = isinstance(error, NoSpaceError)
            return replies.empty(HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.SERVICE_UNAVAILABLE)

    async def _route(self, request: Request) -> Response:
        method, is_tus = request.method, request.scope["path"].startswith(tus.PREFIX)
        if method == "OPTIONS":
            return self.resumable.options()
        if is_tus or method == "POST":
            if not self._may_upload(request):
                return replies.refused(replies.NO_TOKEN, HTTPStatus.UNAUTHORIZED)
            return await (self.resumable.answer(request) if is_tus else self._uploads.take(request))
        if method in {"GET", "HEAD"}:
            return await self._downloads.give(request)
        return replies.empty(HTTPStatus.FORBIDDEN)

    def _may_upload(self, request: Request) -> bool:
        """Let in who has a token, and original servers, which cannot have one, by their address."""
        if not self._config.require_token:
            return True
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return tokens.user_of_token(self._trust.secret, tokens.UPLOAD, token, time.time()) is not None
        return request.client is not None and self._trust.trusts(request.client.host)
