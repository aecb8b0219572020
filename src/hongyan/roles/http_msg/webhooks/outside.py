"""HTTP to addresses that others have chosen: public ones, and those that the operator allows.

Whoever may register a webhook could otherwise reach whatever this server can: the machine itself, the
database beside it, the metadata service of a cloud. So a name is resolved here, every address is
checked, and the connection goes to the address that was checked. Redirects are not followed.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any, Final

import httpcore

from hongyan.errors import ConfigError, HongyanError

MAX_CONNECTIONS: Final = 100
MAX_ANSWER_BYTES: Final = 64 * 1024
KEEP_ALIVE_S: Final = 30.0
SocketOptions = Iterable[
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
]


class ForbiddenTargetError(HongyanError):
    """An address that nobody may be told by us."""


class UnreachableError(HongyanError):
    """There was no answer; the text says why."""


class Targets:
    """Which addresses may be told."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = [ip_network(text) for text in allowed]

    def check(self, address: str) -> None:
        """Refuse an address that is neither public nor allowed.

        Raises:
            ForbiddenTargetError: it is not.
        """
        ip = _unwrapped(ip_address(address.partition("%")[0]))
        if any(ip in network for network in self._allowed if network.version == ip.version):
            return
        if not ip.is_global or ip.is_multicast:
            raise ForbiddenTargetError(f"{ip} is not public; http_msg.webhooks.allow may allow it")


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(ip, IPv6Address):
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to what was checked."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check all addresses, connect to the first that takes it."""
        addresses = await _resolve(host, port)
        for address in addresses:
            self._targets.check(address)
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no webhook is a file."""
        del timeout, socket_options
        raise ForbiddenTargetError(path)

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore wants it."""
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"{host}: {error.strerror or error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class OutsideHttp:
    """Posts to receivers, over connections that are kept for a while.

    Raises:
        ConfigError: the file of authorities cannot be used.
    """

    def __init__(self, targets: Targets, timeout_s: float, ca_file: str) -> None:
        self._targets = targets
        self._timeout_s = timeout_s
        self._tls = _tls(ca_file) if ca_file else None
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post, and return the status of the answer; what it says is nobody's business.

        Raises:
            ForbiddenTargetError: the address may not be told.
            UnreachableError: there was no answer in time.
        """
        limits: dict[str, Any] = {
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        }
        pool = self._pool or await self._open()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                pool.stream(
                    "POST", url, headers=list(headers.items()), content=body, extensions=limits
                ) as answer,
            ):
                await _read_some(answer)
                return answer.status
        except TimeoutError as error:
            raise UnreachableError(f"no answer within {self._timeout_s:g} s") from error
        except _FAILURES as error:
            raise UnreachableError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _open(self) -> httpcore.AsyncConnectionPool:
        """Make the pool at the first post: the system's authorities take a while to load."""
        tls = self._tls or await asyncio.to_thread(_tls)
        if self._pool is None:  # still
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=tls,
                max_connections=MAX_CONNECTIONS,
                keepalive_expiry=KEEP_ALIVE_S,
                network_backend=_CheckedBackend(self._targets),
            )
        return self._pool


_FAILURES: Final = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    ssl.SSLError,
    OSError,
    ValueError,
)
"""What goes wrong with other people's addresses and servers; ValueError: what is no URL after all."""


async def _read_some(answer: httpcore.Response) -> None:
    """Read a short answer, so that the connection can be used again; a long one costs the connection."""
    size = 0
    async for chunk in answer.aiter_stream():
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            return


def _tls(ca_file: str = "") -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(Path(ca_file)) if ca_file else None)
    except OSError as error:
        raise ConfigError(f"http_msg.webhooks.ca_file: {ca_file}: {error.strerror or error}") from error
