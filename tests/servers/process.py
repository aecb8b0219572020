"""One server process that a test may kill, restart and stop."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest
from measuring.ports import free_ports

_DEADLINE_S = 60


def require(*names: str) -> str:
    """The path of a program, wherever Debian puts it; without it the test cannot run."""
    for name in names:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if found:
            return found
        globbed = sorted(Path("/").glob(name.lstrip("/"))) if "*" in name else []
        if globbed:
            return str(globbed[-1])
    text = f"{names[0]} is not installed: run scripts/install_test_servers.sh"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


class ServerProcess:
    """A server with a folder and a port of its own; restarted it has both again."""

    user: str | None = None
    """Whom it runs as where the tests run as root, for servers that refuse root."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hongyan-test-"))
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        self.owner = self.user if os.geteuid() == 0 else None
        if self.owner is not None:
            entry = pwd.getpwnam(self.owner)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def prepare(self) -> None:
        """Make what must be there before the first start."""

    def answers(self) -> bool:
        """Whether it takes requests."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.owner,
                extra_groups=[] if self.owner else None,
            )
        deadline = time.monotonic() + _DEADLINE_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"it does not start:\n{self.log_tail()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it without a warning; nothing happens when it is gone."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Have it hang until ``resume``."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        """Signal the server and the processes that it has for its connections."""
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            os.kill(each, number)

    def stop(self) -> None:
        """Stop it as an operator does."""
        self._end(signal.SIGTERM)

    def log_tail(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-3000:]

    def run(self, *command: str | Path) -> str:
        """Run a tool to its end and return what it printed."""
        ran = subprocess.run(
            command,
            check=True,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DEADLINE_S,
            user=self.owner,
            extra_groups=[] if self.owner else None,
        )
        return ran.stdout.decode(errors="replace")

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
        process.wait(_DEADLINE_S)


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
