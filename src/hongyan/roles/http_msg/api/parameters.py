"""Parameters that many requests of the API have."""

from typing import Annotated, TypeVar

from fastapi import Path, Query

A = TypeVar("A")
Arguments = Annotated[A, Query()]
"""The arguments of an operation, as a query."""
MAX_ID = 2**32 - 1
UserId = Annotated[int, Path(ge=1, le=MAX_ID)]
GroupId = Annotated[int, Path(ge=1, le=MAX_ID)]
DepartmentId = Annotated[int, Path(ge=1, le=MAX_ID)]
EntryId = Annotated[int, Path(ge=1, le=MAX_ID)]
PeerId = Annotated[int, Path(ge=1, le=MAX_ID)]
DeviceClass = Annotated[str, Path(pattern=r"^(pc|mobile|kind:[^\x00-\x1f\x7f/]{1,16})$")]
WebhookId = Annotated[int, Path(ge=1, le=MAX_ID)]
