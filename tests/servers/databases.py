"""MariaDB, PostgreSQL and Redis as the tests run them: quick where that changes nothing they look at.

A killed server keeps what was committed; only a power cut, which no test makes, could lose it.
"""

import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .process import ServerProcess, reachable, require

PASSWORD = "s3cret/word"
"""It must be escaped in a URL, and no log may show it."""
IN_URL = "s3cret%2Fword"


class MariaDb(ServerProcess):
    """A MariaDB server; root may do everything, ``hongyan`` logs in over TCP with a password."""

    user = "mysql"
    options: Sequence[str] = ()

    def prepare(self) -> None:
        install = require("mariadb-install-db", "/usr/bin/mariadb-install-db")
        options = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        self.run(install, "--no-defaults", f"--datadir={self.folder}/data", *options)

    def command(self) -> Sequence[str]:
        folder = self.folder
        return [
            require("mariadbd", "/usr/sbin/mariadbd"),
            "--no-defaults",
            f"--datadir={folder}/data",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=48M",
            "--performance-schema=OFF",
            "--max-connections=300",
            "--sql-mode=STRICT_TRANS_TABLES",
            *self.options,
        ]

    def answers(self) -> bool:
        return reachable(self.port) and (self.folder / "socket").exists()

    def sql(self, *statements: str) -> None:
        """Run statements as root."""
        client = require("mariadb", "mysql")
        text = "; ".join(statements)
        self.run(client, "--no-defaults", "-uroot", f"--socket={self.folder}/socket", "-e", text)

    def ask(self, query: str) -> list[tuple[str, ...]]:
        """The rows of a query, as text."""
        client = require("mariadb", "mysql")
        printed = self.run(
            client, "--no-defaults", "-uroot", f"--socket={self.folder}/socket", "-N", "-B", "-e", query
        )
        return [tuple(line.split("\t")) for line in printed.splitlines()]

    def create(self, name: str, *, charset: str = "utf8mb4") -> str:
        """Make an empty database, whatever was there, and return its URL."""
        self.sql(
            f"DROP DATABASE IF EXISTS {name}",
            f"CREATE DATABASE {name} CHARACTER SET {charset}",
            f"CREATE USER IF NOT EXISTS hongyan@'%' IDENTIFIED BY '{PASSWORD}'",
            "GRANT ALL ON *.* TO hongyan@'%'",
        )
        return f"mysql://hongyan:{IN_URL}@127.0.0.1:{self.port}/{name}"


class MariaDbPrimary(MariaDb):
    """One that writes a binary log."""

    options = ("--server-id=1", "--log-bin", "--sync-binlog=0")


class MariaDbReplica(MariaDb):
    """A copy of another one, from its beginning on."""

    options = ("--server-id=2", "--read-only")

    def follow(self, primary: MariaDb) -> None:
        login = f"MASTER_USER = 'hongyan', MASTER_PASSWORD = '{PASSWORD}', MASTER_USE_GTID = slave_pos"
        place = f"MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port}, MASTER_CONNECT_RETRY = 1"
        self.sql(f"CHANGE MASTER TO {place}, {login}", "START SLAVE")

    def fall_behind(self) -> None:
        self.sql("STOP SLAVE SQL_THREAD")

    def catch_up(self) -> None:
        self.sql("START SLAVE SQL_THREAD")

    def url(self, name: str) -> str:
        return f"mysql://hongyan:{IN_URL}@127.0.0.1:{self.port}/{name}"


class PostgreSql(ServerProcess):
    """A PostgreSQL server with a password for everybody."""

    user = "postgres"

    def prepare(self) -> None:
        initdb = require("/usr/lib/postgresql/*/bin/initdb", "initdb")
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ["--no-sync", "-U", "hongyan", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
        self.run(initdb, "-D", self.folder / "data", f"--pwfile={secret}", *options)

    def command(self) -> Sequence[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 200,
            "shared_buffers": "64MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = require("/usr/lib/postgresql/*/bin/postgres", "postgres")
        return [server, "-D", str(self.folder / "data"), *options]

    def answers(self) -> bool:
        ready = require("/usr/lib/postgresql/*/bin/pg_isready", "pg_isready")
        command = [ready, "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def stop(self) -> None:
        """Fast shutdown: what clients do is cut off."""
        import signal  # noqa: PLC0415

        self._end(signal.SIGINT)

    def create(self, name: str) -> str:
        """Make an empty database, whatever was there, and return its URL."""
        for statement in (f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"):
            self._psql(statement)
        return f"postgresql://hongyan:{IN_URL}@127.0.0.1:{self.port}/{name}"

    def _psql(self, statement: str) -> None:
        url = f"postgresql://hongyan:{IN_URL}@127.0.0.1:{self.port}/postgres"
        self.run(require("psql"), "-X", "-q", "-c", statement, url)


class PostgreSqlReplica(PostgreSql):
    """A streaming copy of another one."""

    def __init__(self, primary: PostgreSql) -> None:
        super().__init__()
        self._primary = primary

    def prepare(self) -> None:
        backup = require("/usr/lib/postgresql/*/bin/pg_basebackup", "pg_basebackup")
        url = f"postgresql://hongyan:{IN_URL}@127.0.0.1:{self._primary.port}/postgres"
        options = ["-R", "-X", "stream", "-c", "fast", "--no-sync"]
        self.run(backup, "-D", self.folder / "data", "-d", url, *options)

    def fall_behind(self) -> None:
        self._psql("SELECT pg_wal_replay_pause()")

    def catch_up(self) -> None:
        self._psql("SELECT pg_wal_replay_resume()")

    def url(self, name: str) -> str:
        return f"postgresql://hongyan:{IN_URL}@127.0.0.1:{self.port}/{name}"


class Redis(ServerProcess):
    """A Redis server that keeps nothing on disk."""

    def command(self) -> Sequence[str]:
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "save": "", "appendonly": "no"}
        return [
            require("redis-server"),
            *(part for name, value in options.items() for part in (f"--{name}", str(value))),
        ]

    def answers(self) -> bool:
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def wipe(self) -> None:
        assert self._ask(b"FLUSHALL\r\n").startswith(b"+OK")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def _ask(self, command: bytes) -> bytes:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(command)
                return connection.recv(100)
        except OSError:
            return b""


def log_of(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")
