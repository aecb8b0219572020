"""Options that ``up`` and ``serve`` share."""

from collections.abc import Mapping
from pathlib import Path

import click

from hongyan import logs

DESCRIPTIONS = {
    "login_http": "the web client, and /admin; other clients ask here for a msg_server",
    "login_client": "the same over TCP",
    "login_msg": "msg_servers report here",
    "msg": "clients chat here",
    "msg_ws": "the same by WebSocket, for browsers",
    "route": "between msg_servers",
    "db_proxy": "the database server",
    "http_msg": "the HTTP API; a page to try it at /api/docs",
    "push": "pushes to phones",
    "file": "file transfers",
    "file_msg": "msg_servers ask for them here",
    "msfs": "images, voice and avatars (HTTP)",
    "metrics": "counters for Prometheus, /metrics",
}

ready_file_option = click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON file with every address; it appears when all of them accept connections.",
)
log_level_option = click.option(
    "--log-level",
    "log_levels",
    multiple=True,
    metavar="[ROLE=]LEVEL",
    help="debug, info, warning or error; for one role as in msg=debug; may be repeated.  [default: info]",
)


def apply_log_levels(texts: tuple[str, ...]) -> None:
    """Configure logging from ``--log-level`` values."""
    logs.configure(logs.parse_levels(texts))


def addresses_table(addresses: Mapping[str, tuple[str, int]]) -> str:
    """Say where everything listens."""
    lines = ["Hongyan is ready:"]
    for name, (host, port) in addresses.items():
        lines.append(f"  {name:<13} {f'{host}:{port}':<22} {DESCRIPTIONS.get(name, '')}")
    lines.append("Stop it with Ctrl-C.")
    return "\n".join(lines)
