"""MariaDB and Redis on free ports and in a folder that is thrown away, as safe as an operator has them."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .ports import free_ports

DATABASE_USER: Final = "mysql"
START_TIMEOUT_S: Final = 60.0


@contextmanager
def mariadb(folder: Path) -> Iterator[str]:
    """Run MariaDB, which syncs every commit to the disk; yields the URL of an empty database."""
    user = DATABASE_USER if os.geteuid() == 0 else None
    home, (port,) = folder / "mariadb", free_ports(1)
    home.mkdir()
    if user is not None:
        folder.chmod(0o711)  # it is only passed through on the way to its own
        os.chown(home, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    install = [_program("mariadb-install-db"), "--no-defaults", f"--datadir={home}/data", "--skip-test-db"]
    subprocess.run(  # noqa: S603 - a program of the system
        [*install, "--auth-root-authentication-method=normal"], check=True, capture_output=True, user=user
    )
    options = ["--no-defaults", f"--datadir={home}/data", f"--socket={home}/socket", f"--port={port}"]
    options += ["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=1"]
    options += ["--innodb-buffer-pool-size=512M", "--innodb-log-file-size=256M", f"--pid-file={home}/pid"]
    with _running([_program("mariadbd"), *options], home, user, (home / "socket").exists):
        client = [_program("mariadb"), "--no-defaults", "-uroot", f"--socket={home}/socket", "-e"]
        made = "CREATE DATABASE hongyan CHARACTER SET utf8mb4; CREATE USER hongyan@'127.0.0.1'"
        statements = f"{made}; GRANT ALL ON hongyan.* TO hongyan@'127.0.0.1'"
        subprocess.run([*client, statements], check=True)  # noqa: S603 - a program of the system
        yield f"mysql://hongyan@127.0.0.1:{port}/hongyan"


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run Redis; yields its URL."""
    (port,) = free_ports(1)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command = [_program("redis-server"), *options, "--save", "", "--appendonly", "no"]
    with _running(command, folder, None, lambda: _accepts(port)):
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def _running(
    command: Sequence[str], folder: Path, user: str | None, is_ready: Callable[[], bool]
) -> Iterator[None]:
    with subprocess.Popen(  # noqa: S603 - a program of the system
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user
    ) as process:
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while not is_ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[0]} does not start")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(START_TIMEOUT_S)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is not installed: run scripts/install_test_servers.sh")
    return found


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
