"""The work that is measured, row by row, with what it must reach."""

import resource
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hongyan.bench.plan import Plan, Users
from hongyan.bench.report import Report
from hongyan.bench.run import run

from . import asking, filling
from .separate import separate
from .suite import (
    PASSWORD,
    Meter,
    Suite,
    add_users,
    folder,
    import_users,
    in_the_background,
    running,
)

USERS: Final = Users("bench", 1000, PASSWORD)
NEWCOMERS: Final = Users("new", 300, PASSWORD)
"""Their first logins take longer than the messages beside them are measured."""
STEADY: Final = 10_000
"""Messages a second beside first logins."""
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
APART: Final = Work(
    "100 pairs, 8 in flight, four processes on MariaDB and Redis",
    "10,000/s",
    replace(_BASE, window=8),
    ECHO_8,
)
"""The row that is measured on another suite."""


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


def messages(seconds: float) -> dict[str, Numbers]:
    """Run every row of WORK, then heartbeats beside 8 in flight held to 80 % of what they reached."""
    found: dict[str, Numbers] = {}
    with folder() as data:
        add_users(data, USERS.prefix, USERS.count)
        with running(data) as target:
            for work in WORK:
                found[work.name] = _compared(measure(target, work, seconds), found.get(work.echo))
            rate = int(found[PAIRS_8]["acked_per_s"] * 0.8)
            paced = Work("", "", replace(_BASE, window=8, rate=rate))
            return found | {"heartbeats": measure(target, paced, seconds)}


def apart(seconds: float, echo: Numbers) -> dict[str, Numbers]:
    """Run the row of four processes."""
    with folder() as data, separate(data.parent, USERS.prefix, 2 * _BASE.pairs) as target:
        return {APART.name: _compared(measure(target, APART, seconds), echo)}


def _compared(found: Numbers, echo: Numbers | None) -> Numbers:
    return found if echo is None else found | {"of_echo": found["delivered_per_s"] / echo["delivered_per_s"]}


# Logins, while others are there.


def logins(seconds: float, online: int) -> dict[str, Numbers]:
    """Logins of known users while so many PCs are online; as a phone and as a PC."""
    kinds = ("android", "windows")
    with folder() as data:
        add_users(data, USERS.prefix, USERS.count)
        add_users(data, "online", online)
        with running(data) as target:
            base = Plan("login", target.login_url, USERS, seconds=seconds, warmup_s=0.5)
            run(replace(base, stay=True))  # each one's first login, with its slow hash
            idle = replace(base, scenario="idle", connections=online, client_type="windows")
            idle = replace(idle, users=Users("online", online, PASSWORD), grace_s=1.0)
            with in_the_background(replace(idle, seconds=len(kinds) * (seconds + 3) + 5)):
                return {kind: _logins(target, replace(base, client_type=kind)) for kind in kinds}


def _logins(target: Suite, plan: Plan) -> Numbers:
    meter = Meter(target)
    return numbers(run(plan, meter)) | {"cpu_s_per_1000": meter.cpu_s_per_1000()}


def first_logins(seconds: float) -> dict[str, Numbers]:
    """Messages at a steady rate, alone and beside first logins, each of which costs its slow hash."""
    paced = Work("", "", replace(_BASE, window=64, rate=STEADY))
    with folder() as data:
        add_users(data, USERS.prefix, USERS.count)
        import_users(data, NEWCOMERS)
        with running(data) as target:
            alone = measure(target, paced, seconds)
            plan = Plan("login", target.login_url, NEWCOMERS, seconds=60, connections=4, stay=True)
            with in_the_background(plan):
                return {"alone": alone, "beside": measure(target, paced, seconds)}


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


def start() -> Numbers:
    """Seconds from the command to the ready file, with a database that exists."""
    with folder() as data:
        add_users(data, USERS.prefix, USERS.count)
        for _ in range(2):
            with running(data) as target:
                took_s = target.started_in_s
        return {"seconds": took_s}


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
