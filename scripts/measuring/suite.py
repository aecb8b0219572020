"""A suite on a folder that is thrown away, watched from outside."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hongyan.bench.plan import Plan
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
    pid: int
    data: Path
    started_in_s: float

    def cpu_s(self) -> float:
        """Return the processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Return how much memory it holds."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


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


def add_users(data: Path, prefix: str, count: int) -> None:
    """Make users; works while the suite is stopped or running."""
    users = ["user", "add", prefix, "--count", str(count), "--password", PASSWORD, "--data", str(data)]
    subprocess.run([str(HONGYAN), *users], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder for data that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hongyan-bench-") as path:
        yield Path(path) / "data"


@contextmanager
def running(data: Path) -> Iterator[Suite]:
    """Run a suite on ``data``, on free ports."""
    ready, log = data.parent / "ready.json", data.parent / "log"
    command = [str(HONGYAN), "up", "--data", str(data), "--port", "all=0", "--ready-file", str(ready)]
    started = time.monotonic()
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:  # noqa: S603 - our own program
        try:
            addresses = _wait_for(ready, process, log)
            took_s = time.monotonic() - started
            yield Suite(f"http://{addresses['login_http']}", process.pid, data, took_s)
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
