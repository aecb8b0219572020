"""Departments."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter

from hongyan.administration import departments
from hongyan.administration.departments import (
    Department,
    DepartmentChange,
    DepartmentEdit,
    DepartmentNew,
    Departments,
)
from hongyan.administration.table import ById, Made, Nothing
from hongyan.roles.http_msg.api.asking import Asker, may
from hongyan.roles.http_msg.api.parameters import DepartmentId

router = APIRouter(prefix="/departments", tags=["departments"])
Writer = Annotated[Asker, may("departments:write")]


@router.get("")
async def list_departments(asker: Annotated[Asker, may("departments:read")]) -> Departments:
    """List the departments."""
    return await asker.call(departments.LIST, Nothing())


@router.post("", status_code=HTTPStatus.CREATED)
async def add_department(asker: Writer, department: DepartmentNew) -> Made:
    """Make a department."""
    return await asker.call(departments.ADD, department)


@router.patch("/{department_id}")
async def edit_department(asker: Writer, department_id: DepartmentId, change: DepartmentEdit) -> Department:
    """Change a department."""
    return await asker.call(departments.EDIT, DepartmentChange(id=department_id, change=change))


@router.delete("/{department_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_department(asker: Writer, department_id: DepartmentId) -> None:
    """Remove a department that has neither departments nor users."""
    await asker.call(departments.REMOVE, ById(id=department_id))
