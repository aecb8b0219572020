"""``hongyan admin``: who may use the console."""

from time import time
from typing import Final

import click
from sqlalchemy import Connection

from hongyan.cli.common import (
    Place,
    database_options,
    examples,
    json_option,
    print_rows,
    read_from,
    read_password,
    write_to,
)
from hongyan.cli.deeds import noted
from hongyan.slow_hashes import slow_hash
from hongyan.store import admins

SHORTEST_PASSWORD: Final = 10

password_option = click.option(
    "--password", help=f"At least {SHORTEST_PASSWORD} characters; - reads them from standard input."
)


@click.group()
def admin() -> None:
    """Add, list and remove administrators of the console at /admin.

    There is none until one is added. An administrator is no user: chat needs an account of its own.
    Works whether or not the suite is running.
    """


@admin.command(epilog=examples("hongyan admin add root", "hongyan admin add root --password - <secret"))
@click.argument("name")
@password_option
@database_options
def add(name: str, password: str | None, database: Place) -> None:
    """Add an administrator."""
    secret = _hashed(password)

    def work(connection: Connection) -> None:
        admins.add(connection, name, secret, int(time()))
        noted(connection, "admin.add", name)

    write_to(database, work)
    click.echo(f"added the administrator {name}")


@admin.command("list", epilog=examples("hongyan admin list", "hongyan admin list --json"))
@json_option
@database_options
def list_(database: Place, *, as_json: bool) -> None:
    """List every administrator."""
    print_rows([row._asdict() for row in read_from(database, admins.list_admins)], as_json=as_json)


@admin.command(epilog=examples("hongyan admin passwd root"))
@click.argument("name")
@password_option
@database_options
def passwd(name: str, password: str | None, database: Place) -> None:
    """Give an administrator another password; open sessions of the console end."""
    secret = _hashed(password)

    def work(connection: Connection) -> None:
        admins.set_password(connection, admins.id_of(connection, name), secret, int(time()))
        noted(connection, "admin.password", name)

    write_to(database, work)
    click.echo(f"{name} has a new password")


@admin.command(epilog=examples("hongyan admin remove root"))
@click.argument("name")
@database_options
def remove(name: str, database: Place) -> None:
    """Remove an administrator; open sessions of the console end."""

    def work(connection: Connection) -> None:
        admins.remove(connection, name)
        noted(connection, "admin.remove", name)

    write_to(database, work)
    click.echo(f"removed the administrator {name}")


def _hashed(password: str | None) -> str:
    chosen = read_password(password)
    if len(chosen) < SHORTEST_PASSWORD:
        raise click.UsageError(f"the password needs {SHORTEST_PASSWORD} characters or more")
    return slow_hash(chosen)
