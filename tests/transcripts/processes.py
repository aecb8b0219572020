"""One role alone, as a process that trusts the test as it would trust original servers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measuring.ports import free_ports

from acceptance.suite import START_DEADLINE_S, Server, accepts, wait_until

CONFIG = """\
[cluster]
secret = "transcripts are replayed"
trusted_peers = ["127.0.0.1"]
[login]
http_port = {login_http}
client_port = {login_client}
msg_port = {login}
[msg]
port = {msg}
websocket = false
db_proxies = ["127.0.0.1:{db_proxy}", "127.0.0.1:{db_proxy}"]
db_connections = 2
login_servers = ["127.0.0.1:{login}"]
route_servers = ["127.0.0.1:{route}"]
file_servers = ["127.0.0.1:{file_msg}"]
push_servers = ["127.0.0.1:{push}"]
[msg.limits]
login_wait_s = 3600
[route]
port = {route}
[file]
port = {file}
msg_port = {file_msg}
directory = "{files}"
public_addresses = ["127.0.0.1:8600"]
[push]
port = {push}
[db_proxy]
port = {db_proxy}
database = "{database}"
replace_legacy_passwords = false
[http_msg]
port = {http_msg}
db_proxies = ["127.0.0.1:{db_proxy}"]
route_servers = ["127.0.0.1:{route}"]
[metrics]
port = {metrics}
"""
NAMES = (
    "login_http",
    "login_client",
    "login",
    "msg",
    "route",
    "db_proxy",
    "file",
    "file_msg",
    "http_msg",
    "push",
    "metrics",
)


class Process:
    """A role that runs; its neighbours' ports are the test's."""

    def __init__(self, role: str, folder: Path, settings: str, database: str) -> None:
        self.ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        config = folder / f"{role}.toml"
        text = CONFIG.format(**self.ports, database=database, files=folder / "files")
        config.write_text(text + settings, encoding="utf-8")
        self.server = Server(role, ["serve", role, "--config", str(config)], folder)
        self._port = self.ports[role]  # of login_server, the port that it opens last

    def start(self) -> None:
        self.server.launch()
        wait_until(self._is_up_or_dead, START_DEADLINE_S, self.server.name)
        assert self.server.alive, self.server.log_tail()

    def _is_up_or_dead(self) -> bool:
        return accepts(self._port) or not self.server.alive


@contextmanager
def running(role: str, folder: Path, settings: str = "", database: str = "") -> Iterator[Process]:
    """Make the process, which whoever uses it starts, and end it; ``settings`` are more TOML."""
    process = Process(role, folder, settings, database or f"sqlite:///{folder / 'hongyan.db'}")
    try:
        yield process
        assert process.server.alive, process.server.log_tail()
        assert not process.server.tracebacks(), process.server.log_tail()
    finally:
        process.server.kill()
