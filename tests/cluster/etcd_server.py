"""A real etcd, which a test may kill, start again and empty; Debian's serves the v2 API too."""

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Self

import pytest
from measuring.ports import free_ports

DEADLINE_S = 60.0


def etcd_program() -> str:
    """The path of etcd; without it the test cannot run."""
    if found := shutil.which("etcd"):
        return found
    text = "etcd is not installed: run scripts/install_test_etcd.sh"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


class EtcdServer:
    """One etcd with ports and a folder of its own; started again it has the same."""

    def __init__(self) -> None:
        self._program = etcd_program()
        self._folder = Path(tempfile.mkdtemp(prefix="hongyan-etcd-"))
        self._port, self._peer_port = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        peer = f"http://127.0.0.1:{self._peer_port}"
        options = {
            "name": "test",
            "data-dir": f"{self._folder}/data",
            "enable-v2": "true",
            "listen-client-urls": self.url,
            "advertise-client-urls": self.url,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"test={peer}",
            "heartbeat-interval": "20",
            "election-timeout": "200",
        }
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, *(f"--{name}={value}" for name, value in options.items())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + DEADLINE_S
        while not self._is_healthy():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(DEADLINE_S)

    def wipe(self) -> None:
        """Empty it; it must not be running."""
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-3000:]

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:  # noqa: S310 - our own
                return b'"true"' in answer.read()
        except OSError:
            return False
