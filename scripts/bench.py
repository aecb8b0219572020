"""Measure the suite on this machine and write docs/benchmarks/latest.md.

Starts a suite on a folder that is thrown away, makes users, and runs the scenarios of `hongyan bench` and the
echo, because ratios to that travel better from machine to machine than numbers do.

Usage: bench.py [--seconds S] [--output FILE]
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from hongyan.bench.plan import Plan, Users
from hongyan.bench.report import Report
from hongyan.bench.run import run
from hongyan.bench.tally import Counts

OUTPUT: Final = Path(__file__).resolve().parent.parent / "docs/benchmarks/latest.md"
HONGYAN: Final = Path(sys.executable).with_name("hongyan")
USERS: Final = Users("bench", 1000, "bench")
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 15.0
VERSIONS: Final = ("hongyan", "uvloop", "protobuf", "sqlalchemy")


PAGE: Final = """\
# Benchmark

<!-- Written by scripts/bench.py (`make bench`). Do not edit. -->

{where}

`hongyan up` on SQLite, every message committed with fsync before its ack; the load generator on the same
machine; {seconds} s each, 64-byte payloads. *Of the echo*: deliveries by the frames a second a bare uvloop
echo server sends back to the same generator with as many in flight. Every run was checked: each acked message
delivered once, in order, under its msg_id. For logins the latency is that of the login, for idle connections
that of a heartbeat. CPU is the suite's.

Load of the machine before the start: {load:.2f}. Where it was busy with something else, only ratios count.

{table}

The generator was busiest in {busiest}.
"""


@dataclass(frozen=True)
class Suite:
    """A running suite."""

    login_url: str
    pid: int

    def cpu_s(self) -> float:
        """Return the processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Return how much memory it holds."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Result:
    """One row of the table."""

    work: str
    report: Report
    cpu_s_per_1000: float


class Meter:
    """Listens to a run, to know what processor time the suite used while it was measured."""

    def __init__(self, target: Suite) -> None:
        self._target = target
        self._marks: dict[str, tuple[float, int]] = {}

    def __call__(self, phase: str, counts: Counts) -> None:
        """Note where each phase begins."""
        if phase not in self._marks:
            self._marks[phase] = (self._target.cpu_s(), counts.acked)

    def cpu_s_per_1000(self) -> float:
        """Return the seconds for 1,000 of what was counted."""
        (before, first), (after, last) = self._marks["measuring"], self._marks["settling"]
        return 1000 * (after - before) / max(1, last - first)


@contextmanager
def suite(folder: Path) -> Iterator[Suite]:
    """Run a suite in ``folder`` on free ports."""
    ready, log = folder / "ready.json", folder / "log"
    data = ["--data", str(folder / "data")]
    command = [str(HONGYAN), "up", *data, "--port", "all=0", "--ready-file", str(ready)]
    many = ["--count", str(USERS.count), "--password", USERS.password]
    users = [str(HONGYAN), "user", "add", USERS.prefix, *many, *data]
    subprocess.run(users, check=True)  # noqa: S603 - our own program
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:  # noqa: S603
        try:
            addresses = wait_for(ready, process, log)
            yield Suite(f"http://{addresses['login_http']}", process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)


def wait_for(ready: Path, process: "subprocess.Popen[bytes]", log: Path) -> dict[str, str]:
    """Wait for the ready file and read it."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the suite did not start:\n{log.read_text()}")
        time.sleep(0.05)
    addresses: dict[str, str] = json.loads(ready.read_text())
    return addresses


def measure(target: Suite, seconds: float) -> Iterator[Result]:
    """Run every scenario."""
    base = Plan("p2p", target.login_url, USERS, seconds=seconds, warmup_s=2.0)
    plans = {
        "echo, 1 in flight": replace(base, scenario="echo", connections=100),
        "echo, 8 in flight": replace(base, scenario="echo", connections=100, window=8),
        "100 pairs, 1 in flight": replace(base, pairs=100),
        "100 pairs, 8 in flight": replace(base, pairs=100, window=8),
        "one group of 50, 8 in flight": replace(base, scenario="group", members=50, window=8),
        "first logins, 50 at once": replace(base, scenario="login", connections=50, stay=True),
        "logins, 50 at once": replace(base, scenario="login", connections=50),
        "1,000 idle connections": replace(base, scenario="idle", connections=1000),
    }
    for work, plan in plans.items():
        print(f"{work} ...", file=sys.stderr)
        meter = Meter(target)
        report = run(plan, meter)
        yield Result(work, report, meter.cpu_s_per_1000())


def table(results: list[Result]) -> Iterator[str]:
    """Write the rows."""
    echo = {result.report.window: result.report for result in results if result.report.scenario == "echo"}
    yield "| work | acked/s | delivered/s | of the echo | p50 ms | p99 ms | CPU s per 1,000 | faults |"
    yield "|---|---|---|---|---|---|---|---|"
    for result in results:
        report = result.report
        is_message = report.scenario in ("p2p", "group")
        ratio = f"{report.delivered_per_s / echo[report.window].delivered_per_s:.2f}" if is_message else ""
        cpu = f"{result.cpu_s_per_1000:.3f}" if report.scenario not in ("echo", "idle") else ""
        yield (
            f"| {result.work} | {report.acked_per_s:,.0f} | {report.delivered_per_s:,.0f} | {ratio}"
            f" | {report.p50_ms:.2f} | {report.p99_ms:.2f} | {cpu} | {faults(report)} |"
        )


def faults(report: Report) -> str:
    """Say what the checks found."""
    found = {name: getattr(report, name) for name in ("errors", "lost", "duplicated", "reordered", "id_gaps")}
    return ", ".join(f"{count} {name}" for name, count in found.items() if count) or "none"


def machine() -> str:
    """Describe where this runs."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"{model or platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def page(results: list[Result], seconds: float, load: float) -> str:
    """Write the page."""
    busiest = max(results, key=lambda result: result.report.generator_busiest)
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return PAGE.format(
        where=f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Python {platform.python_version()}, {versions}.",
        seconds=f"{seconds:g}",
        load=load,
        table="\n".join(table(results)),
        busiest=f"*{busiest.work}*, with {busiest.report.generator_busiest:.2f} cores",
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each run is measured")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the page to write")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, suite(Path(folder)) as target:
        results = list(measure(target, options.seconds))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(page(results, options.seconds, load), encoding="utf-8")
    print(options.output.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
