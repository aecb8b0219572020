"""``hongyan serve``: one role in its own process."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import click

from hongyan.cli.serving import addresses_table, apply_log_levels, log_level_option, ready_file_option
from hongyan.config.teamtalk.reading import layers_for
from hongyan.suite.serve import run_serve

ROLES = ("login", "msg", "route", "db_proxy", "http_msg", "push", "file", "msfs")


@click.command()
@click.argument("role", type=click.Choice(ROLES))
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="TOML file, of which the role's section, [cluster] and [metrics] are read, or an original's .conf.",
)
@ready_file_option
@click.option(
    "--supervised",
    is_flag=True,
    help="For supervisors: stop when standard input ends, and say on standard output, in one line of JSON, "
    "where the server listens when it is ready.",
)
@log_level_option
def serve(
    role: str,
    config_file: Path,
    ready_file: Path | None,
    log_levels: tuple[str, ...],
    *,
    supervised: bool,
) -> None:
    """Start one server in its own process, linked to the others over TCP.

    The .conf of an original server is taken as it is. Originals know no cluster secret, so without
    HONGYAN_CLUSTER__SECRET this machine and the servers that the file names are trusted by address;
    HONGYAN_CLUSTER__TRUSTED_PEERS names others.

    \b
    Examples:
      hongyan serve msg --config msg.toml
      hongyan serve msg --config msgserver.conf
    """
    apply_log_levels(log_levels)
    run_serve(
        layers_for(role, config_file, os.environ).build().config,
        role,
        ready_file,
        announce=_tell_supervisor if supervised else lambda found: click.echo(addresses_table(found)),
        ends_with_input=supervised,
    )


def _tell_supervisor(addresses: Mapping[str, tuple[str, int]]) -> None:
    click.echo(json.dumps(dict(addresses)))
