"""A small client of etcd's v3 API.

It speaks the JSON gateway that every etcd from 3.4 on serves at its client port, over the HTTP client
that the project has anyway. What is needed is seven calls; the packages that offer them bring gRPC and
its compiled code, or are no longer kept.
"""

import base64
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, NamedTuple

import httpx

from hongyan.errors import BackendError, ConfigError

CALL_TIMEOUT_S: Final = 5.0
WATCH_SILENCE_S: Final = 60.0
"""A watch that hears nothing for so long is begun anew: the other end may be gone without a word."""
_UNAUTHENTICATED: Final = frozenset({401, 403})


class Change(NamedTuple):
    """One change of a key; ``value`` is None when it was deleted or its lease ran out."""

    key: str
    value: str | None


class Snapshot(NamedTuple):
    """The keys under a prefix at one revision."""

    values: Mapping[str, str]
    revision: int


class Etcd:
    """One etcd cluster; calls go to the endpoint that answered last, and to the next when it fails.

    Every method raises BackendError when no endpoint answers, or one answers that it cannot.
    """

    def __init__(
        self, endpoints: tuple[str, ...], user: str = "", password: str = "", ca_file: str = ""
    ) -> None:
        self._endpoints = list(endpoints)
        self._credentials = {"name": user, "password": password} if user else None
        self._token = ""
        self._http = httpx.AsyncClient(timeout=CALL_TIMEOUT_S, verify=_tls(ca_file), trust_env=False)

    async def close(self) -> None:
        """Close what is open."""
        await self._http.aclose()

    # Leases and keys.

    async def grant(self, ttl_s: int) -> str:
        """Make a lease and return its id."""
        return str((await self._call("lease/grant", {"TTL": ttl_s}))["ID"])

    async def keep_alive(self, lease: str) -> bool:
        """Renew a lease; False when it has run out."""
        answer = await self._call("lease/keepalive", {"ID": lease})
        return int(answer.get("result", {}).get("TTL", 0)) > 0

    async def revoke(self, lease: str) -> None:
        """End a lease, and with it its keys."""
        await self._call("lease/revoke", {"ID": lease})

    async def put(self, key: str, value: str, lease: str) -> None:
        """Write a key that lives as long as a lease."""
        await self._call("kv/put", {"key": _encode(key), "value": _encode(value), "lease": lease})

    async def read(self, prefix: str) -> Snapshot:
        """Read every key under a prefix."""
        answer = await self._call("kv/range", _range(prefix))
        values = {_decode(pair["key"]): _decode(pair.get("value", "")) for pair in answer.get("kvs", ())}
        return Snapshot(values, int(answer["header"]["revision"]))

    async def watch(self, prefix: str, after: int) -> AsyncIterator[list[Change]]:
        """Yield what changes under a prefix after a revision, until etcd has nothing to say for a minute."""
        request = {"create_request": {**_range(prefix), "start_revision": after + 1}}
        timeout = httpx.Timeout(CALL_TIMEOUT_S, read=WATCH_SILENCE_S)
        try:
            async with self._http.stream(
                "POST", self._url("watch"), json=request, headers=self._headers(), timeout=timeout
            ) as response:
                _check(response.status_code, "watch")
                async for line in response.aiter_lines():
                    if changes := _changes(line):
                        yield changes
        except httpx.ReadTimeout:
            return
        except httpx.HTTPError as error:
            raise self._failed(error) from error

    # The wire.

    async def _call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask one endpoint after the other."""
        failure: BackendError | None = None
        for _ in self._endpoints:
            try:
                return await self._post(method, body)
            except httpx.HTTPError as error:
                failure = self._failed(error)
        assert failure is not None  # noqa: S101 - there is an endpoint, or nobody made this object
        raise failure

    async def _post(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if self._credentials and not self._token:
            await self._log_in()
        response = await self._http.post(self._url(method), json=body, headers=self._headers())
        if response.status_code in _UNAUTHENTICATED and self._token:  # tokens run out
            await self._log_in()
            response = await self._http.post(self._url(method), json=body, headers=self._headers())
        _check(response.status_code, method)
        return _object(response.content)

    async def _log_in(self) -> None:
        response = await self._http.post(self._url("auth/authenticate"), json=self._credentials)
        _check(response.status_code, "auth/authenticate")
        self._token = str(_object(response.content).get("token", ""))

    def _url(self, method: str) -> str:
        return f"{self._endpoints[0]}/v3/{method}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self._token} if self._token else {}

    def _failed(self, error: httpx.HTTPError) -> BackendError:
        """Turn to the next endpoint."""
        failed = self._endpoints.pop(0)
        self._endpoints.append(failed)
        return BackendError(f"etcd at {failed}: {str(error) or type(error).__name__}")


def _tls(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise ConfigError(f"discovery.ca_file: {ca_file}: {error.strerror or error}") from error


def _check(status: int, method: str) -> None:
    if status != httpx.codes.OK:
        raise BackendError(f"etcd answered {method} with HTTP {status}")


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise BackendError("etcd answered with something that is not JSON") from error
    if not isinstance(found, dict):
        raise BackendError("etcd answered with something that is not an object")
    return found


def _changes(line: str) -> list[Change]:
    if not line.strip():
        return []
    answer = _object(line.encode())
    result = answer.get("result", {})
    if "error" in answer or result.get("canceled"):
        raise BackendError(f"etcd ended the watch: {answer.get('error') or result.get('cancel_reason', '')}")
    return [_change(event) for event in result.get("events", ())]


def _change(event: Mapping[str, Any]) -> Change:
    pair = event["kv"]
    deleted = event.get("type") == "DELETE"
    return Change(_decode(pair["key"]), None if deleted else _decode(pair.get("value", "")))


def _range(prefix: str) -> dict[str, str]:
    """Ask for every key that begins with ``prefix``: up to the first that is greater than all of them."""
    last = bytearray(prefix.encode())
    last[-1] += 1  # a prefix ends with a slash, so this cannot overflow
    return {"key": _encode(prefix), "range_end": base64.b64encode(bytes(last)).decode()}


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decode(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")
