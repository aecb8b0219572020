"""Statements that go to the driver itself: SQLAlchemy's own way costs more than the driver's work.

What is written may wait for more: MySQL's protocol takes many statements in one text, and each
that goes by itself costs the interpreter a wait for its answer.
"""

from asyncio import CancelledError
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")
Params = Sequence[Any]
"""The values of many rows in one flat sequence, row after row."""

_TOGETHER: Final = "hongyan.together"
_MOST_TOGETHER_CHARS: Final = 1 << 19
"""More leaves in several goes, far below what a server takes (``max_allowed_packet``)."""


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Let what is written in the block leave at its end, in one round trip where the protocol can do that.

    So errors come at the end, too, and nothing in the block may read what it has written.
    """
    if not _is_mysql(connection):
        yield
        return
    # The connection itself may break meanwhile.
    info = connection.info
    waiting: list[str] = []
    info[_TOGETHER] = waiting
    try:
        yield
    finally:
        del info[_TOGETHER]
    _send(connection, waiting)


def write(connection: Connection, text: str, params: Params) -> None:
    """Run a statement that only writes; inside ``together`` it is sent later."""
    if not _is_mysql(connection):
        _execute(connection, text, params, _nothing)
        return
    waiting: list[str] | None = connection.info.get(_TOGETHER)
    statements = [] if waiting is None else waiting
    statements.append(_filled(connection, text, params))
    if waiting is None or sum(map(len, waiting)) > _MOST_TOGETHER_CHARS:
        _send(connection, statements)


def _send(connection: Connection, statements: list[str]) -> None:
    """Send statements that are whole, in one go, and hear of each what became of it."""
    if statements:
        _execute(connection, ";\n".join(statements), None, partial(_all_done, len(statements)))
        statements.clear()


def _all_done(statements: int, cursor: Any) -> None:
    for _ in range(statements - 1):
        cursor.nextset()


def read(connection: Connection, text: str, params: Params) -> Sequence[Sequence[Any]]:
    """Run a statement and return the rows that it finds."""
    if _is_mysql(connection):
        return _execute(connection, _filled(connection, text, params), None, _all_rows)
    return _execute(connection, text, params, _all_rows)


def _execute(connection: Connection, text: str, params: Params | None, take: Callable[[Any], T]) -> T:
    cursor = connection.connection.cursor()
    try:
        if params is None:
            cursor.execute(text)
        else:
            cursor.execute(text, params)
        taken = take(cursor)
    except CancelledError:
        # The rest of the answer is on its way, and would be taken for that of the next statement.
        connection.invalidate()
        raise
    except connection.dialect.loaded_dbapi.Error as error:
        raise _wrapped(connection, error) from error
    cursor.close()
    return taken


def _is_mysql(connection: Connection) -> bool:
    return connection.dialect.name in ("mysql", "mariadb")


def _filled(connection: Connection, text: str, params: Params) -> str:
    """Put the values in, each as the driver quotes it; for a number, too, it would call three functions."""
    quoted = connection.connection.driver_connection.literal  # type: ignore[union-attr] # asyncmy's
    return text % tuple([value if type(value) is int else quoted(value) for value in params])


def _nothing(_cursor: Any) -> None:
    """What a statement that only writes leaves to take."""


def _all_rows(cursor: Any) -> Sequence[Sequence[Any]]:
    rows: Sequence[Sequence[Any]] = cursor.fetchall()
    return rows


def _wrapped(connection: Connection, error: Exception) -> BaseException:
    """The error as SQLAlchemy would raise it; a connection that broke is not used again."""
    dialect = connection.dialect
    broken = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type] # any driver's
    if broken:
        connection.invalidate()
    # The statement stays out: it may be filled with people's messages.
    return DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=broken,
        dialect=dialect,
    )
