"""A slip in speed is noticed: floors far below what is reached, as ratios to the echo of the same minute."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from hongyan.bench.plan import Plan, Users
from hongyan.bench.run import run

HONGYAN: Final = str(Path(sys.executable).with_name("hongyan"))
USERS: Final = Users("bench", 100, "bench")
TRIES: Final = 8
BASE: Final = Plan("p2p", "", USERS, seconds=1.0, warmup_s=0.5, pairs=50, window=8)
ECHO: Final = replace(BASE, scenario="echo", connections=50)


@pytest.fixture(scope="module")
def login_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("floors")
    ready, data = folder / "ready.json", ["--data", str(folder / "data")]
    many = ["--count", str(USERS.count), "--password", USERS.password]
    subprocess.run([HONGYAN, "user", "add", USERS.prefix, *many, *data], check=True, capture_output=True)
    command = [HONGYAN, "up", *data, "--port", "all=0", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not ready.exists():
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.05)
            yield f"http://{json.loads(ready.read_text())['login_http']}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.mark.parametrize(
    ("plan", "floor"),
    [
        # A third of what must be reached (8,300 messages, 50,000 deliveries a second), by an echo of 180,000.
        (BASE, 0.046),
        (replace(BASE, scenario="group", members=50), 0.25),
    ],
    ids=["pairs", "group"],
)
def test_no_slower_than_a_third_of_what_is_promised(login_url: str, plan: Plan, floor: float) -> None:
    reached = []
    for _ in range(TRIES):
        echo = run(ECHO)
        report = run(replace(plan, login_url=login_url))
        assert report.is_clean, report
        reached.append(report.delivered_per_s / echo.delivered_per_s)
        if reached[-1] >= floor:
            return
    pytest.fail(f"{max(reached):.3f} of the echo, the floor is {floor}")
