"""Times of change that no incremental pull can miss."""

from sqlalchemy import Connection, Table, func, select


def change_time(connection: Connection, table: Table, now: int, *, after: int = 0) -> int:
    """The time to write into ``updated`` of a changed row.

    A client asks for what changed since the newest time it has seen, so a change must not be
    stamped before one that was visible earlier, even when the clock was set back.

    Args:
        connection: inside the writing transaction.
        table: IMUser or IMDepart.
        now: Unix seconds.
        after: by how many seconds the stamp must pass the newest one: 0 where clients ask for
            that second and later, 1 where they ask for later ones only.
    """
    newest = connection.execute(select(func.max(table.c.updated))).scalar()
    return now if newest is None else max(now, newest + after)
