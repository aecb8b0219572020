"""0voice_im's way to find login_servers: keys in etcd's v2 API, refreshed and polled (spec/discovery.md)."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import httpx
import structlog

from hongyan.config import OriginalDiscoveryConfig
from hongyan.errors import BackendError

_log = structlog.get_logger("hongyan.discovery")

CALL_TIMEOUT_S: Final = 5.0
LEAVE_LIMIT_S: Final = 1.0
NOT_SERVED: Final = "it does not serve the v2 API; etcd 3.4 and 3.5 do with --enable-v2, 3.6 not at all"


class OriginalEtcd:
    """The directory of login_servers in one etcd. Every method raises BackendError when it cannot be done."""

    def __init__(self, config: OriginalDiscoveryConfig) -> None:
        self._directory = f"{config.etcd}/v2/keys{config.service_dir}"
        self._key = f"{self._directory}/{config.service_id}"
        self._ttl_s = int(2 * config.refresh_s) + 1
        self._http = httpx.AsyncClient(timeout=CALL_TIMEOUT_S, trust_env=False, follow_redirects=True)

    async def close(self) -> None:
        """Close what is open."""
        await self._http.aclose()

    async def register(self, ip: str, client_port: int, msg_port: int) -> None:
        """Write the key of our login_server, which goes when it is not written again in time."""
        value = json.dumps({"client_port": client_port, "ip": ip, "msg_port": msg_port})
        await self._ask("PUT", self._key, {"value": value, "ttl": str(self._ttl_s)})

    async def leave(self) -> None:
        """Delete the key."""
        await self._ask("DELETE", self._key)

    async def login_servers(self) -> tuple[str, ...]:
        """Return where the msg_servers are to connect, sorted by key; none when nobody registered yet."""
        answer = await self._ask("GET", self._directory, {"sorted": "true", "recursive": "true"})
        nodes = (answer or {}).get("node", {}).get("nodes", ())
        return tuple(filter(None, map(_address_in, nodes)))

    async def _ask(
        self, method: str, url: str, fields: dict[str, str] | None = None
    ) -> dict[str, Any] | None:
        """Return etcd's answer; None when there is no such key."""
        sent = {"params": fields} if method == "GET" else {"data": fields}
        try:
            response = await self._http.request(method, url, **sent)  # type: ignore[arg-type] # both fit
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            reason = NOT_SERVED if isinstance(error, ValueError) else str(error) or type(error).__name__
            raise BackendError(f"etcd at {url}: {reason}") from error
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if response.is_error:
            raise BackendError(f"etcd at {url}: {answer.get('message', f'HTTP {response.status_code}')}")
        return dict(answer)


class OriginalAnnouncer:
    """Registers our login_server until it is cancelled."""

    def __init__(self, etcd: OriginalEtcd, every_s: float, address: tuple[str, int, int]) -> None:
        self._etcd = etcd
        self._every_s = every_s
        self._address = address

    async def run(self) -> None:
        """Write the key again and again."""
        is_there = True
        while True:
            try:
                await self._etcd.register(*self._address)
                is_there = True
            except BackendError as error:
                if is_there:
                    _log.warning("cannot register as 0voice_im does; trying again", error=str(error))
                is_there = False
            await asyncio.sleep(self._every_s)


class OriginalFollower:
    """Asks for the login_servers again and again; what is known stays while etcd is away."""

    def __init__(self, etcd: OriginalEtcd, every_s: float, told: Callable[[tuple[str, ...]], None]) -> None:
        self._etcd = etcd
        self._every_s = every_s
        self._told = told

    async def run(self) -> None:
        """Poll, and tell what changed."""
        known: tuple[str, ...] = ()
        is_there = True
        while True:
            try:
                found = await self._etcd.login_servers()
                if found != known:
                    _log.info("login_servers in etcd, as 0voice_im has them", addresses=found)
                    self._told(found)
                known, is_there = found, True
            except BackendError as error:
                if is_there:
                    _log.warning("cannot read login_servers as 0voice_im does", error=str(error))
                is_there = False
            await asyncio.sleep(self._every_s)


async def leave_original(etcd: OriginalEtcd) -> None:
    """Delete the key of our login_server, if etcd is there to hear it; else it goes by itself."""
    try:
        async with asyncio.timeout(LEAVE_LIMIT_S):
            await etcd.leave()
    except (BackendError, TimeoutError) as error:
        _log.warning("cannot leave etcd; the key will run out", error=str(error))


def _address_in(node: Any) -> str | None:
    """Read one node; what is no login_server is skipped, as the original does."""
    if node.get("dir"):
        return None
    try:
        value = json.loads(node["value"])
        ip, port = value["ip"], value["msg_port"]
    except (ValueError, KeyError, TypeError):
        ip, port = None, None
    if isinstance(ip, str) and isinstance(port, int):
        return f"{ip}:{port}"
    _log.warning("a key in etcd is no login_server; ignored", key=node.get("key"))
    return None
