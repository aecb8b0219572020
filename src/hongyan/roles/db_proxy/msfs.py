"""Sounds in msfs, where the original keeps them (spec/storage.md 5, spec/http.md 3)."""

import asyncio
import re
import time
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx

from hongyan.cluster import tokens
from hongyan.errors import BackendError

STORE_LIMIT_S: Final = 10.0
FETCH_LIMIT_S: Final = 2.0
MAX_CONNECTIONS: Final = 16
TOKEN_LIFE_S: Final = 300
_OF_SERVERS: Final = 0
_OF_MSFS: Final = re.compile(r"(/[\w.-]{1,64}){1,5}/\d{3}/\d{3}/[\w.-]{1,255}", re.ASCII)
"""What every msfs calls its files, wherever it is (spec/http.md 3.1)."""
_BY_CONTENT: Final = re.compile(r"/g0/\d{3}/\d{3}/[0-9a-f]{64}\.[A-Za-z0-9]{1,15}")


class MsfsClient:
    """Stores and fetches sounds over HTTP.

    Args:
        url: of msfs, with a slash at its end.
        secret: of the cluster, for the token that msfs may want.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret
        # No proxies from the environment, no certificates to load for plain HTTP.
        self._http = httpx.AsyncClient(
            trust_env=False,
            verify=url.startswith("https:"),
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
        )

    async def save(self, sound: bytes) -> str:
        """Store a sound and return its address.

        Raises:
            BackendError: msfs did not take it.
        """
        part = {"file": ("1.audio", sound, "image/jpg")}  # as the original's db_proxy names it
        try:
            async with asyncio.timeout(STORE_LIMIT_S):
                answer = await self._http.post(self._url, files=part, headers=self._headers())
            told = answer.json()
            url, path = str(told["url"]), str(told["path"])
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise BackendError(f"msfs did not take a voice message: {_reason(error)}") from error
        if answer.status_code != HTTPStatus.OK or told.get("error_code") != 0 or not path:
            raise BackendError(f"msfs refused a voice message: error {told.get('error_code')}")
        if _path_in_msfs(url) is None:  # it would never be fetched
            raise BackendError("msfs named no address of a voice message")
        return url

    async def load(self, url: str, size: int) -> bytes | None:
        """Fetch the sound at an address of ``size`` bytes; None when it cannot be had.

        A name made of the content means the same at every msfs, so ours is asked first: the
        address that was stored may be an old one.
        """
        path = _path_in_msfs(url)
        if path is None:
            return None
        if _BY_CONTENT.fullmatch(path) is not None:
            found = await self._fetch(self._url + path[1:], size)
            if found is not None or url.startswith(self._url):
                return found
        return await self._fetch(url, size)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _fetch(self, url: str, size: int) -> bytes | None:
        body = b""
        try:
            async with asyncio.timeout(FETCH_LIMIT_S), self._http.stream("GET", url) as answer:
                if answer.status_code != HTTPStatus.OK:
                    return None
                async for part in answer.aiter_raw():
                    body += part
                    if len(body) > size:
                        return None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return None
        return body

    def _headers(self) -> dict[str, str]:
        token = tokens.make_token(self._secret, tokens.UPLOAD, _OF_SERVERS, int(time.time()) + TOKEN_LIFE_S)
        return {"Authorization": f"Bearer {token}", "Connection": "close"}


def _path_in_msfs(url: str) -> str | None:
    """Return the path of a file's address; None when no msfs can have given it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_plain = parts.scheme in {"http", "https"} and "@" not in parts.netloc and bool(parts.hostname)
    has_more = parts.query or parts.fragment or ".." in parts.path
    return parts.path if is_plain and not has_more and _OF_MSFS.fullmatch(parts.path) else None


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
