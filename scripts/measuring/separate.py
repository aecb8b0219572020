"""login, msg, route and db_proxy as four processes over TCP, on MariaDB and Redis."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from .ports import free_ports
from .servers import mariadb, redis
from .suite import Suite, add_users_with, started

ROLES: Final = ("db_proxy", "route", "login", "msg")
PORTS: Final = ("login_http", "login_client", "login_msg", "route", "db_proxy", "msg")
_CONFIG: Final = """\
[cluster]
secret = "of a suite that is thrown away"
[login]
http_port = {login_http}
client_port = {login_client}
msg_port = {login_msg}
[msg]
port = {msg}
websocket = false
db_proxies = ["127.0.0.1:{db_proxy}", "127.0.0.1:{db_proxy}"]
login_servers = ["127.0.0.1:{login_msg}"]
route_servers = ["127.0.0.1:{route}"]
[route]
port = {route}
[db_proxy]
port = {db_proxy}
database = "{database}"
[db_proxy.redis]
url = "{redis}"
[metrics]
port = 0
"""


@contextmanager
def separate(folder: Path, prefix: str, users: int) -> Iterator[Suite]:
    """Run the four processes with some users."""
    with ExitStack() as stack:
        database, cache = stack.enter_context(mariadb(folder)), stack.enter_context(redis(folder))
        ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        config = folder / "hongyan.toml"
        config.write_text(_CONFIG.format(database=database, redis=cache, **ports))
        add_users_with(["--config", str(config)], prefix, users)
        pids = [
            stack.enter_context(started(["serve", role, "--config", str(config)], folder, role)).pid
            for role in ROLES
        ]
        yield Suite(f"http://127.0.0.1:{ports['login_http']}", tuple(pids), folder, 0.0)
