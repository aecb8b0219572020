"""HTTP to providers: one client each, bounded answers, Retry-After."""

import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import structlog

from hongyan.errors import ConfigError
from hongyan.roles.push.notification import Outcome, again

_log = structlog.get_logger("hongyan.push")

MAX_ANSWER_BYTES: Final = 256 * 1024


class Answer(NamedTuple):
    """What a provider answered."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the request was carried out."""
        return httpx.codes.is_success(self.status)

    @property
    def may_be_repeated(self) -> bool:
        """Whether the provider has trouble that passes."""
        return self.status == httpx.codes.TOO_MANY_REQUESTS or httpx.codes.is_server_error(self.status)

    @property
    def retry_after_s(self) -> float | None:
        """What Retry-After says, in seconds or as a date."""
        return parse_retry_after(self.headers.get("retry-after", ""), time.time())


def parse_retry_after(value: str, now: float) -> float | None:
    """Return the seconds to wait, None when there is no telling (RFC 9110, 10.2.3)."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


class ProviderHttp:
    """Posts to one provider over connections that are kept."""

    def __init__(self, name: str, context: ssl.SSLContext, timeout_s: float, concurrency: int) -> None:
        self._name = name
        self._client = httpx.AsyncClient(
            http2=True,
            verify=context,
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=concurrency, keepalive_expiry=300.0),
            follow_redirects=False,
            trust_env=True,
        )

    async def post(self, url: str, *, headers: Mapping[str, str], **content: Any) -> Answer | Outcome:
        """Post; return the answer, or why it should be tried again."""
        try:
            async with self._client.stream("POST", url, headers=headers, **content) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        return again("answer_too_long")
                return Answer(response.status_code, response.headers, bytes(body))
        except (httpx.HTTPError, ssl.SSLError) as error:
            _log.warning("a push provider cannot be reached", provider=self._name, error=_describe(error))
            return again("unreachable")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def tls_context(ca_file: str, setting: str) -> ssl.SSLContext:
    """Make a context that trusts the usual authorities, or those in ``ca_file``.

    Raises:
        ConfigError: the file cannot be used.
    """
    if not ca_file:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(f"{setting}: {ca_file}: {error.strerror or error}") from error


def read_file(path: str, setting: str) -> str:
    """Read a file that a setting names.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigError(f"{setting}: {path}: {why}") from error


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
