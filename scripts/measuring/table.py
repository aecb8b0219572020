"""The work that is measured, row by row, with what it must reach."""

import resource
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from hongyan.bench.plan import Plan, Users
from hongyan.bench.report import Report
from hongyan.bench.run import run

from . import asking, filling
from .suite import PASSWORD, Meter, Suite, add_users, folder, in_the_background, running

USERS: Final = Users("bench", 1000, PASSWORD)
Numbers = dict[str, float]
"""What one run brought; ``of_echo`` and ``faults`` among it."""


@dataclass(frozen=True)
class Work:
    """One row.

    Attributes:
        name: as it stands in the table.
        least: what it must reach, in words.
        plan: the run; the suite's address is put in.
        echo: the row of the echo that it is compared with, if it is.
    """

    name: str
    least: str
    plan: Plan
    echo: str = ""


_BASE: Final = Plan("p2p", "", USERS, warmup_s=1.0, pairs=100)
ECHO_1: Final = "echo, 1 in flight"
ECHO_8: Final = "echo, 8 in flight"
PAIRS_1: Final = "100 pairs, 1 in flight"
PAIRS_8: Final = "100 pairs, 8 in flight"
WORK: Final = (
    Work(ECHO_1, "", replace(_BASE, scenario="echo", connections=100)),
    Work(ECHO_8, "", replace(_BASE, scenario="echo", connections=100, window=8)),
    Work(PAIRS_8, "25,000/s; 0.06 CPU s", replace(_BASE, window=8), ECHO_8),
    Work(PAIRS_1, "12,000/s; p99 25 ms", _BASE, ECHO_1),
    Work(
        "100 pairs, 8 in flight, with client_msg_id",
        "",
        replace(_BASE, window=8, client_ids=True),
        ECHO_8,
    ),
    Work(
        "one group of 50, 8 in flight",
        "3,000/s; 150,000 delivered",
        replace(_BASE, scenario="group", members=50, window=8),
        ECHO_8,
    ),
)


def measure(target: Suite, work: Work, seconds: float) -> Numbers:
    """Run one row once."""
    meter = Meter(target)
    report = run(replace(work.plan, login_url=target.login_url, seconds=seconds), meter)
    return numbers(report) | {"cpu_s_per_1000": meter.cpu_s_per_1000()}


def numbers(report: Report) -> Numbers:
    """Keep what the pages show of a report."""
    faults = report.lost + report.duplicated + report.reordered + report.id_gaps + report.mismatched
    return {
        "acked_per_s": report.acked_per_s,
        "delivered_per_s": report.delivered_per_s,
        "p50_ms": report.p50_ms,
        "p99_ms": report.p99_ms,
        "heartbeat_p99_ms": report.heartbeat_p99_ms,
        "generator_cores": report.generator_busiest,
        "faults": faults + report.errors,
    }


def rounds(times: int, seconds: float) -> dict[str, Numbers]:
    """Run every row of WORK so many times, in turn; return the medians, with the ratios to the echo."""
    runs: dict[str, list[Numbers]] = {work.name: [] for work in WORK}
    with folder() as data:
        add_users(data, USERS.prefix, USERS.count)
        with running(data) as target:
            for _ in range(times):
                for work in WORK:
                    found = measure(target, work, seconds)
                    if work.echo:
                        found["of_echo"] = found["delivered_per_s"] / runs[work.echo][-1]["delivered_per_s"]
                    runs[work.name].append(found)
    return {name: medians(found) for name, found in runs.items()}


def medians(runs: list[Numbers]) -> Numbers:
    """The median of each number, but the sum of the faults: one is too many."""
    found = {key: median(run[key] for run in runs) for key in runs[0]}
    return found | {"faults": sum(run["faults"] for run in runs), "runs": len(runs)}


def heartbeats(times: int, seconds: float, capacity: float) -> Numbers:
    """Heartbeats while messages run at 80 % of what was reached with 8 in flight."""
    with folder() as data:
        add_users(data, USERS.prefix, USERS.count)
        with running(data) as target:
            paced = Work("", "", replace(_BASE, window=64, rate=int(capacity * 0.8)))
            return medians([measure(target, paced, seconds) for _ in range(times)])


# Logins, while others are there.


def logins(times: int, seconds: float, online: int) -> dict[str, Numbers]:
    """Logins of known users while so many PCs are online; as a phone and as a PC."""
    found: dict[str, list[Numbers]] = {"android": [], "windows": []}
    with folder() as data:
        add_users(data, USERS.prefix, USERS.count)
        add_users(data, "online", online)
        with running(data) as target:
            base = Plan("login", target.login_url, USERS, seconds=seconds, warmup_s=0.5)
            run(replace(base, stay=True))  # each one's first login, with its slow hash
            idle = replace(base, scenario="idle", connections=online, client_type="windows")
            idle = replace(idle, users=Users("online", online, PASSWORD), grace_s=1.0)
            total_s = times * len(found) * (seconds + 3) + 5
            with in_the_background(replace(idle, seconds=total_s)):
                for _ in range(times):
                    for kind, runs in found.items():
                        meter = Meter(target)
                        report = run(replace(base, client_type=kind), meter)
                        runs.append(numbers(report) | {"cpu_s_per_1000": meter.cpu_s_per_1000()})
    return {kind: medians(runs) for kind, runs in found.items()}


# What needs no load.


def idle(connections: int, seconds: float) -> Numbers:
    """Memory and processor time of clients that only send heartbeats."""
    with folder() as data:
        add_users(data, USERS.prefix, connections)
        with running(data) as target:
            users = replace(USERS, count=connections)
            plan = Plan("idle", target.login_url, users, seconds=seconds, connections=connections)
            meter = Meter(target)
            report = run(plan, meter)
            found = {
                "connections": float(connections),
                "kib_each": meter.grown_bytes() / 1024 / connections,
                "cores": meter.cpu_s() / report.seconds,
            }
            return numbers(report) | found


def most_connections() -> int:
    """Return how many connections one process may have, with some files to spare."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 500


def start(times: int) -> Numbers:
    """Seconds from the command to the ready file, with a database that exists."""
    with folder() as data:
        add_users(data, USERS.prefix, USERS.count)
        took: list[float] = []
        for _ in range(times + 1):
            with running(data) as target:
                took.append(target.started_in_s)
        return {"seconds": median(took[1:])}


def questions() -> Numbers:
    """Milliseconds of the three requests whose answers must not get slower with the years."""
    since, people = 1_700_000_000, 50_000
    with folder() as data:
        add_users(data, USERS.prefix, people)
        with filling.database(data) as connection:
            anna, bob = (filling.user_id(connection, f"{USERS.prefix}{number}") for number in (1, 2))
            filling.fill_conversation(connection, anna, bob, 1_000_000)
            filling.fill_sessions(connection, bob + 1, bob + 2, 5_000)
            filling.change_users(connection, 10, since)
        with running(data) as target:
            names: Callable[[int], str] = USERS.name
            return {
                "history_ms": asking.history_page(target, names(0), bob, 500_000),
                "newest_page_ms": asking.history_page(target, names(0), bob, 1_000_000),
                "recent_ms": asking.recent_sessions(target, names(2)),
                "changed_ms": asking.changed_users(target, names(0), since, 10),
            }
