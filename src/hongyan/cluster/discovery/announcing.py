"""Keeps a server registered in etcd: under a lease, with its load, again after etcd was away."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from hongyan.cluster.discovery.etcd import Etcd
from hongyan.cluster.discovery.record import ServerRecord
from hongyan.errors import BackendError

_log = structlog.get_logger("hongyan.discovery")

RETRY_S: Final = 1.0
LEAVE_LIMIT_S: Final = 1.0
_RENEWALS_PER_TTL: Final = 3


class Announcer:
    """Registers one server until it is cancelled.

    Args:
        etcd: where.
        prefix: where the keys of the deployment begin.
        record: the server.
        load: asked for its load.
        ttl_s: how long the registration outlives the process.
        report_s: how often a changed load is told.
    """

    def __init__(
        self,
        etcd: Etcd,
        prefix: str,
        record: ServerRecord,
        load: Callable[[], Mapping[str, float]],
        ttl_s: int,
        report_s: float,
    ) -> None:
        self._etcd = etcd
        self._key = f"{prefix}/servers/{record.key}"
        self._record = record
        self._load = load
        self._ttl_s = ttl_s
        self._report_s = report_s
        self._lease = ""
        self.registered = asyncio.Event()

    async def run(self) -> None:
        """Register, renew, and begin anew when the lease or etcd is gone."""
        while True:
            try:
                await self._stay_registered()
                _log.warning("the lease in etcd ran out; registering again", key=self._key)
            except BackendError as error:
                if self.registered.is_set():
                    _log.warning("cannot reach etcd; trying again", key=self._key, error=str(error))
                self.registered.clear()
                await asyncio.sleep(RETRY_S)

    async def leave(self) -> None:
        """Take the registration back, if etcd is there to hear it."""
        try:
            async with asyncio.timeout(LEAVE_LIMIT_S):
                if self._lease:
                    await self._etcd.revoke(self._lease)
        except (BackendError, TimeoutError) as error:
            _log.warning("cannot leave etcd; the lease will run out", key=self._key, error=str(error))

    async def _stay_registered(self) -> None:
        """Return when the lease has run out."""
        self._lease = await self._etcd.grant(self._ttl_s)
        told = await self._tell(None)
        self.registered.set()
        _log.info("registered in etcd", key=self._key)
        renewed = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(min(self._report_s, self._ttl_s / _RENEWALS_PER_TTL))
            told = await self._tell(told)
            now = asyncio.get_running_loop().time()
            if now - renewed >= self._ttl_s / _RENEWALS_PER_TTL:
                if not await self._etcd.keep_alive(self._lease):
                    return
                renewed = now

    async def _tell(self, told: ServerRecord | None) -> ServerRecord:
        """Write the record when it is not what was told last."""
        record = self._record.with_load(self._load())
        if record != told:
            await self._etcd.put(self._key, record.to_json(), self._lease)
        return record
