"""``hongyan up``: the whole suite."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click
from rich.cells import set_cell_size

from hongyan.cli.configuring import suite_options
from hongyan.cli.serving import addresses_table, apply_log_levels, log_level_option, ready_file_option
from hongyan.config import Layers
from hongyan.demo import DemoUser
from hongyan.suite.files import cluster_secret, suite_file
from hongyan.suite.up import run_processes, run_up
from hongyan.wire.commands import Node

MAX_SERVERS: Final = 64
SECRET: Final = ("cluster", "secret")


@click.command()
@suite_options
@ready_file_option
@click.option("--demo", is_flag=True, help="Fill an empty database with a small company to try things with.")
@click.option(
    "--processes", is_flag=True, help="Run each server in its own process, and start what dies again."
)
@click.option(
    "--msg-servers",
    type=click.IntRange(1, MAX_SERVERS),
    default=1,
    show_default=True,
    help="With --processes: how many msg_servers. Their ports are 10 apart.",
)
@click.option(
    "--db-proxies",
    type=click.IntRange(1, MAX_SERVERS),
    default=1,
    show_default=True,
    help="With --processes: how many db_proxies, on a database server.",
)
@log_level_option
def up(
    layers: Layers,
    data_dir: Path,
    ready_file: Path | None,
    *,
    demo: bool,
    processes: bool,
    msg_servers: int,
    db_proxies: int,
    log_levels: tuple[str, ...],
) -> None:
    """Start every server on an embedded database, in one process or each in its own.

    \b
    Examples:
      hongyan up --demo
      hongyan up --host 0.0.0.0 --data /var/lib/hongyan
      hongyan up --processes --msg-servers 2
      hongyan up --port all=0 --ready-file ready.json
    """
    apply_log_levels(log_levels)
    if not layers.get(SECRET):
        layers.set(SECRET, cluster_secret(data_dir), str(data_dir / "cluster_secret"))
    ready_files = [suite_file(data_dir), *([ready_file] if ready_file else [])]
    config = layers.build().config
    if not processes:
        if msg_servers > 1 or db_proxies > 1:
            raise click.UsageError("--msg-servers and --db-proxies need --processes")
        run_up(config, ready_files, demo=demo, announce=_announce)
        return
    run_processes(
        config,
        data_dir,
        ready_files,
        counts={Node.MSG: msg_servers, Node.DB_PROXY: db_proxies},
        options=[word for level in log_levels for word in ("--log-level", level)],
        demo=demo,
        announce=_announce,
    )


def _announce(addresses: Mapping[str, tuple[str, int]], people: Sequence[DemoUser]) -> None:
    host, port = addresses["login_http"]
    click.echo(f"Chat in a browser: http://{host}:{port}/\n")
    click.echo(addresses_table(addresses))
    if people:
        click.echo("\nThe demo company; log in with:")
        for person in people:
            click.echo(f"  {set_cell_size(person.name, 12)} password {person.password:<8} {person.nick}")
        click.echo(
            "\nChat as one of them in a browser, or in another terminal:\n"
            f"  .venv/bin/hongyan chat --login-url http://{host}:{port} "
            f"--user {people[0].name} --password {people[0].password}"
        )
