"""``hongyan up``: the whole suite in one process."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from hongyan.cli.serving import addresses_table, apply_log_levels, log_level_option, ready_file_option
from hongyan.config import Config, load_config, override
from hongyan.demo import DemoUser
from hongyan.suite.files import cluster_secret
from hongyan.suite.up import run_up

PORTS: Final = {
    "login_http": ("login", "http_port"),
    "login_client": ("login", "client_port"),
    "login_msg": ("login", "msg_port"),
    "msg": ("msg", "port"),
    "route": ("route", "port"),
    "db_proxy": ("db_proxy", "port"),
    "metrics": ("metrics", "port"),
}
"""What ``--port`` can set: the names of the ready file, and where the model has them."""


MAX_PORT: Final = 65535


@click.command()
@click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data"),
    envvar="HONGYAN_DATA",
    show_default=True,
    help="Folder of the database, the voice messages and the cluster secret; made when missing.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with the settings of the roles.",
)
@click.option(
    "--host",
    help="Address on which clients are served; 0.0.0.0 lets other machines in.  [default: 127.0.0.1]",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    metavar="ROLE=N",
    help=f"Port of a role, 0 for a free one; may be repeated. Roles: all, {', '.join(PORTS)}.",
)
@ready_file_option
@click.option("--demo", is_flag=True, help="Fill an empty database with a small company to try things with.")
@log_level_option
def up(
    data_dir: Path,
    config_file: Path | None,
    host: str | None,
    ports: tuple[str, ...],
    ready_file: Path | None,
    demo: bool,
    log_levels: tuple[str, ...],
) -> None:
    """Start every server on an embedded database, in one process.

    \b
    Examples:
      hongyan up --demo
      hongyan up --host 0.0.0.0 --data /var/lib/hongyan
      hongyan up --port all=0 --ready-file ready.json
    """
    apply_log_levels(log_levels)
    config = _configure(data_dir, config_file, host, ports)
    run_up(config, ready_file, demo=demo, announce=_announce)


def _announce(addresses: Mapping[str, tuple[str, int]], people: Sequence[DemoUser]) -> None:
    click.echo(addresses_table(addresses))
    if people:
        host, port = addresses["login_http"]
        click.echo("\nThe demo company; log in with:")
        for person in people:
            click.echo(f"  {person.name:<12} password {person.password:<8} {person.nick}")
        click.echo(
            f"\nChat as one of them, in another terminal:\n  .venv/bin/hongyan chat --login-url http://{host}:{port}"
            f" --user {people[0].name} --password {people[0].password}"
        )


def _configure(data_dir: Path, config_file: Path | None, host: str | None, ports: tuple[str, ...]) -> Config:
    config = load_config(config_file) if config_file else Config()
    changes: dict[str, dict[str, Any]] = {}
    if "database" not in config.db_proxy.model_fields_set:
        changes.setdefault("db_proxy", {})["database"] = f"sqlite:///{data_dir / 'hongyan.db'}"
    if not config.cluster.secret:
        changes.setdefault("cluster", {})["secret"] = cluster_secret(data_dir)
    if host:
        changes.setdefault("login", {})["host"] = (host,)
        changes.setdefault("msg", {})["host"] = (host,)
    for role, port in _parse_ports(ports).items():
        section, key = PORTS[role]
        changes.setdefault(section, {})[key] = port
    return override(config, changes)


def _parse_ports(texts: tuple[str, ...]) -> dict[str, int]:
    ports: dict[str, int] = {}
    for given in texts:
        role, _, number = given.partition("=")
        if role not in PORTS and role != "all":
            raise click.BadParameter(
                f"{given!r}: the role is one of all, {', '.join(PORTS)}", param_hint="--port"
            )
        if not number.isdigit() or int(number) > MAX_PORT:
            raise click.BadParameter(f"{given!r}: the port is a number from 0 to 65535", param_hint="--port")
        if role == "all" and int(number) != 0:
            raise click.BadParameter(
                "all=0 takes free ports; roles cannot share another", param_hint="--port"
            )
        ports |= dict.fromkeys(PORTS, 0) if role == "all" else {role: int(number)}
    return ports
