"""``hongyan up``: the whole suite in one process."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from hongyan.cli.configuring import suite_options
from hongyan.cli.serving import addresses_table, apply_log_levels, log_level_option, ready_file_option
from hongyan.config import Layers
from hongyan.demo import DemoUser
from hongyan.suite.files import cluster_secret, suite_file
from hongyan.suite.up import run_up

SECRET: Final = ("cluster", "secret")


@click.command()
@suite_options
@ready_file_option
@click.option("--demo", is_flag=True, help="Fill an empty database with a small company to try things with.")
@log_level_option
def up(
    layers: Layers,
    data_dir: Path,
    ready_file: Path | None,
    *,
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
    if not layers.get(SECRET):
        layers.set(SECRET, cluster_secret(data_dir), str(data_dir / "cluster_secret"))
    ready_files = [suite_file(data_dir), *([ready_file] if ready_file else [])]
    run_up(layers.build().config, ready_files, demo=demo, announce=_announce)


def _announce(addresses: Mapping[str, tuple[str, int]], people: Sequence[DemoUser]) -> None:
    host, port = addresses["login_http"]
    click.echo(f"Chat in a browser: http://{host}:{port}/\n")
    click.echo(addresses_table(addresses))
    if people:
        click.echo("\nThe demo company; log in with:")
        for person in people:
            click.echo(f"  {person.name:<12} password {person.password:<8} {person.nick}")
        click.echo(
            "\nChat as one of them in a browser, or in another terminal:\n"
            f"  .venv/bin/hongyan chat --login-url http://{host}:{port} "
            f"--user {people[0].name} --password {people[0].password}"
        )
