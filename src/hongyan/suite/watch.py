"""Watches every process of a deployment for the console's dashboard, and remembers the last hour."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from time import time
from typing import Any, Final, TypedDict, cast

import httpx
import structlog

from hongyan.cluster.discovery.discovery import Discovery
from hongyan.cluster.discovery.record import ServerRecord
from hongyan.suite.asking import inside_client
from hongyan.suite.status import ProcessStatus, StatusReport
from hongyan.wire.commands import Node

_log = structlog.get_logger("hongyan.watch")

EVERY_S: Final = 5.0
KEPT: Final = 720
"""So many samples are remembered: an hour."""
ANSWER_LIMIT_S: Final = 3.0
WATCHED: Final = (
    Node.LOGIN,
    Node.MSG,
    Node.ROUTE,
    Node.DB_PROXY,
    Node.FILE,
    Node.HTTP_MSG,
    Node.PUSH,
    Node.MSFS,
)

RATES: Final = {
    "logins": ("logins", ("ok",)),
    "messages": ("messages", ("stored",)),
    "deliveries": ("messages", ("delivered",)),
    "pushes": ("pushes", ()),
}
"""Counters that are shown as so many a second: which labels count; none stands for all."""
SUMS: Final = {
    "connections": "msg_connections",
    "users": "msg_users",
    "journal": "journal_pending",
    "queries": "db_proxy_requests",
    "requests": "msg_requests",
    "push_queue": "push_pending",
    "webhook_queue": "webhook_queue",
}
"""Gauges that are added up over all processes."""
MEANS_MS: Final = {
    "commit": ("journal_commit_seconds", "journal_batches"),
    "ack": ("ack_seconds", "acks_timed"),
}
"""Gauges that only rise: seconds and how often; shown as the mean in milliseconds."""
ERRORS: Final = (
    "requests_refused",
    "logins",
    "messages",
    "connections_closed",
    "pushes_dropped",
    "link_auth_failed",
    "faults",
)
FINE: Final = frozenset({"logins:ok", "messages:stored", "messages:delivered", "messages:duplicate"})
"""What these counters count that is no error."""


class Sample(TypedDict):
    """How it was at one moment: rates and means are those since the sample before.

    ``errors`` has what is new, by counter and label; ``servers`` the clients of each msg_server.
    """

    at: float
    values: dict[str, float | None]
    errors: dict[str, int]
    servers: dict[str, float]


class WatchedProcess(ProcessStatus):
    """A process, and how much of one core it used lately."""

    cpu: float | None


class Report(TypedDict):
    """What the dashboard shows; ``silent`` are the addresses that do not answer."""

    every_s: float
    samples: list[Sample]
    processes: list[WatchedProcess]
    silent: list[str]


class WatchedAddresses:
    """The metrics addresses of other processes: configured ones, and those that discovery finds.

    Args:
        configured: as ``login.watch`` has them.
        discovery: announces the metrics address of every server.
    """

    def __init__(self, configured: Iterable[str], discovery: Discovery) -> None:
        self._configured = frozenset(configured)
        self._found: dict[Node, frozenset[str]] = {}
        for role in WATCHED:
            discovery.follow(role, partial(self._tell, role))

    def __call__(self) -> frozenset[str]:
        """Return them as they are known now."""
        return self._configured.union(*self._found.values())

    def _tell(self, role: Node, records: tuple[ServerRecord, ...]) -> None:
        addresses = (record.addresses.get("metrics", "") for record in records)
        self._found[role] = frozenset(address for address in addresses if address)


class Watch:
    """Asks every few seconds.

    Args:
        own: describes this process.
        others: the metrics addresses of the other ones, as they are known now.
    """

    def __init__(
        self, own: Callable[[], Awaitable[StatusReport]], others: Callable[[], Iterable[str]]
    ) -> None:
        self._own = own
        self._others = others
        self._samples: deque[Sample] = deque(maxlen=KEPT)
        self._before: dict[str, ProcessStatus] = {}
        self._asked = 0.0
        self._processes: list[WatchedProcess] = []
        self._silent: list[str] = []

    async def run(self) -> None:
        """Look again and again."""
        async with inside_client(ANSWER_LIMIT_S) as client:
            while True:
                await self.look(client)
                await asyncio.sleep(EVERY_S)

    def since(self, at: float) -> Report:
        """Return what is newer than ``at``, in seconds since 1970."""
        return {
            "every_s": EVERY_S,
            "samples": [sample for sample in self._samples if sample["at"] > at],
            "processes": self._processes,
            "silent": self._silent,
        }

    async def look(self, client: httpx.AsyncClient) -> None:
        """Ask every process once and remember what they say."""
        addresses = sorted(set(self._others()))
        answers = await asyncio.gather(*(_ask(client, address) for address in addresses))
        found = {_key(process): process for process in (await self._own())["processes"]}
        for answer in answers:
            found |= {_key(process): process for process in answer or ()}
        self._silent = [address for address, answer in zip(addresses, answers, strict=True) if answer is None]
        self._remember(found, time())

    def _remember(self, found: dict[str, ProcessStatus], now: float) -> None:
        passed_s = now - self._asked
        pairs = [(self._before[key], process) for key, process in found.items() if key in self._before]
        if pairs and passed_s > 0:
            self._samples.append(_sample(list(found.values()), pairs, now, passed_s))
        cpu = {_key(new): (new["cpu_s"] - old["cpu_s"]) / passed_s for old, new in pairs if passed_s > 0}
        self._processes = [
            cast("WatchedProcess", {**process, "cpu": cpu.get(key)}) for key, process in found.items()
        ]
        self._before, self._asked = found, now


def _sample(
    processes: list[ProcessStatus],
    pairs: list[tuple[ProcessStatus, ProcessStatus]],
    now: float,
    passed_s: float,
) -> Sample:
    new = _new_counts(pairs)
    values: dict[str, float | None] = {
        name: sum(process["gauges"].get(gauge, 0) for process in processes) for name, gauge in SUMS.items()
    }
    known_online = [process["gauges"]["route_users"] for process in processes if _has(process, "route")]
    if known_online:
        values["users"] = max(known_online)
    for name, (counter, labels) in RATES.items():
        values[name] = sum(_counted(new, counter, labels)) / passed_s
    for name, gauges in MEANS_MS.items():
        values[name] = _mean_ms(pairs, *gauges)
    errors = {name: count for name, count in new.items() if name not in FINE and name.startswith(ERRORS)}
    values["failed_logins"] = sum(_counted(errors, "logins", ())) / passed_s
    return {"at": now, "values": values, "errors": errors, "servers": _servers(processes)}


def _new_counts(pairs: list[tuple[ProcessStatus, ProcessStatus]]) -> Counter[str]:
    """Return what was counted since, as ``counter:label``."""
    new: Counter[str] = Counter()
    for old, process in pairs:
        for counter, labels in process["counters"].items():
            before = old["counters"].get(counter, {})
            new.update({f"{counter}:{label}": n - before.get(label, 0) for label, n in labels.items()})
    return +new


def _counted(new: Mapping[str, int], counter: str, labels: tuple[str, ...]) -> Iterable[int]:
    if labels:
        return [new.get(f"{counter}:{label}", 0) for label in labels]
    return [count for name, count in new.items() if name.startswith(f"{counter}:")]


def _mean_ms(pairs: list[tuple[ProcessStatus, ProcessStatus]], seconds: str, times: str) -> float | None:
    spent_s, often = (
        sum(new["gauges"].get(name, 0) - old["gauges"].get(name, 0) for old, new in pairs)
        for name in (seconds, times)
    )
    return 1000 * spent_s / often if often > 0 else None


def _servers(processes: list[ProcessStatus]) -> dict[str, float]:
    return {
        role["addresses"].get("msg", f"{process['host']} {process['pid']}"): role["load"].get(
            "msg_sessions", 0
        )
        for process in processes
        for role in process["roles"]
        if role["role"] == "msg"
    }


def _has(process: ProcessStatus, role: str) -> bool:
    return f"{role}_users" in process["gauges"]


def _key(process: ProcessStatus) -> str:
    return f"{process['host']} {process['pid']} {process['started']}"


async def _ask(client: httpx.AsyncClient, address: str) -> list[ProcessStatus] | None:
    """Return the processes that answer at a metrics address; None when none does."""
    try:
        response = await client.get(f"http://{address}/status")
        response.raise_for_status()
        processes: list[Any] = response.json()["processes"]
        return [process for process in processes if {"gauges", "counters", "cpu_s"} <= process.keys()]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, LookupError, TypeError, AttributeError) as error:
        _log.debug("no status", address=address, error=str(error) or type(error).__name__)
        return None
