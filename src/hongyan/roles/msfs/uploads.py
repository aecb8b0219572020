"""Uploads in one request, as every stock client makes them (spec/http.md 3.2)."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hongyan.config.msfs import MsfsConfig
from hongyan.errors import BackendError
from hongyan.roles.msfs import names, replies
from hongyan.roles.msfs.blobs import Blobs, NoSpaceError
from hongyan.roles.msfs.drafts import Drafts, TooLongError, cut_out, gather
from hongyan.roles.msfs.multipart import FormError

_log = structlog.get_logger("hongyan.msfs")

FORM_BYTES = 64 * 1024
"""What a form may have around its file."""


class Uploads:
    """Takes forms with a file in them."""

    def __init__(self, config: MsfsConfig, blobs: Blobs, drafts: Drafts) -> None:
        self._config = config
        self._blobs = blobs
        self._drafts = drafts
        self._under_way = 0

    async def take(self, request: Request) -> Response:
        """Store the file of a form and say where it is."""
        limit = self._config.max_file_bytes
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length[:18]) > limit + FORM_BYTES:
            return replies.refused(replies.TOO_LARGE)
        if self._under_way >= self._config.max_uploads:
            return replies.refused(replies.BUSY, HTTPStatus.SERVICE_UNAVAILABLE)
        self._under_way += 1
        try:
            return await self._answered(request)
        finally:
            self._under_way -= 1

    async def _answered(self, request: Request) -> Response:
        """Turn what goes wrong into an answer."""
        try:
            self._drafts.check_room()
            return await self._take(request)
        except FormError as error:
            return replies.refused(error.code)
        except TooLongError:
            return replies.refused(replies.TOO_LARGE)
        except TimeoutError:
            return replies.refused(replies.TOO_SLOW, HTTPStatus.REQUEST_TIMEOUT)
        except BackendError as error:
            _log.error("an upload was not stored", error=str(error))
            full = isinstance(error, NoSpaceError)
            status = HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.SERVICE_UNAVAILABLE
            return replies.refused(replies.STORE_FAILED, status)

    async def _take(self, request: Request) -> Response:
        config, content_type = self._config, request.headers.get("content-type", "")
        with self._drafts.new() as form, self._drafts.new() as draft:
            async with asyncio.timeout(config.upload_limit_s):
                body = body_of(request, config.body_idle_s)
                await gather(body, form, 0, config.max_file_bytes + FORM_BYTES)
            name, digest = await asyncio.to_thread(cut_out, form, content_type, draft)
            return await self.publish(request, name, digest, draft)

    async def publish(self, request: Request, name: str, digest: str, draft: Path) -> Response:
        """Store a finished draft and say where it is.

        Raises:
            BackendError: it could not be stored.
            TooLongError: it is longer than allowed.
        """
        if (await asyncio.to_thread(draft.stat)).st_size > self._config.max_file_bytes:
            raise TooLongError
        if not is_allowed(self._config, name):
            return replies.refused(replies.TYPE_NOT_ALLOWED, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        await self._blobs.add(names.key_of(digest), draft)
        path = names.path_of(digest, names.stored_suffix(name))
        return replies.stored(path, f"{base_url(self._config, request)}/{path}")


def is_allowed(config: MsfsConfig, name: str) -> bool:
    """Tell whether files that are called so are taken."""
    return not config.extensions or names.extension_of(name).lower() in config.extensions


def base_url(config: MsfsConfig, request: Request) -> str:
    """Return what addresses begin with: what the operator says, else how the uploader reached us."""
    return config.public_url or f"{request.url.scheme}://{request.url.netloc}"


async def body_of(request: Request, idle_s: float) -> AsyncIterator[bytes]:
    """Yield the body as it arrives.

    Raises:
        TimeoutError: nothing came for too long, or the sender is gone.
    """
    stream = request.stream()
    try:
        while True:
            async with asyncio.timeout(idle_s):
                part = await anext(stream)
            yield part
    except StopAsyncIteration:
        return
    except ClientDisconnect as error:
        raise TimeoutError from error
