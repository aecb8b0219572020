"""Counters and gauges: plain numbers while the suite runs, Prometheus text when somebody asks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from time import time
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

COUNTERS: Final[dict[str, tuple[str, str]]] = {
    "connections_closed": ("reason", "Connections closed, by role and reason"),
    "connections_accepted": ("role", "Connections accepted, by role"),
    "requests_refused": ("code", "Requests refused, by the code of the refusal"),
    "logins": ("result", "Login attempts, by result"),
    "messages": ("kind", "Messages, by what happened to them"),
    "pushes": ("result", "Pushes to phones, by provider and result"),
    "pushes_dropped": (
        "reason",
        "Messages or rounds whose pushes were given up before push_server, by reason",
    ),
    "link_auth_failed": ("reason", "Peers that could not prove the cluster secret"),
    "msfs_requests": ("answer", "Requests to msfs, by method and status"),
    "http_msg_requests": ("answer", "Requests to http_msg_server, by method and status"),
    "webhook_deliveries": ("result", "Requests to webhooks, by result"),
    "processes_restarted": ("process", "Processes that ended and were started again by the supervisor"),
    "processes_killed": ("reason", "Processes that the supervisor had to kill, by name and reason"),
    "faults": ("where", "Errors that are bugs of the suite; each is in the log"),
}
"""Every counter: its one label and its help text."""


class OpenLink(NamedTuple):
    """A link that is open now.

    Attributes:
        role: the role of this process that has it.
        remote: the role at the other end.
        name: for people: who is connected to whom, and where.
        since: when it was opened, in seconds since 1970.
    """

    role: str
    remote: str
    name: str
    since: float


class Metrics(Collector):
    """The numbers of one process, and its open links.

    ``counts`` is a plain dict, so that the hot path pays one addition and no lock: the event loop
    is its only writer.
    """

    def __init__(self) -> None:
        self.counts: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._links: dict[int, OpenLink] = {}

    @property
    def links(self) -> list[OpenLink]:
        """Every open link, the oldest first."""
        return list(self._links.values())

    def link_opened(self, handle: int, role: str, remote: str, name: str) -> None:
        """Count a link as open; ``handle`` is its own."""
        self._links[handle] = OpenLink(role, remote, name, time())

    def link_closed(self, handle: int) -> None:
        """Count it as gone."""
        self._links.pop(handle, None)

    def count(self, name: str, label: str) -> None:
        """Add one to counter ``name``, which stands in COUNTERS."""
        self.counts[name, label] += 1

    def gauge(self, name: str, help_: str, read: Callable[[], float]) -> None:
        """Export ``read()`` under ``name`` from now on."""
        self._gauges[name] = (help_, read)

    def gauges(self, *prefixes: str) -> dict[str, float]:
        """Return the gauges whose names begin with one of ``prefixes``, as they are now."""
        return {name: read() for name, (_, read) in self._gauges.items() if name.startswith(prefixes)}

    def counted(self) -> dict[str, dict[str, int]]:
        """Return the counters as they are now, by name and label."""
        found: dict[str, dict[str, int]] = {}
        for (name, label), count in self.counts.items():
            found.setdefault(name, {})[label] = count
        return found

    def collect(self) -> Iterator[Metric]:
        """Yield everything in the form prometheus_client wants."""
        for name, (label, help_) in COUNTERS.items():
            family = CounterMetricFamily(f"hongyan_{name}", help_, labels=[label])
            for (counter, value), count in sorted(self.counts.items()):
                if counter == name:
                    family.add_metric([value], count)
            yield family
        links = GaugeMetricFamily("hongyan_links", "Open links between servers", labels=["role", "remote"])
        for ends, count in Counter((link.role, link.remote) for link in self._links.values()).items():
            links.add_metric(ends, count)
        yield links
        for name, (help_, read) in self._gauges.items():
            yield GaugeMetricFamily(f"hongyan_{name}", help_, value=read())

    def exposition(self) -> bytes:
        """Return the Prometheus text format."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)
