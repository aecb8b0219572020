"""Starts the real servers as subprocesses, and never leaves one behind."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from measuring.ports import free_ports

from .client import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PlaceT = TypeVar("PlaceT", bound="Suite | Cluster")

HONGYAN = Path(sys.executable).with_name("hongyan")
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 10.0
LOG_TAIL_LINES = 60

RUNNING: list[Server] = []


def wait_until(condition: Callable[[], bool], deadline_s: float, what: str) -> None:
    """Polls what only the outside of a process shows: a file, an exit."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {deadline_s} s")
        time.sleep(0.01)


class Server:
    """One process and its log."""

    def __init__(
        self, name: str, arguments: list[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment` is added to ours: settings, mostly."""
        self.name = name
        self.log = folder / f"{name}.log"
        self.ready_file = folder / f"{name}.ready"
        self._arguments = arguments
        self._folder = folder
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def launch(self, *more: str) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [HONGYAN, *self._arguments, *more],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment},
            )
        RUNNING.append(self)

    def launch_until_ready(self) -> dict[str, str]:
        """Launches it and waits until it accepts connections; its addresses."""
        self.ready_file.unlink(missing_ok=True)
        self.launch("--ready-file", str(self.ready_file))
        wait_until(lambda: self.ready_file.exists() or not self.alive, START_DEADLINE_S, "the ready file")
        assert self.alive, f"{self.name} ended at once:\n{self.log_tail()}"
        return json.loads(self.ready_file.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """kill -9."""
        self._signal(signal.SIGKILL)
        self._wait(STOP_DEADLINE_S)

    def stop(self) -> float:
        """SIGTERM; returns the seconds it took, and kills what does not end in time."""
        begin = time.monotonic()
        self._signal(signal.SIGTERM)
        try:
            self._wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
        return time.monotonic() - begin

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _wait(self, deadline_s: float) -> None:
        if self._process is not None:
            self._process.wait(deadline_s)
        if self in RUNNING:
            RUNNING.remove(self)

    @property
    def memory_mb(self) -> float:
        """What the process holds in memory."""
        assert self._process is not None
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def tracebacks(self) -> list[str]:
        return [line for line in self.log_text().splitlines() if "Traceback" in line]

    def log_tail(self) -> str:
        return "\n".join(self.log_text().splitlines()[-LOG_TAIL_LINES:])


@atexit.register
def _kill_what_still_runs() -> None:
    for server in RUNNING[:]:
        server.kill()


class Suite:
    """`hongyan up` on a data folder of its own."""

    KEPT_PORTS: tuple[str, ...] = ()
    """Which ports stay the same when it is started again."""

    def __init__(
        self,
        folder: Path,
        config: str = "",
        *flags: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`config` is TOML beside the defaults of `hongyan up`."""
        self.folder = folder
        self.data = folder / "data"
        self.addresses: dict[str, str] = {}
        self.people = Registry(self)
        if config:
            (folder / "suite.toml").write_text(config, encoding="utf-8")
            flags += ("--config", str(folder / "suite.toml"))
        kept = zip(self.KEPT_PORTS, free_ports(len(self.KEPT_PORTS)), strict=True)
        flags += tuple(flag for name, port in kept for flag in ("--port", f"{name}={port}"))
        arguments = ["up", "--data", str(self.data), "--port", "all=0", *flags]
        self.server = Server("up", arguments, folder, environment)

    def start(self) -> None:
        self.addresses = self.server.launch_until_ready()

    def stop(self) -> float:
        return self.server.stop()

    def kill(self) -> None:
        self.server.kill()

    @property
    def msg(self) -> str:
        return self.addresses["msg"]

    @property
    def login_url(self) -> str:
        return f"http://{self.addresses['login_http']}"

    def admin(self, *arguments: str) -> str:
        return admin(*arguments, "--data", str(self.data), folder=self.folder)


@contextmanager
def running(place: PlaceT) -> Iterator[PlaceT]:
    """A suite or a cluster that is started, and stopped at the end whatever happens."""
    try:
        place.start()
        yield place
    finally:
        took_s = place.stop()
        assert took_s < STOP_DEADLINE_S, "it had to be killed"


class Cluster:
    """`hongyan serve` of every role, each a process of its own, with two msg_servers."""

    ROLES: tuple[str, ...] = ("db_proxy", "route", "login", "msg", "msg2")
    PORTS: tuple[str, ...] = (
        *("login_http", "login_client", "login_msg"),
        *("route", "db_proxy", "msg", "msg2", "ws", "ws2"),
    )

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.people = Registry(self)
        self.ports = dict(zip(self.PORTS, free_ports(len(self.PORTS)), strict=True))
        self.addresses = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        self.servers = {role: self._server(role) for role in self.ROLES}

    def _server(self, role: str) -> Server:
        config = self._config(role)
        return Server(role, ["serve", role.removesuffix("2"), "--config", str(config)], self.folder)

    def _config(self, role: str) -> Path:
        path = self.folder / f"{role}.toml"
        number = "2" if role == "msg2" else ""
        path.write_text(
            CLUSTER_CONFIG.format(
                **{name: port for name, port in self.ports.items() if not name.startswith(("msg", "ws"))},
                msg=self.ports["msg" + number],
                ws=self.ports["ws" + number],
                metrics=free_ports(1)[0],
                database=self.folder / "hongyan.db",
            ),
            encoding="utf-8",
        )
        return path

    @property
    def msg(self) -> str:
        return self.addresses["msg"]

    @property
    def msg2(self) -> str:
        return self.addresses["msg2"]

    def start(self, *roles: str) -> None:
        for role in roles or self.ROLES:
            self.servers[role].launch()
        for role in roles or self.ROLES:
            self._wait_for(role)

    def _wait_for(self, role: str) -> None:
        server, port = self.servers[role], self.ports["login_http" if role == "login" else role]
        wait_until(lambda: accepts(port) or not server.alive, START_DEADLINE_S, f"{role} on port {port}")
        assert server.alive, f"{role} ended at once:\n{server.log_tail()}"

    def stop(self) -> float:
        """Stops one after the other; returns how long the slowest took."""
        return max(server.stop() for server in reversed(self.servers.values()))

    def admin(self, *arguments: str, config: str = "db_proxy.toml") -> str:
        return admin(*arguments, "--config", str(self.folder / config), folder=self.folder)


CLUSTER_CONFIG = """\
[cluster]
secret = "acceptance tests only"
[login]
http_port = {login_http}
client_port = {login_client}
msg_port = {login_msg}
db_proxies = ["127.0.0.1:{db_proxy}"]
route_servers = ["127.0.0.1:{route}"]
[msg]
port = {msg}
ws_port = {ws}
db_proxies = ["127.0.0.1:{db_proxy}", "127.0.0.1:{db_proxy}"]
login_servers = ["127.0.0.1:{login_msg}"]
route_servers = ["127.0.0.1:{route}"]
[route]
port = {route}
[db_proxy]
port = {db_proxy}
database = "sqlite:///{database}"
[metrics]
port = {metrics}
"""


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Registry:
    """Makes users with the command line; a crowd at a time, since one is as dear as a hundred.

    Attributes:
        ids: of those of whom somebody has asked.
    """

    CROWD = 150

    def __init__(self, suite: Suite | Cluster) -> None:
        self.ids: dict[str, int] = {}
        self._suite = suite
        self._names: list[str] = []
        self._crowds = 0

    def take_name(self) -> str:
        """The name of a user that nobody has used yet."""
        if not self._names:
            self._crowds += 1
            prefix = f"crowd{self._crowds}_"
            self._suite.admin("user", "add", prefix, "--count", str(self.CROWD), "--password", PASSWORD)
            self._names = [f"{prefix}{number}" for number in range(1, self.CROWD + 1)]
        return self._names.pop(0)


def admin(*arguments: str, folder: Path) -> str:
    """Runs one administrative command; its output, or an error with it."""
    done = subprocess.run(
        [HONGYAN, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise AssertionError(f"hongyan {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
