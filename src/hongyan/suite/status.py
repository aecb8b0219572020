"""What a process says of itself, for ``hongyan status`` and for whoever watches a deployment."""

import os
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import process_time, time
from typing import Final, TypedDict

from hongyan import __version__
from hongyan.metrics import Metrics
from hongyan.wire.commands import Node

_STATM: Final = Path("/proc/self/statm")
LOADS: Final = {"db_proxy": ("db_proxy_", "journal_pending", "journal_messages")}
"""The gauges that tell the load of a role, where their names do not begin with its own."""


class LinkStatus(TypedDict):
    """One open link; ``role`` is this end's, ``since`` in seconds since 1970."""

    role: str
    remote: str
    name: str
    since: float


class RoleStatus(TypedDict):
    """One server of the process: where it listens, and its gauges."""

    role: str
    addresses: Mapping[str, str]
    load: Mapping[str, float]


class ProcessStatus(TypedDict):
    """One process; a supervisor gave it the ``name``, and started it again ``restarts`` times.

    ``counters`` are by name and label, as ``/metrics`` has them; ``gauges`` are those of all its roles.
    """

    name: str
    host: str
    pid: int
    version: str
    started: float
    restarts: int
    roles: list[RoleStatus]
    links: list[LinkStatus]
    cpu_s: float
    memory_bytes: int
    gauges: Mapping[str, float]
    counters: Mapping[str, Mapping[str, int]]


class StatusReport(TypedDict):
    """What ``/status`` answers: one process, or all those of a supervisor."""

    processes: list[ProcessStatus]


def load_of(role: str, metrics: Metrics) -> dict[str, float]:
    """Return the gauges that tell how busy a role is."""
    return metrics.gauges(*LOADS.get(role, (f"{role}_",)))


def addresses_of(role: str, addresses: Mapping[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
    """Return the addresses of one role of those in the ready file."""
    return {name: where for name, where in addresses.items() if name == role or name.startswith(f"{role}_")}


class ProcessReporter:
    """Describes the process that it is made in."""

    def __init__(
        self, roles: Iterable[Node], addresses: Mapping[str, tuple[str, int]], metrics: Metrics
    ) -> None:
        self._roles = sorted(role.name.lower() for role in roles)
        self._addresses = addresses
        self._metrics = metrics
        self._started = time()

    async def metrics(self) -> bytes:
        """Return the Prometheus text."""
        return self._metrics.exposition()

    async def report(self) -> StatusReport:
        """Return how it is now."""
        return {"processes": [self._process()]}

    def _process(self) -> ProcessStatus:
        return {
            "name": "",
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": __version__,
            "started": self._started,
            "restarts": 0,
            "roles": [self._role(role) for role in self._roles],
            "links": [
                {"role": link.role, "remote": link.remote, "name": link.name, "since": link.since}
                for link in self._metrics.links
            ],
            "cpu_s": process_time(),
            "memory_bytes": _memory_bytes(),
            "gauges": self._metrics.gauges(""),
            "counters": self._metrics.counted(),
        }

    def _role(self, role: str) -> RoleStatus:
        own = addresses_of(role, self._addresses)
        return {
            "role": role,
            "addresses": {name: f"{host}:{port}" for name, (host, port) in own.items()},
            "load": load_of(role, self._metrics),
        }


def _memory_bytes() -> int:
    """Return what this process holds in memory; 0 where the system does not say."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
