"""Departments: listed and changed."""

from hongyan.administration import departments
from hongyan.administration.departments import Department, DepartmentChange, DepartmentNew, Departments
from hongyan.administration.table import ById, Caller, Made, Nothing
from hongyan.roles.db_proxy.administration.desk import Desk, deed
from hongyan.roles.db_proxy.backend import now
from hongyan.store import department_changes
from hongyan.store.department_changes import DepartmentEdit
from hongyan.store.departments import DepartmentRow, list_departments


class DepartmentOperations:
    """Serves ``department.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.on(departments.LIST, self._list)
        desk.on(departments.ADD, self._add)
        desk.on(departments.EDIT, self._edit)
        desk.on(departments.REMOVE, self._remove)

    async def _list(self, _arguments: Nothing, _caller: Caller) -> Departments:
        rows = await self._desk.read(list_departments)
        return Departments(departments=tuple(_department(row) for row in rows if not row.status))

    async def _add(self, arguments: DepartmentNew, caller: Caller) -> Made:
        new = arguments.name, arguments.parent_id, arguments.priority
        done = deed(departments.ADD, arguments, caller)
        return Made(id=await self._desk.change(done, lambda c: department_changes.add(c, *new, now())))

    async def _edit(self, arguments: DepartmentChange, caller: Caller) -> Department:
        change = DepartmentEdit(**arguments.change.model_dump())
        done = deed(departments.EDIT, arguments, caller, arguments.id)
        return _department(
            await self._desk.change(done, lambda c: department_changes.edit(c, arguments.id, change, now()))
        )

    async def _remove(self, arguments: ById, caller: Caller) -> Nothing:
        done = deed(departments.REMOVE, arguments, caller, arguments.id)
        await self._desk.change(done, lambda c: department_changes.remove(c, arguments.id, now()))
        return Nothing()


def _department(row: DepartmentRow) -> Department:
    return Department(id=row.department_id, name=row.name, parent_id=row.parent_id, priority=row.priority)
