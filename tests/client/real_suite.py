"""The real suite as a subprocess, on ports that stay the same over a kill."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from measuring.ports import free_ports

HONGYAN = Path(sys.executable).with_name("hongyan")
PASSWORD = "secret"
_DEADLINE_S = 60.0
_KEPT_PORTS = ("login_http", "msg", "file")


class RealSuite:
    """``hongyan up`` with users u1 to u9.

    Args:
        folder: everything it writes.
        settings: further settings, as environment variables.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._settings = settings or {}
        self._ready = folder / "ready.json"
        self._log = folder / "suite.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = dict(zip(_KEPT_PORTS, free_ports(len(_KEPT_PORTS)), strict=True))
        self.addresses: dict[str, str] = {}

    @property
    def login_url(self) -> str:
        return f"http://{self.addresses['login_http']}"

    def add_users(self) -> None:
        data = str(self._folder / "data")
        command = [HONGYAN, "user", "add", "u", "--count", "9", "--password", PASSWORD, "--data", data]
        subprocess.run(command, check=True, capture_output=True)

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        self._ready.unlink(missing_ok=True)
        ports = [f"{role}={port}" for role, port in self._ports.items()]
        flags = [flag for port in ("all=0", *ports) for flag in ("--port", port)]
        command = [HONGYAN, "up", "--data", self._folder / "data", "--ready-file", self._ready, *flags]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "COLUMNS": "120", **self._settings},
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _DEADLINE_S
        while not self._ready.exists():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.02)
        self.addresses = json.loads(self._ready.read_text())

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.kill()
