"""``hongyan status``: what runs, who is linked to whom, and how busy they are."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from time import time
from typing import Any, Final

import click

from hongyan.cli.common import data_option, examples, json_option, print_json, print_rows
from hongyan.errors import BackendError
from hongyan.suite.asking import fetch_status, metrics_url
from hongyan.suite.status import ProcessStatus

MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86400


@click.command(
    epilog=examples(
        "hongyan status",
        "hongyan status --data /var/lib/hongyan --json",
        "hongyan status --url http://127.0.0.1:8794 --url http://127.0.0.1:8795",
    )
)
@data_option("Folder of a suite that runs.")
@click.option(
    "--url",
    "urls",
    multiple=True,
    help="The metrics address of a server in its own process, instead of --data; may be repeated.",
)
@json_option
def status(data_dir: Path, urls: tuple[str, ...], *, as_json: bool) -> int:
    """Show the servers, links, users and loads of a running suite.

    The exit code is 1 when a server does not answer, or is just being started again.
    """
    processes: list[ProcessStatus] = []
    silent = False
    for url in urls or (metrics_url(data_dir),):
        try:
            processes += fetch_status(url)["processes"]
        except BackendError as error:
            silent = True
            click.echo(f"hongyan: {error}", err=True)
    if as_json:
        print_json({"processes": processes})
    else:
        _print(processes)
    return 1 if silent or any(not process["pid"] for process in processes) else 0


def _print(processes: list[ProcessStatus]) -> None:
    if servers := list(_servers(processes)):
        print_rows(servers, as_json=False)
    if links := list(_links(processes)):
        click.echo()
        print_rows(links, as_json=False)


def _servers(processes: list[ProcessStatus]) -> Iterator[dict[str, object]]:
    for process in processes:
        for role in process["roles"]:
            yield {
                "server": process["name"] or role["role"],
                "pid": process["pid"] or "down",
                "up": _duration(time() - process["started"]) if process["pid"] else "",
                "restarts": process["restarts"],
                "addresses": ", ".join(role["addresses"].values()),
                "load": _load(role["role"], role["load"]),
            }


def _links(processes: list[ProcessStatus]) -> Iterator[dict[str, Any]]:
    """Give each link a row; one inside a process has two ends there, and still one row."""
    for process in processes:
        shown: set[tuple[str, str]] = set()
        for link in process["links"]:
            peer = link["name"].partition(" at ")[2]
            if not peer and (link["remote"], link["role"]) in shown:
                continue
            shown.add((link["role"], link["remote"]))
            yield {
                "link of": process["name"] or link["role"],
                "with": link["remote"],
                "at": peer or "the same process",
                "open": _duration(time() - link["since"]),
            }


def _load(role: str, load: Mapping[str, float]) -> str:
    """Write the gauges without the role's name, and without bounds."""
    shown = {name.removeprefix(f"{role}_"): value for name, value in load.items() if "_max_" not in name}
    return ", ".join(f"{value:g} {name.replace('_', ' ')}" for name, value in shown.items())


def _duration(seconds: float) -> str:
    """Write a duration in its largest units."""
    whole = max(0, int(seconds))
    for size, unit, smaller, small_unit in (
        (DAY_S, "d", HOUR_S, "h"),
        (HOUR_S, "h", MINUTE_S, "min"),
        (MINUTE_S, "min", 1, "s"),
    ):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {small_unit}"
    return f"{whole} s"
