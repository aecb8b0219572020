"""Puts the configuration together from what ``up`` and ``config show`` are told."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click

from hongyan.cli.common import config_option, data_option
from hongyan.config import MAX_PORT, Layers
from hongyan.config.ports import PORTS
from hongyan.config.teamtalk.reading import CONF_SUFFIX, layers_for
from hongyan.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])

HOSTS: Final = (("login", "host"), ("msg", "host"), ("msfs", "host"), ("file", "host"))
"""What ``--host`` sets: where clients are served."""

ALL: Final = "all"


def suite_options(command: F) -> F:
    """Add the options that set up the whole suite; the command gets ``layers`` and ``data_dir``."""

    @data_option("Folder of the database, the voice messages and the cluster secret; made when missing.")
    @config_option("TOML file with the settings of the roles.")
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
    @wraps(command)
    def with_layers(
        *args: Any,
        data_dir: Path,
        config_file: Path | None,
        host: str | None,
        ports: tuple[str, ...],
        **kwargs: Any,
    ) -> Any:
        layers = suite_layers(kwargs.get("role", ALL), config_file)
        add_options(layers, data_dir, host, ports)
        return command(*args, layers=layers, data_dir=data_dir, **kwargs)

    return cast("F", with_layers)


def suite_layers(role: str, config_file: Path | None) -> Layers:
    """Gather the settings of a role, or of all, from the file and the environment.

    Raises:
        ConfigError: a source cannot be read.
    """
    if config_file is None:
        layers = Layers()
        layers.add_environment(os.environ)
        return layers
    if role == ALL and config_file.suffix == CONF_SUFFIX:
        raise ConfigError(
            f"{config_file}: a {CONF_SUFFIX} is for one server; start it with: hongyan serve ROLE"
        )
    return layers_for(role, config_file, os.environ)


def add_options(layers: Layers, data_dir: Path, host: str | None, ports: tuple[str, ...]) -> None:
    """Put the options over everything else."""
    database = ("db_proxy", "database")
    if layers.get(database) is None:
        layers.set(database, f"sqlite:///{data_dir / 'hongyan.db'}", f"--data {data_dir}")
    for section, folder in (("msfs", "msfs"), ("file", "files")):
        if layers.get((section, "directory")) is None:
            layers.set((section, "directory"), str(data_dir / folder), f"--data {data_dir}")
    if host:
        for path in HOSTS:
            layers.set(path, (host,), f"--host {host}")
    for role, (port, given) in _parse_ports(ports).items():
        layers.set(PORTS[role], port, f"--port {given}")


def _parse_ports(texts: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    """Return the port of each role that was given one, and the words that gave it."""
    ports: dict[str, tuple[int, str]] = {}
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
        ports |= dict.fromkeys(PORTS if role == "all" else (role,), (int(number), given))
    return ports
