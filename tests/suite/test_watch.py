"""What the dashboard makes of what processes say of themselves."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hongyan.metrics import Metrics
from hongyan.suite import watch as module
from hongyan.suite.inside_http import InsideHttp
from hongyan.suite.status import ProcessReporter, ProcessStatus, StatusReport
from hongyan.suite.watch import KEPT, Sample, Watch
from hongyan.wire.commands import Node

NOBODY_ELSE = httpx.AsyncClient(transport=httpx.MockTransport(lambda _request: httpx.Response(404)))
"""For a watch that has no other process to ask."""


class Process:
    """A process whose numbers a test sets."""

    def __init__(self, pid: int = 1, role: str = "msg") -> None:
        self.pid = pid
        self.role = role
        self.gauges: dict[str, float] = {}
        self.counters: dict[str, dict[str, int]] = {}
        self.cpu_s = 0.0

    def status(self) -> ProcessStatus:
        load = {name: value for name, value in self.gauges.items() if name.startswith(self.role)}
        return {
            "host": "here",
            "pid": self.pid,
            "version": "1",
            "started": 1.0,
            "restarts": 0,
            "roles": [{"role": self.role, "addresses": {self.role: f"h:{self.pid}"}, "load": load}],
            "links": [],
            "cpu_s": self.cpu_s,
            "memory_bytes": 1,
            "gauges": dict(self.gauges),
            "counters": {name: dict(labels) for name, labels in self.counters.items()},
        }


class Watched:
    """A watch over some processes, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *processes: Process) -> None:
        self.processes = list(processes)
        self.now = 100.0
        self.watch = Watch(self._own, lambda: ())
        monkeypatch.setattr(module, "time", lambda: self.now)

    async def _own(self) -> StatusReport:
        return {"processes": [process.status() for process in self.processes]}

    async def look(self, after_s: float = 5.0) -> Sample | None:
        self.now += after_s
        await self.watch.look(NOBODY_ELSE)
        samples = self.watch.since(0)["samples"]
        return samples[-1] if samples else None


async def test_counters_become_rates_and_gauges_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Process(1), Process(2)
    watched = Watched(monkeypatch, one, other)
    one.counters = {"messages": {"stored": 1000, "delivered": 5000}, "logins": {"ok": 3}}
    one.gauges = {"msg_connections": 3, "msg_sessions": 3, "msg_users": 2}
    other.gauges = {"msg_connections": 5, "msg_sessions": 4, "msg_users": 4}
    assert await watched.look() is None, "nothing is known of the time before"
    one.counters = {"messages": {"stored": 1010, "delivered": 5040}, "logins": {"ok": 8, "refused": 5}}
    other.counters = {"messages": {"stored": 15}}
    one.cpu_s = 2.5
    sample = await watched.look()
    assert sample is not None
    values = sample["values"]
    assert (values["messages"], values["deliveries"], values["logins"]) == (5, 8, 1)
    assert values["failed_logins"] == 1
    assert (values["connections"], values["users"]) == (8, 6)
    assert sample["servers"] == {"h:1": 3, "h:2": 4}
    assert sample["errors"] == {"logins:refused": 5}
    assert [process["cpu"] for process in watched.watch.since(0)["processes"]] == [0.5, 0]


async def test_route_server_knows_best_who_is_online(monkeypatch: pytest.MonkeyPatch) -> None:
    msg, route = Process(1), Process(2, "route")
    msg.gauges, route.gauges = {"msg_users": 5}, {"route_users": 4}
    watched = Watched(monkeypatch, msg, route)
    await watched.look()
    sample = await watched.look()
    assert sample is not None
    assert sample["values"]["users"] == 4


async def test_a_mean_is_that_of_the_time_between(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(1, "db_proxy")
    watched = Watched(monkeypatch, process)
    process.gauges = {"journal_commit_seconds": 10, "journal_batches": 1000}
    await watched.look()
    process.gauges = {"journal_commit_seconds": 10.2, "journal_batches": 1100}
    sample = await watched.look()
    assert sample is not None
    assert sample["values"]["commit"] == pytest.approx(2)
    assert sample["values"]["ack"] is None
    still = await watched.look()
    assert still is not None
    assert still["values"]["commit"] is None


async def test_a_process_that_was_started_again_counts_from_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Process(1), Process(2)
    watched = Watched(monkeypatch, old)
    old.counters = {"messages": {"stored": 1000}}
    new.counters = {"messages": {"stored": 10}}
    await watched.look()
    watched.processes = [new]
    assert await watched.look() is None
    new.counters = {"messages": {"stored": 20}}
    sample = await watched.look()
    assert sample is not None
    assert sample["values"]["messages"] == 2


async def test_the_last_hour_is_kept_and_only_what_is_new_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, Process())
    for _ in range(KEPT + 5):
        await watched.look()
    samples = watched.watch.since(0)["samples"]
    assert len(samples) == KEPT
    assert watched.watch.since(samples[-3]["at"])["samples"] == samples[-2:]


async def test_other_processes_are_asked_and_the_silent_are_named() -> None:
    metrics = Metrics()
    metrics.count("logins", "ok")
    metrics.gauge("route_users", "Users", lambda: 7)
    reporter = ProcessReporter([Node.ROUTE], {"route": ("127.0.0.1", 8200)}, metrics)
    inside: Any = InsideHttp(reporter.metrics, reporter.report)

    async def nobody() -> StatusReport:
        return {"processes": []}

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.port == 1:
            raise httpx.ConnectError("refused")
        if request.url.port == 2:
            return httpx.Response(200, text="not a status")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(inside)) as there:
            return await there.get(request.url)

    watch = Watch(nobody, lambda: ["a:1", "b:2", "c:3"])
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        await watch.look(client)
        await watch.look(client)
    report = watch.since(0)
    assert report["silent"] == ["a:1", "b:2"]
    (process,) = report["processes"]
    assert process["counters"] == {"logins": {"ok": 1}}
    assert process["memory_bytes"] > 1_000_000
    assert report["samples"][-1]["values"]["users"] == 7
