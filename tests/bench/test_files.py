"""Files keep the memory of the server flat and are not slowed down; what is measured is measured rightly."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from hongyan.bench.files import FileFigures, measure_files, offers

HONGYAN: Final = str(Path(sys.executable).with_name("hongyan"))
PASSWORD: Final = "bench"
SIZE: Final = 64 * 1024 * 1024
MOST_MEMORY_MIB: Final = 50
SLOWEST: Final = 0.1
"""A fifth of what is promised, since other programs may run beside."""
TRIES: Final = 6


@dataclass
class Running:
    """A suite with two users."""

    login_url: str
    pid: int
    folder: Path


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("files")
    ready, data = folder / "ready.json", ["--data", str(folder / "data")]
    users = [HONGYAN, "user", "add", "u", "--count", "2", "--password", PASSWORD, *data]
    subprocess.run(users, check=True, capture_output=True)
    command = [HONGYAN, "up", *data, "--port", "all=0", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not ready.exists():
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(0.05)
            yield Running(f"http://{json.loads(ready.read_text())['login_http']}", process.pid, folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def measure(suite: Running) -> FileFigures:
    kept, online = asyncio.run(offers(suite.login_url, ("u1", "u2"), PASSWORD, SIZE, suite.folder))
    return measure_files(kept, online, suite.folder, suite.pid)


def test_files_leave_memory_flat_and_are_not_much_slower_than_a_plain_copy(suite: Running) -> None:
    found = []
    for _ in range(TRIES):
        found.append(measure(suite))
        assert found[-1].memory_mib < MOST_MEMORY_MIB
        if min(found[-1].upload_ratio, found[-1].download_ratio) >= SLOWEST:
            return
    pytest.fail(f"slower than {SLOWEST} of a plain copy: {found}")


def test_who_is_not_let_in_measures_nothing(suite: Running) -> None:
    kept, online = asyncio.run(offers(suite.login_url, ("u1", "u2"), PASSWORD, 1000, suite.folder))
    unknown = replace(kept, task_id=online.task_id)
    with pytest.raises(ConnectionError, match="does not let us in"):
        measure_files(unknown, online, suite.folder, suite.pid)
