"""Operations on departments."""

from typing import Annotated, Final

from pydantic import Field

from hongyan.administration.table import LINE, ById, Id, IdOrNone, Made, Model, Nothing, operation

DepartmentName = Annotated[str, Field(pattern=LINE, max_length=64)]
Priority = Annotated[int, Field(ge=0, le=1_000_000)]


class Department(Model):
    """A department; ``parent_id`` 0 stands at the top, lower priorities stand first."""

    id: int
    name: str
    parent_id: int
    priority: int


class Departments(Model):
    """Every department that was not deleted."""

    departments: tuple[Department, ...]


class DepartmentNew(Model):
    """A department to be made."""

    name: DepartmentName
    parent_id: IdOrNone = 0
    priority: Priority = 0


class DepartmentEdit(Model):
    """What to change of a department; what is left out stays."""

    name: DepartmentName | None = None
    parent_id: IdOrNone | None = None
    priority: Priority | None = None


class DepartmentChange(Model):
    """A change of one department."""

    id: Id
    change: DepartmentEdit


LIST: Final = operation("department.list", Nothing, Departments)
ADD: Final = operation("department.add", DepartmentNew, Made)
EDIT: Final = operation("department.edit", DepartmentChange, Department)
REMOVE: Final = operation("department.remove", ById, Nothing)
