"""What the processes of a supervised suite say of themselves, put together."""

import asyncio
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import httpx
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from hongyan import __version__
from hongyan.metrics import Metrics
from hongyan.suite.asking import inside_client
from hongyan.suite.status import ProcessStatus, RoleStatus, StatusReport, addresses_of
from hongyan.suite.supervision.child import Child
from hongyan.suite.supervision.plan import Member

_log = structlog.get_logger("hongyan.supervisor")

T = TypeVar("T")

TIMEOUT_S: Final = 2.0


class MergedReporter:
    """Asks every process, each at its own metrics address.

    Args:
        children: the processes.
        metrics: the supervisor's own.
    """

    def __init__(self, children: Mapping[Member, Child], metrics: Metrics) -> None:
        self._children = children
        self._metrics = metrics
        self._http = inside_client(TIMEOUT_S)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def report(self) -> StatusReport:
        """Return how every process is; one that does not answer has the pid 0."""
        children = [*self._children.items()]  # while the suite starts, more come meanwhile
        answers = await self._ask_all([child for _, child in children], "status", _first_process)
        return {
            "processes": [
                _down(member, child)
                if answer is None
                else {**answer, "name": child.name, "restarts": child.restarts}
                for (member, child), answer in zip(children, answers, strict=True)
            ]
        }

    async def metrics(self) -> bytes:
        """Return the Prometheus text of all, each sample with the label ``process``."""
        children = [*self._children.values()]
        texts = await self._ask_all(children, "metrics", lambda answer: answer.text)
        told = {child.name: text for child, text in zip(children, texts, strict=True) if text}
        registry = CollectorRegistry()
        registry.register(_Merged({"supervisor": self._metrics.exposition().decode(), **told}))
        return generate_latest(registry)

    async def answers(self, child: Child, limit_s: float) -> bool:
        """Tell whether a process says anything within a time."""
        host, port = child.addresses["metrics"]
        try:
            await self._http.get(f"http://{host}:{port}/status", timeout=limit_s)
        except httpx.HTTPError:
            return False
        return True

    async def _ask_all(
        self, children: Sequence[Child], what: str, read: Callable[[httpx.Response], T]
    ) -> list[T | None]:
        return await asyncio.gather(*(self._ask(child, what, read) for child in children))

    async def _ask(self, child: Child, what: str, read: Callable[[httpx.Response], T]) -> T | None:
        if not child.pid:
            return None
        host, port = child.addresses["metrics"]
        try:
            answer = await self._http.get(f"http://{host}:{port}/{what}")
            return read(answer.raise_for_status())
        except httpx.HTTPError as error:
            _log.warning(
                "a process does not answer", name=child.name, error=str(error) or type(error).__name__
            )
            return None


class _Merged(Collector):
    """Families of several processes as one."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for process, family in self._families():
            merged = families.setdefault(
                family.name, Metric(family.name, family.documentation, family.type, family.unit)
            )
            merged.samples += [
                sample._replace(labels={"process": process, **sample.labels}) for sample in family.samples
            ]
        return families.values()

    def _families(self) -> Iterator[tuple[str, Metric]]:
        for process, text in self._texts.items():
            for family in text_string_to_metric_families(text):
                yield process, family


def _first_process(answer: httpx.Response) -> ProcessStatus:
    report: Any = answer.json()
    return cast("ProcessStatus", report["processes"][0])


def _down(member: Member, child: Child) -> ProcessStatus:
    role = member.role.name.lower()
    addresses = {name: f"{host}:{port}" for name, (host, port) in addresses_of(role, child.addresses).items()}
    roles: list[RoleStatus] = [{"role": role, "addresses": addresses, "load": {}}]
    return {
        "name": child.name,
        "host": socket.gethostname(),
        "pid": 0,
        "version": __version__,
        "started": child.started,
        "restarts": child.restarts,
        "roles": roles,
        "links": [],
        "cpu_s": 0.0,
        "memory_bytes": 0,
        "gauges": {},
        "counters": {},
    }
