"""Files in msfs: images, avatars and whatever else an address is enough for (spec/http.md 3)."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

import httpx

from hongyan.client.calls.base import Place
from hongyan.client.calls.messages import MessageCalls
from hongyan.client.errors import ConnectFailed, RequestRefused
from hongyan.client.images import image_text
from hongyan.client.models import SentMessage
from hongyan.errors import ErrorCode
from hongyan.wire import commands
from hongyan.wire.pb.extension_pb2 import IMUploadTokenReq

_LIMIT_S: Final = 60.0
_FAILED: Final = "the file store failed"


class StoreCalls(MessageCalls):
    """Uploads to and downloads from the file store that the login server names."""

    _upload_token = ""

    @property
    def file_store_url(self) -> str:
        """Where files are uploaded."""
        raise NotImplementedError

    async def upload(self, data: bytes, name: str) -> str:
        """Store a file and return its address.

        Args:
            data: the content.
            name: its ending tells the kind; ``photo_320x200.png`` tells the size of an image too,
                which other clients lay out by.

        Raises:
            RequestRefused: the file store does not take it.
            ConnectFailed: it cannot be reached.
        """
        answer = await self._post(data, name)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            fresh = await self._ask(commands.UPLOAD_TOKEN, IMUploadTokenReq(), commands.UPLOAD_TOKEN_REPLY)
            self._upload_token = fresh.upload_token
            answer = await self._post(data, name)
        return _address(answer)

    async def send_image(self, to: Place, data: bytes, name: str) -> SentMessage:
        """Upload an image and send it; errors as of :meth:`upload` and :meth:`send`."""
        return await self.send(to, image_text(await self.upload(data, name)))

    async def download(self, url: str, *, max_bytes: int = 64 * 1024 * 1024) -> bytes:
        """Fetch a file by its address.

        Raises:
            RequestRefused: there is none, or it is longer than ``max_bytes``.
            ConnectFailed: it cannot be reached.
        """
        body = bytearray()
        try:
            async with asyncio.timeout(_LIMIT_S), _http() as http, http.stream("GET", url) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise RequestRefused(ErrorCode.NOT_FOUND, f"{url}: status {answer.status_code}")
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > max_bytes:
                        raise RequestRefused(ErrorCode.TOO_LARGE, f"{url}: over {max_bytes} bytes")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise ConnectFailed(f"cannot fetch {url}: {str(error) or type(error).__name__}") from error
        return bytes(body)

    async def _post(self, data: bytes, name: str) -> httpx.Response:
        url = self.file_store_url
        headers = {"Authorization": f"Bearer {self._upload_token}"} if self._upload_token else {}
        part = {"image": (name, data, "application/octet-stream")}
        try:
            async with asyncio.timeout(_LIMIT_S), _http() as http:
                return await http.post(url, files=part, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise ConnectFailed(f"cannot reach the file store at {url}: {reason}") from error


def _http() -> httpx.AsyncClient:
    # No proxies from the environment: the servers are reached directly too.
    return httpx.AsyncClient(trust_env=False, timeout=_LIMIT_S)


def _address(answer: httpx.Response) -> str:
    try:
        told: dict[str, Any] = answer.json()
        code, url = int(told["error_code"]), str(told["url"])
    except (ValueError, KeyError, TypeError) as error:
        raise RequestRefused(ErrorCode.UNAVAILABLE, f"{_FAILED}: status {answer.status_code}") from error
    if code or not url:
        text = str(told.get("error_msg", ""))
        raise RequestRefused(_CODES.get(code, ErrorCode.MALFORMED), f"{_FAILED}: {text} (error {code})")
    return url


_CODES: Final = {
    1: ErrorCode.TOO_LARGE,
    12: ErrorCode.NOT_STORED,
    13: ErrorCode.NOT_ALLOWED,
    14: ErrorCode.BUSY,
    15: ErrorCode.NOT_ALLOWED,
}
