"""``hongyan db``: the database itself."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import time
from typing import Final

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from hongyan.cli.common import (
    Place,
    configured_database,
    database_options,
    examples,
    json_option,
    print_rows,
    with_database,
    write_to,
)
from hongyan.errors import HongyanError
from hongyan.store import Database
from hongyan.store.checking import Finding, check
from hongyan.store.copying import TableCount, copy
from hongyan.store.migrations import REVISIONS
from hongyan.store.repairing import repair

_URL: Final = "://"


@click.group()
def db() -> None:
    """Make, check and copy the database.

    Works on every engine: SQLite, MariaDB, MySQL, PostgreSQL.
    """


@db.command(epilog=examples("hongyan db migrate --config hongyan.toml"))
@database_options
def migrate(database: Place) -> None:
    """Make the tables, or bring them up to date; every server does it too when it starts."""

    async def work(opened: Database) -> str:
        return opened.dialect

    engine = with_database(database, work)
    click.echo(f"the {engine} database is at schema revision {REVISIONS[-1]}")


@db.command("check", epilog=examples("hongyan db check", "hongyan db check --repair --config hongyan.toml"))
@click.option("--repair", "mend", is_flag=True, help="Mend what can be mended, after asking for a backup.")
@click.option("--yes", is_flag=True, help="There is a backup; do not ask.")
@json_option
@database_options
def check_(database: Place, *, mend: bool, yes: bool, as_json: bool) -> None:
    """Look for what original servers leave behind; exit code 1 when something was found.

    Rows that stand there twice, numbers given twice or missing, sessions of users that are gone,
    counts that are wrong. With --repair nothing that anybody wrote is deleted.
    """

    async def look(opened: Database) -> list[Finding]:
        return await opened.read(check)

    findings = with_database(database, look)
    if mend and any(finding.mendable for finding in findings):
        if not yes:
            click.confirm(
                "Is there a backup of this database, and is no server running?", abort=True, err=True
            )
        mended = write_to(database, partial(repair, now=int(time())))
        click.echo(f"mended {mended} rows and conversations", err=True)
        findings = with_database(database, look)
    print_rows([_row(finding) for finding in findings], as_json=as_json)
    if any(finding.mendable for finding in findings):
        raise HongyanError("the database is damaged; hongyan db check --repair mends it")


@db.command(
    "copy",
    epilog=examples(
        "hongyan db copy sqlite:///data/hongyan.db hongyan.toml",
        "hongyan db copy hongyan.toml sqlite:///copy.db",
    ),
)
@click.argument("source")
@click.argument("target")
@json_option
def copy_(source: str, target: str, *, as_json: bool) -> None:
    """Copy everything from SOURCE into the empty TARGET, of the same engine or another.

    Each is a URL, or a configuration file that names the database, which keeps passwords off the
    command line. No server may be running on either.
    """

    async def copied(opened: Database) -> list[TableCount]:
        return await _into(opened, _place(target).url)

    counts = with_database(_place(source), copied)
    print_rows([count._asdict() for count in counts], as_json=as_json)
    different = [count.table for count in counts if count.source != count.target]
    if different:
        raise HongyanError(f"not all rows were copied of {', '.join(different)}; was a server running?")


async def _into(source: Database, place: str) -> list[TableCount]:
    from hongyan.store import open_database  # noqa: PLC0415 - beside with_database, which opens the other

    target = await open_database(place)
    try:
        with _progress() as bar:
            return await copy(source, target, _shown_in(bar))
    finally:
        await target.close()


def _progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415 - only here

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True))


def _shown_in(bar: Progress) -> Callable[[str, int, int], None]:
    rows: dict[str, TaskID] = {}

    def show(table: str, total: int, done: int) -> None:
        if table not in rows:
            rows[table] = bar.add_task(table, total=total)
        bar.update(rows[table], completed=done)

    return show


def _place(given: str) -> Place:
    return Place(given) if _URL in given else configured_database(Path(given))


def _row(finding: Finding) -> dict[str, object]:
    row: dict[str, object] = finding._asdict()
    row["mendable"] = "yes" if finding.mendable else "no"
    row["samples"] = list(finding.samples)
    return row
