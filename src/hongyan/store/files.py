"""Files that wait on the file server for a user who was away."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store.teamtalk import TRANSMIT_FILE

_MAX_NAME_CHARS = 500
_MAX_TASK_CHARS = 100


class OfflineFile(NamedTuple):
    """A file that can be fetched under its task id."""

    sender: int
    task_id: str
    name: str
    size: int


def waiting(connection: Connection, user_id: int) -> list[OfflineFile]:
    """The files that wait for a user, oldest first."""
    file = TRANSMIT_FILE.c
    rows = connection.execute(
        select(file.fromId, file.taskId, file.fileName, file.size)
        .where(file.toId == user_id, file.status == 0)
        .order_by(file.created, file.id)
    )
    return [OfflineFile(*row) for row in rows]


def add(connection: Connection, receiver: int, file: OfflineFile, now: int) -> None:
    """Note that a file waits for the receiver.

    Raises:
        RefusedError: the name or the task id is too long.
    """
    if len(file.name) > _MAX_NAME_CHARS or len(file.task_id) > _MAX_TASK_CHARS:
        raise RefusedError(ErrorCode.TOO_LARGE, "the file's name or task id is too long")
    row = {
        "fromId": file.sender,
        "toId": receiver,
        "fileName": file.name,
        "size": file.size,
        "taskId": file.task_id,
        "status": 0,
        "created": now,
        "updated": now,
    }
    connection.execute(insert(TRANSMIT_FILE).values(row))


def delete_file(connection: Connection, sender: int, receiver: int, task_id: str) -> bool:
    """Forget a file; False when none of this sender, receiver and task waits."""
    file = TRANSMIT_FILE.c
    result = connection.execute(
        delete(TRANSMIT_FILE).where(file.fromId == sender, file.toId == receiver, file.taskId == task_id)
    )
    return bool(result.rowcount)
