"""Changing the tree of departments, as administrators do it."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.departments import DepartmentRow, check_in_use, list_departments
from hongyan.store.stamps import change_time
from hongyan.store.teamtalk import DEPART, USER
from hongyan.store.users import LEFT

_DELETED = 1


class DepartmentEdit(NamedTuple):
    """What to change; None stays as it is."""

    name: str | None = None
    parent_id: int | None = None
    priority: int | None = None


def add(connection: Connection, name: str, parent_id: int, priority: int, now: int) -> int:
    """Make a department below another one, or at the top for 0, and return its id.

    Raises:
        RefusedError: the name is taken among its siblings, or there is no such parent.
    """
    if parent_id:
        check_in_use(connection, parent_id)
    _check_free(connection, name, parent_id, but=0)
    stamp = change_time(connection, DEPART, now, after=1)
    row = {"departName": name, "priority": priority, "parentId": parent_id, "status": 0}
    return bulk.insert_row(connection, DEPART, {**row, "created": stamp, "updated": stamp})


def edit(connection: Connection, department_id: int, change: DepartmentEdit, now: int) -> DepartmentRow:
    """Rename, move or reorder a department.

    Raises:
        RefusedError: no such department or parent, the name is taken there, or it would lie below itself.
    """
    tree = {row.department_id: row for row in list_departments(connection) if row.status != _DELETED}
    if department_id not in tree:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no department {department_id}")
    old = tree[department_id]
    name = old.name if change.name is None else change.name
    parent_id = old.parent_id if change.parent_id is None else change.parent_id
    priority = old.priority if change.priority is None else change.priority
    _check_parent(tree, department_id, parent_id)
    _check_free(connection, name, parent_id, but=department_id)
    stamp = change_time(connection, DEPART, now, after=1)
    values = {"departName": name, "parentId": parent_id, "priority": priority, "updated": stamp}
    connection.execute(update(DEPART).where(DEPART.c.id == department_id).values(values))
    return DepartmentRow(department_id, priority, name, parent_id, 0)


def remove(connection: Connection, department_id: int, now: int) -> None:
    """Delete a department that is empty; clients hear of it at their next pull.

    Raises:
        RefusedError: there is none, or departments or users are in it.
    """
    check_in_use(connection, department_id)
    below = select(func.count()).where(DEPART.c.parentId == department_id, DEPART.c.status == 0)
    if connection.execute(below).scalar():
        raise RefusedError(ErrorCode.NOT_ALLOWED, "there are departments below it; move or delete them first")
    status = func.coalesce(USER.c.status, 0)
    inside = select(func.count()).where(USER.c.departId == department_id, status != LEFT)
    if connection.execute(inside).scalar():
        raise RefusedError(ErrorCode.NOT_ALLOWED, "there are users in it; move them first")
    stamp = change_time(connection, DEPART, now, after=1)
    gone = update(DEPART).where(DEPART.c.id == department_id).values(status=_DELETED, updated=stamp)
    connection.execute(gone)


def _check_parent(tree: dict[int, DepartmentRow], department_id: int, parent_id: int) -> None:
    if parent_id and parent_id not in tree:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no department {parent_id}")
    above, seen = parent_id, {0}
    while above not in seen:
        if above == department_id:
            raise RefusedError(ErrorCode.NOT_ALLOWED, "a department cannot lie below itself")
        seen.add(above)
        above = tree[above].parent_id if above in tree else 0


def _check_free(connection: Connection, name: str, parent_id: int, *, but: int) -> None:
    same = select(DEPART.c.id).where(
        DEPART.c.departName == name, DEPART.c.status == 0, DEPART.c.id != but, DEPART.c.parentId == parent_id
    )
    if connection.execute(same).first() is not None:
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"there is a department {name!r} already")
