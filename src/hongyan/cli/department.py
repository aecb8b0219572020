"""``hongyan department``: the tree that users stand in."""

from functools import partial
from time import time

import click

from hongyan.cli.common import Place, database_options, examples, json_option, print_rows, read_from, write_to
from hongyan.cli.deeds import noting
from hongyan.store import departments
from hongyan.store.departments import DepartmentRow


@click.group()
def department() -> None:
    """Add and list departments.

    Works whether or not the suite is running; a running suite sees the change at once.
    """


@department.command(
    epilog=examples("hongyan department add Company", "hongyan department add Sales --parent Company")
)
@click.argument("name")
@click.option("--parent", default="", help="The department that it belongs to.")
@click.option("--priority", type=click.IntRange(min=0), default=0, help="Lower ones stand first in clients.")
@database_options
def add(name: str, parent: str, priority: int, database: Place) -> None:
    """Add a department."""
    change = partial(departments.add, name=name, now=int(time()), parent=parent, priority=priority)
    work = noting("department.add", name, change)
    made = write_to(database, work)
    click.echo(f"added {name} with id {made}")


@department.command("list", epilog=examples("hongyan department list", "hongyan department list --json"))
@json_option
@database_options
def list_(database: Place, *, as_json: bool) -> None:
    """List every department."""
    print_rows(_rows(read_from(database, departments.list_departments)), as_json=as_json)


def _rows(found: list[DepartmentRow]) -> list[dict[str, object]]:
    names = {row.department_id: row.name for row in found}
    return [
        {
            "department_id": row.department_id,
            "name": row.name,
            "parent": names.get(row.parent_id, ""),
            "priority": row.priority,
            "status": "deleted" if row.status else "active",
        }
        for row in found
    ]
