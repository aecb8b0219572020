"""``hongyan serve``: one role in its own process."""

from pathlib import Path

import click

from hongyan.cli.serving import addresses_table, apply_log_levels, log_level_option, ready_file_option
from hongyan.config import load_config
from hongyan.suite.serve import run_serve

ROLES = ("login", "msg", "route", "db_proxy")


@click.command()
@click.argument("role", type=click.Choice(ROLES))
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="TOML file; the role's own section, [cluster] and [metrics] are read.",
)
@ready_file_option
@log_level_option
def serve(role: str, config_file: Path, ready_file: Path | None, log_levels: tuple[str, ...]) -> None:
    """Start one server in its own process, linked to the others over TCP.

    \b
    Example:
      hongyan serve msg --config msg.toml
    """
    apply_log_levels(log_levels)
    run_serve(
        load_config(config_file),
        role,
        ready_file,
        announce=lambda addresses: click.echo(addresses_table(addresses)),
    )
