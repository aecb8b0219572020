"""What the subcommands share: options, tables, JSON, help with examples."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from hongyan.config import RedisConfig
from hongyan.config.teamtalk.reading import layers_for
from hongyan.store import Database
from hongyan.store.opening import open_told
from hongyan.store.passwords import client_digest, hashing

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_SQLITE: Final = "sqlite:///"

json_option: Final[Callable[[F], F]] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of a table."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where people, groups and messages are, and who else works there.

    Attributes:
        url: of the database.
        redis: what original servers have to be told through.
        for_originals: whether they have to be able to check passwords.
    """

    url: str
    redis: RedisConfig = field(default_factory=RedisConfig)
    for_originals: bool = False

    def hash_password(self, password: str) -> str:
        """Make of a password what is stored of it."""
        return hashing(for_originals=self.for_originals)(client_digest(password))


def data_option(text: str) -> Callable[[F], F]:
    """Make the option that names the folder of a suite, ``data_dir``; ``text`` says what for."""
    return click.option(
        "--data",
        "data_dir",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("data"),
        envvar="HONGYAN_DATA",
        show_default=True,
        help=text,
    )


def config_option(text: str) -> Callable[[F], F]:
    """Make the option that names a file with settings, ``config_file``."""
    return click.option("--config", "config_file", type=click.Path(path_type=Path, dir_okay=False), help=text)


def database_options(command: F) -> F:
    """Add ``--data`` and ``--config``, and pass what they name as ``database``."""

    @click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="HONGYAN_DATA",
        help="The suite's data folder.  [env: HONGYAN_DATA; default: data]",
    )
    @click.option(
        "--config",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="The file that names the database: the suite's TOML, or an original's dbproxyserver.conf.",
    )
    @wraps(command)
    def with_database(*args: Any, data: Path | None, config: Path | None, **kwargs: Any) -> Any:
        return command(*args, database=database_place(data, config), **kwargs)

    return cast("F", with_database)


def database_place(data: Path | None, config: Path | None) -> Place:
    """Return where the database is.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    if config is None:
        return Place(f"{_SQLITE}{(data or Path('data')) / 'hongyan.db'}")
    return configured_database(config)


def configured_database(file: Path) -> Place:
    """Return the database that a TOML file, or an original's dbproxyserver.conf, names.

    Raises:
        ConfigError: the configuration cannot be used.
    """
    config = layers_for("db_proxy", file, os.environ).build().config.db_proxy
    return Place(config.database, config.redis, for_originals=not config.replace_legacy_passwords)


def with_database(place: Place, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Run ``work`` on the database and close it; the suite may run at the same time."""

    async def opened() -> T:
        if place.url.startswith(_SQLITE):
            Path(place.url.removeprefix(_SQLITE)).parent.mkdir(parents=True, exist_ok=True)
        database = await open_told(place.url, place.redis)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def read_from(place: Place, query: Callable[[Connection], T]) -> T:
    """Ask the database something."""
    return with_database(place, lambda opened: opened.read(query))


def write_to(place: Place, change: Callable[[Connection], T]) -> T:
    """Change something in the database, in one transaction."""
    return with_database(place, lambda opened: opened.write(change))


def examples(*lines: str) -> str:
    """Make the end of a help text: examples that click leaves as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def print_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Print rows of the same keys as a table, or as a JSON array."""
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("none", err=True)
        return
    table = Table(box=None, pad_edge=False)
    for column in rows[0]:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    output().print(table)


def print_json(data: object) -> None:
    """Print JSON for programs: one line, letters as they are."""
    click.echo(json.dumps(data, ensure_ascii=False))


def output() -> Console:
    """Return a console on standard output; what is not a terminal gets no line breaks of ours."""
    console = Console(markup=False, highlight=False, emoji=False)
    return console if console.is_terminal else Console(markup=False, highlight=False, emoji=False, width=500)


def read_password(given: str | None) -> str:
    """Return the password: as given, from standard input for ``-``, asked for if it is missing.

    Raises:
        click.UsageError: it is empty, which clients cannot log in with.
    """
    if given == "-":
        password = sys.stdin.readline().rstrip("\r\n")
    elif given is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = given
    if not password:
        raise click.UsageError("the password is empty; clients cannot log in without one")
    return password


def _cell(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
