"""Follows which servers are registered in etcd; while etcd is away, what is known goes on being used."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from hongyan.cluster.discovery.etcd import Change, Etcd
from hongyan.cluster.discovery.record import ServerRecord, parse_record
from hongyan.errors import BackendError

_log = structlog.get_logger("hongyan.discovery")

RETRY_S: Final = 1.0

Told = Callable[[tuple[ServerRecord, ...]], None]
"""Gets every server of a role, whenever one came, went or changed its load."""


class Follower:
    """Knows the servers of a deployment, by the key of each."""

    def __init__(self, etcd: Etcd, prefix: str) -> None:
        self._etcd = etcd
        self._prefix = f"{prefix}/servers/"
        self._known: dict[str, ServerRecord] = {}
        self._told: list[tuple[str, Told]] = []
        self._is_away = False

    def follow(self, role: str, told: Told) -> None:
        """Tell ``told`` about the servers of a role from now on."""
        self._told.append((role, told))

    async def run(self) -> None:
        """Read everything, watch, and begin anew when etcd is back."""
        while True:
            try:
                snapshot = await self._etcd.read(self._prefix)
                self._back()
                self._replace(snapshot.values)
                async for changes in self._etcd.watch(self._prefix, snapshot.revision):
                    self._apply(changes)
            except BackendError as error:
                self._away(error)
                await asyncio.sleep(RETRY_S)

    def _replace(self, values: Mapping[str, str]) -> None:
        fresh = {key: record for key, value in values.items() if (record := self._read(key, value))}
        changed = {
            record.role
            for known, other in ((self._known, fresh), (fresh, self._known))
            for key, record in known.items()
            if other.get(key) != record
        }
        self._known = fresh
        self._tell(changed)

    def _apply(self, changes: list[Change]) -> None:
        changed = set()
        for key, value in changes:
            gone = self._known.pop(key, None)
            record = None if value is None else self._read(key, value)
            if record is not None:
                self._known[key] = record
            changed |= {each.role for each in (gone, record) if each is not None}
        self._tell(changed)

    def _read(self, key: str, value: str) -> ServerRecord | None:
        record = parse_record(value)
        if record is None:
            _log.warning("a key in etcd is not a server of ours; ignored", key=key)
        return record

    def _tell(self, roles: set[str]) -> None:
        for role, told in self._told:
            if role in roles:
                told(tuple(record for _, record in sorted(self._known.items()) if record.role == role))

    def _away(self, error: BackendError) -> None:
        if not self._is_away:
            self._is_away = True
            _log.warning("cannot reach etcd; going on with the servers that are known", error=str(error))

    def _back(self) -> None:
        if self._is_away:
            self._is_away = False
            _log.info("etcd is back")
