"""A suite on a folder that is thrown away, watched from outside."""

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hongyan.bench.plan import Plan, Users
from hongyan.bench.run import run
from hongyan.bench.tally import Counts

HONGYAN: Final = Path(sys.executable).with_name("hongyan")
PASSWORD: Final = "bench"  # noqa: S105 - of a suite that is thrown away
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 15.0


@dataclass(frozen=True)
class Suite:
    """A running suite."""

    login_url: str
    pids: tuple[int, ...]
    data: Path
    started_in_s: float

    def cpu_s(self) -> float:
        """Return the processor time that its processes have used, and the one that hashes for them."""
        return sum(
            _cpu_s(pid) for pid in (*self.pids, *itertools.chain.from_iterable(map(_children, self.pids)))
        )

    def resident_bytes(self) -> int:
        """Return how much memory they hold."""
        return sum(map(_resident_bytes, self.pids))


class Meter:
    """Listens to a run, to know what processor time and memory the suite had in each phase."""

    def __init__(self, target: Suite) -> None:
        self._target = target
        self._before = target.resident_bytes()
        self._marks: dict[str, tuple[float, Counts, int]] = {}

    def __call__(self, phase: str, counts: Counts) -> None:
        """Note where each phase begins."""
        if phase not in self._marks:
            self._marks[phase] = (self._target.cpu_s(), counts, self._target.resident_bytes())

    @property
    def is_measuring(self) -> bool:
        """Whether every connection is there and the measured part has begun."""
        return "measuring" in self._marks

    def cpu_s(self) -> float:
        """Return the processor time of the measured part."""
        return self._marks["settling"][0] - self._marks["measuring"][0]

    def cpu_s_per_1000(self, *, deliveries: bool = False) -> float:
        """Return the processor time for 1,000 of what was counted."""
        first, last = self._marks["measuring"][1], self._marks["settling"][1]
        done = last.delivered - first.delivered if deliveries else last.acked - first.acked
        return 1000 * self.cpu_s() / max(1, done)

    def grown_bytes(self) -> int:
        """Return how much memory the connections took."""
        return self._marks["measuring"][2] - self._before


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = [(task / "children").read_text().split() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [int(child) for child in itertools.chain.from_iterable(found)]


def _resident_bytes(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def add_users(data: Path, prefix: str, count: int) -> None:
    """Make users; works while the suite is stopped or running."""
    add_users_with(["--data", str(data)], prefix, count)


def add_users_with(where: Sequence[str], prefix: str, count: int) -> None:
    """Make users in the database that these options name."""
    users = ["user", "add", prefix, "--count", str(count), "--password", PASSWORD, *where]
    subprocess.run([str(HONGYAN), *users], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program


def import_users(data: Path, users: Users) -> None:
    """Make users each of whom has a hash of his own, as people have."""
    table = data.parent / "users.csv"
    rows = [f"{users.name(number)},{users.password}" for number in range(users.count)]
    table.write_text("\n".join(["name,password", *rows]) + "\n")
    command = [str(HONGYAN), "user", "import", str(table), "--data", str(data)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder for data that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hongyan-bench-") as path:
        yield Path(path) / "data"


@contextmanager
def running(data: Path) -> Iterator[Suite]:
    """Run a suite on ``data``, on free ports."""
    begun = time.monotonic()
    with started(["up", "--data", str(data), "--port", "all=0"], data.parent, "up") as process:
        took_s = time.monotonic() - begun
        login_url = f"http://{process.addresses['login_http']}"
        yield Suite(login_url, (process.pid,), data, took_s)


@dataclass(frozen=True)
class Started:
    """A process of the suite that accepts connections."""

    pid: int
    addresses: dict[str, str]


@contextmanager
def started(arguments: Sequence[str], folder: Path, name: str) -> Iterator[Started]:
    """Run ``hongyan`` with ``arguments`` until the block ends; its log and ready file go to ``folder``."""
    ready, log = folder / f"{name}.ready", folder / f"{name}.log"
    command = [str(HONGYAN), *arguments, "--ready-file", str(ready)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:  # noqa: S603 - our own program
        try:
            yield Started(process.pid, _wait_for(ready, process, log))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)


@contextmanager
def in_the_background(plan: Plan) -> Iterator[None]:
    """Run a plan beside what the block does, from when its connections are there; wait for its end."""
    there = threading.Event()

    def note(phase: str, _counts: object) -> None:
        if phase == "measuring":
            there.set()

    thread = threading.Thread(target=run, args=(plan, note))
    thread.start()
    if not there.wait(120):
        raise SystemExit("the users that shall be online did not come")
    yield
    thread.join()


def _wait_for(ready: Path, process: "subprocess.Popen[bytes]", log: Path) -> dict[str, str]:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the suite did not start:\n{log.read_text()}")
        time.sleep(0.01)
    addresses: dict[str, str] = json.loads(ready.read_text())
    return addresses
