"""Departments: what clients pull of them, and how operators make them."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.stamps import change_time
from hongyan.store.teamtalk import DEPART
from hongyan.store.texts import check_text

_MAX_NAME_CHARS = 64


class DepartmentRow(NamedTuple):
    """One department; status 0 is normal, 1 deleted."""

    department_id: int
    priority: int
    name: str
    parent_id: int
    status: int


class DepartmentChanges(NamedTuple):
    """An answer to an incremental pull: ``latest`` is the time to ask with next."""

    latest: int
    departments: list[DepartmentRow]


_COLUMNS = (
    DEPART.c.id,
    DEPART.c.priority,
    DEPART.c.departName,
    DEPART.c.parentId,
    DEPART.c.status,
)


def changed_since(connection: Connection, since: int) -> DepartmentChanges:
    """Departments that changed after ``since``, the deleted ones too."""
    changed = select(DEPART.c.updated, *_COLUMNS).where(DEPART.c.updated > since)
    latest, departments = since, []
    for updated, *values in connection.execute(changed):
        latest = max(latest, updated)
        departments.append(DepartmentRow(*values))
    return DepartmentChanges(latest, sorted(departments))


def list_departments(connection: Connection) -> list[DepartmentRow]:
    """Every department, by id."""
    rows = connection.execute(select(*_COLUMNS).order_by(DEPART.c.id))
    return [DepartmentRow(*row) for row in rows]


def add(connection: Connection, name: str, now: int, *, parent: str = "", priority: int = 0) -> int:
    """Make a department and return its id.

    Raises:
        RefusedError: the name is taken or does not fit, or there is no such parent.
    """
    check_text("a department's name", name, _MAX_NAME_CHARS)
    if _find(connection, name) is not None:
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"there is a department {name!r} already")
    stamp = change_time(connection, DEPART, now, after=1)
    row = {
        "departName": name,
        "priority": priority,
        "parentId": id_of(connection, parent) if parent else 0,
        "status": 0,
        "created": stamp,
        "updated": stamp,
    }
    return bulk.insert_row(connection, DEPART, row)


def id_of(connection: Connection, name: str) -> int:
    """The id of a department that is in use.

    Raises:
        RefusedError: there is none of this name.
    """
    found = _find(connection, name)
    if found is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no department {name!r}")
    return found


def check_in_use(connection: Connection, department_id: int) -> None:
    """Refuse a department that is not there.

    Raises:
        RefusedError: it is not, or was deleted.
    """
    used = select(DEPART.c.id).where(DEPART.c.id == department_id, DEPART.c.status == 0)
    if connection.execute(used).first() is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no department {department_id}")


def _find(connection: Connection, name: str) -> int | None:
    used = select(DEPART.c.id).where(DEPART.c.departName == name, DEPART.c.status == 0)
    found: int | None = connection.execute(used.order_by(DEPART.c.id)).scalar()
    return found
