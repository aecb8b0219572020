"""``hongyan up`` as a subprocess, and the API with a key."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from measuring.ports import free_ports

from hongyan.administration.keys import SCOPES
from hongyan.client import Client, Options, Timing

HONGYAN = Path(sys.executable).with_name("hongyan")
PASSWORD = "secret"
ALL_SCOPES = SCOPES
DEADLINE_S = 60.0
_KEPT_PORTS = ("login_http", "msg", "http_msg")
TIMING = Timing(ack_s=2.0, reconnect_first_s=0.1, reconnect_longest_s=0.3, gap_s=0.1)


class Api(httpx.AsyncClient):
    """HTTP with a key."""

    async def ask(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        """Send JSON and return the answer's, whose status must be the expected one."""
        answer = await self.request(method, f"/api/v1{path}", json=body or None)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


class ApiSuite:
    """``hongyan up`` on a folder; the ports that clients use stay the same over a kill.

    A database of its own, unless ``settings`` name another; the first suite on that makes the users.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        makes_users: bool = True,
    ) -> None:
        self.folder = folder
        self._place = ["--data", str(folder / "data")]
        if "db_proxy" in (settings or {}):
            self._place = ["--config", str(folder / "suite.toml")]
        self._ports = dict(zip(_KEPT_PORTS, free_ports(len(_KEPT_PORTS)), strict=True))
        self.addresses: dict[str, str] = {}
        self._ready = folder / "ready.json"
        self._log = folder / "suite.log"
        self._process: subprocess.Popen[bytes] | None = None
        lines: list[str] = []
        for table, values in (settings or {}).items():
            lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
        (folder / "suite.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if makes_users:
            self.run("user", "add", "u", "--count", "9", "--password", PASSWORD)

    @property
    def base_url(self) -> str:
        return f"http://{self.addresses['http_msg']}"

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """Run a subcommand of ``hongyan`` on the database."""
        command = [HONGYAN, *arguments, *self._place]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def key(self, name: str, scopes: Sequence[str], per_minute: int = 1_000_000) -> str:
        """Make a key and return its token."""
        flags = [flag for scope in scopes for flag in ("--scope", scope)]
        out = self.run("api-key", "add", name, *flags, "--per-minute", str(per_minute), "--json")
        return str(json.loads(out)["token"])

    def bot(self, name: str) -> str:
        """Make a bot and return its token."""
        return str(json.loads(self.run("bot", "add", name, "--json"))["token"])

    def api(self, token: str = "") -> Api:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return Api(base_url=self.base_url, headers=headers, trust_env=False, timeout=DEADLINE_S)

    def client(self, name: str, **options: Any) -> Client:
        url = f"http://{self.addresses['login_http']}"
        return Client(url, name, PASSWORD, options=Options(timing=TIMING, **options))

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        self._ready.unlink(missing_ok=True)
        ports = ["all=0", *(f"{role}={port}" for role, port in self._ports.items())]
        flags = [flag for port in ports for flag in ("--port", port)]
        files = ["--data", "data", "--config", "suite.toml", "--ready-file", str(self._ready)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [HONGYAN, "up", *files, *flags],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + DEADLINE_S
        while not self._ready.exists():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < end, self.log
            time.sleep(0.02)
        self.addresses = json.loads(self._ready.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        assert "Traceback" not in self.log, self.log
