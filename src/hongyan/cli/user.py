"""``hongyan user``: the people who may log in."""

from functools import partial
from pathlib import Path
from time import time
from typing import Any, Final, TypeVar

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
from hongyan.cli.deeds import noted, noting
from hongyan.errors import HongyanError
from hongyan.store import accounts, departments
from hongyan.store.accounts import Account, NewUser
from hongyan.store.passwords import hashing
from hongyan.store.user_import import UserFile, add_all, parse_sex

T = TypeVar("T")

LARGEST_COUNT: Final = 1_000_000

password_option = click.option("--password", help="The password; - reads it from standard input.")


class SexType(click.ParamType[int]):
    """The sex of a user, in words or as the number of the protocol."""

    name = "male|female|unknown"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the word."""
        try:
            return parse_sex(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
def user() -> None:
    """Add, list and change users.

    Works whether or not the suite is running; a running suite sees the change at once.
    """


@user.command(
    epilog=examples(
        "hongyan user add anna --password secret --nick Anna --department Sales",
        "echo secret | hongyan user add 王伟 --password - --sex male",
        "hongyan user add load --count 1000 --password load      load1 to load1000",
    )
)
@click.argument("name")
@password_option
@click.option("--nick", default="", help="The name that others see.  [default: NAME]")
@click.option("--department", default="", help="An existing department.")
@click.option("--phone", default="")
@click.option("--email", default="")
@click.option("--sex", type=SexType(), default="unknown", help="male, female or unknown.")
@click.option(
    "--count",
    type=click.IntRange(1, LARGEST_COUNT),
    help="Make NAME1 to NAME<COUNT>, all with this password; for load tests.",
)
@database_options
def add(
    name: str, password: str | None, department: str, count: int | None, database: Place, **fields: Any
) -> None:
    """Add a user, or many like it."""
    secret = database.hash_password(read_password(password))
    names = [name] if count is None else [f"{name}{number}" for number in range(1, count + 1)]

    def work(connection: Connection) -> int:
        place = departments.id_of(connection, department) if department else 0
        rows = [NewUser(each, secret, department_id=place, **fields) for each in names]
        return accounts.add_users(connection, rows, int(time()))

    target = name if count is None else f"{names[0]} to {names[-1]}"
    made = write_to(database, noting("user.add", target, work))
    click.echo(f"added {name}" if count is None else f"added {made} users, {target}")


@user.command("list", epilog=examples("hongyan user list", "hongyan user list --json | jq '.[].name'"))
@json_option
@database_options
def list_(database: Place, *, as_json: bool) -> None:
    """List every user."""
    print_rows([_row(account) for account in read_from(database, accounts.list_accounts)], as_json=as_json)


@user.command(epilog=examples("hongyan user passwd anna", "hongyan user passwd anna --password secret"))
@click.argument("name")
@password_option
@database_options
def passwd(name: str, password: str | None, database: Place) -> None:
    """Give a user another password. Connections that are open stay so."""
    secret = database.hash_password(read_password(password))
    change = partial(accounts.set_password, name=name, slow_hash=secret, now=int(time()))
    write_to(database, noting("user.password", name, change))
    click.echo(f"{name} has a new password")


@user.command(epilog=examples("hongyan user disable anna"))
@click.argument("name")
@database_options
def disable(name: str, database: Place) -> None:
    """Let a user log in no more; what was written stays.

    Connections that are open stay so; disabling in the admin console or over the HTTP API ends them, too.
    """
    change = partial(accounts.disable, name=name, now=int(time()))
    write_to(database, noting("user.edit", name, change, '{"active": false}'))
    click.echo(f"{name} cannot log in any more")
    click.echo("connections that are open stay so; the admin console or the HTTP API ends them", err=True)


@user.command(
    "import",
    epilog=examples(
        "hongyan user import people.csv --dry-run",
        "",
        "people.csv:",
        "  name,password,nick,department,phone,email,sex",
        "  anna,secret,Anna,Sales,13800000000,anna@example.org,female",
    ),
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Check everything and change nothing.")
@database_options
def import_(file: Path, database: Place, *, dry_run: bool) -> None:
    """Add the users of a CSV file: all of them, or none if a line is wrong.

    The first line names the columns: name and password, and any of nick, department, phone, email, sex.
    """
    users = UserFile.read(file)
    users.hash_passwords(hashing(for_originals=database.for_originals))

    def work(connection: Connection) -> list[str]:
        faults = add_all(connection, users, int(time()), dry_run=dry_run)
        if not faults and not dry_run:
            noted(connection, "user.import", file.name, f"{len(users.rows)} users")
        return faults

    faults = write_to(database, work)
    if faults:
        for fault in faults:
            click.echo(f"{file}:{fault}", err=True)
        raise HongyanError(f"{len(faults)} faults; nothing was imported")
    click.echo(f"{len(users.rows)} users {'would be imported' if dry_run else 'imported'}")


def _row(account: Account) -> dict[str, object]:
    row: dict[str, object] = account._asdict()
    row["sex"] = {1: "male", 2: "female"}.get(account.sex, "unknown")
    row["status"] = "disabled" if account.status else "active"
    return row
