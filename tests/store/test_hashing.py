"""The process that makes slow hashes: out of everybody's way, and gone when it is not needed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import get_native_id

import pytest

from hongyan import slow_hashes
from hongyan.store import hashing
from hongyan.store.hashing import HashProcess
from hongyan.store.passwords import client_digest

OFFERED = client_digest("secret")
DEADLINE_S = 30
KILLED_WITH_ITS_PARENT = f"""
import os, signal
from hongyan.store.hashing import HashProcess
hashes = HashProcess()
hashes.fits("", "{OFFERED}")
print(hashes.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
COMPARES = """
import json, sys
for line in sys.stdin:
    _, stored, offered = json.loads(line)
    print(json.dumps(stored == offered), flush=True)
"""
on_linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")


@pytest.fixture
def hashes() -> Iterator[HashProcess]:
    process = HashProcess()
    yield process
    process.close()


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return True
    return state == "Z"


def test_it_hashes_and_compares_as_this_process_does(hashes: HashProcess) -> None:
    stored = hashes.slow_hash(OFFERED)
    assert slow_hashes.fits(stored, OFFERED)
    assert hashes.fits(stored, OFFERED)
    assert not hashes.fits(stored, client_digest("another"))
    assert not hashes.fits("no hash", "not even text \udc80\n")


def test_one_that_was_killed_is_replaced(hashes: HashProcess) -> None:
    stored = hashes.slow_hash(OFFERED)
    os.kill(hashes.pid, signal.SIGKILL)
    assert hashes.fits(stored, OFFERED)


@pytest.mark.parametrize("program", ["", "import sys; sys.stdin.read()"], ids=["dies", "is too slow"])
def test_without_a_process_that_answers_the_hash_is_made_here(
    program: str, hashes: HashProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "PATIENCE_S", 0.01)
    monkeypatch.setattr(hashing, "_COMMAND", (sys.executable, "-c", program))
    stored = hashes.slow_hash(OFFERED)
    assert hashes.fits(stored, OFFERED)
    assert not hashes.fits(stored, client_digest("another"))


def test_an_answer_that_came_too_late_is_not_taken_for_another(
    hashes: HashProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "_COMMAND", (sys.executable, "-c", COMPARES))
    monkeypatch.setattr(hashing, "PATIENCE_S", 0.0)
    hashes.fits("right", "right")  # made here
    monkeypatch.setattr(hashing, "PATIENCE_S", 20.0)
    for _ in range(50):
        assert not hashes.fits("right", "wrong")
    _until(lambda: hashes.fits("right", "right"))  # as the process has it, when it is ready
    for _ in range(50):
        assert hashes.fits("right", "right")
        assert not hashes.fits("right", "wrong")


@on_linux
def test_it_gives_way_and_may_run_on_any_core(hashes: HashProcess) -> None:
    everywhere = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(everywhere)})  # as the event loop's thread is
        hashes.fits("", OFFERED)
        assert os.sched_getaffinity(0) == {min(everywhere)}
    finally:
        os.sched_setaffinity(0, everywhere)
    _until(lambda: os.sched_getscheduler(hashes.pid) == os.SCHED_IDLE)
    assert os.sched_getaffinity(hashes.pid) == everywhere


@on_linux
def test_it_ends_when_it_is_closed(hashes: HashProcess) -> None:
    hashes.fits("", OFFERED)
    pid = hashes.pid
    hashes.close()
    assert _is_gone(pid)
    assert hashes.pid == 0


@on_linux
def test_it_ends_with_whoever_started_it() -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WITH_ITS_PARENT],
        stdout=subprocess.PIPE,
        check=False,
        timeout=DEADLINE_S,
    )
    assert killed.returncode == -signal.SIGKILL
    _until(lambda: _is_gone(int(killed.stdout)))


@on_linux
def test_what_is_made_here_gives_way_and_whoever_waits_for_it_does_not(
    hashes: HashProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def niceness(*_: str) -> str:
        return str(os.getpriority(os.PRIO_PROCESS, get_native_id()))

    before = niceness()
    monkeypatch.setattr(hashing, "_COMMAND", (sys.executable, "-c", ""))
    monkeypatch.setitem(slow_hashes.WORK, "slow_hash", niceness)
    assert hashes.slow_hash(OFFERED) == str(hashing.NICENESS)
    assert niceness() == before
