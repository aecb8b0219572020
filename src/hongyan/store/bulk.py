"""Many rows in few statements.

A statement of many rows costs the interpreter almost nothing: it is compiled once per size by
SQLAlchemy, its text then goes straight to the driver's cursor, and the driver leaves the
interpreter lock for as long as the database works on it. The driver's own ``executemany`` takes
the lock again for every row, and with it a turn behind the event loop.

Only some sizes are used, so that few different statements exist and all stay prepared.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Table,
    and_,
    bindparam,
    column,
    insert,
    literal_column,
    select,
    update,
    values,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from hongyan.store.driver import Params, read, write

LARGEST = 256
_SIZES = (256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)
# Rows to insert cannot be filled up: few are always one statement, more are two or three.
_ALWAYS_WHOLE = 32
_INSERT_SIZES = (256, 192, 128, 96, 64, 48, *range(_ALWAYS_WHOLE, 0, -1))
_NUMBERED = re.compile(r"\$(\d+)")
_ROW = re.compile(r"(?<=VALUES )\([^()]*\)")


def insert_row(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    """Insert one row and return the id it got."""
    key = connection.execute(insert(table).values(row)).inserted_primary_key
    if key is None:
        raise AssertionError(f"{table.name} gives its rows no ids")
    row_id: int = key[0]
    return row_id


def insert_rows(connection: Connection, table: Table, columns: tuple[str, ...], flat: Params) -> None:
    """Insert rows; columns that are not named get their defaults.

    Args:
        connection: a connection inside a transaction.
        table: where the rows go.
        columns: names of the columns in the table's order.
        flat: the rows' values for these columns, row after row.
    """
    for size, params in _chunks(flat, len(columns)):
        write(connection, _insert(connection.dialect, table, columns, size), params)


def upsert_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], changed: str, flat: Params
) -> None:
    """Insert rows, and where the primary key is taken set the column ``changed`` instead."""
    for size, params in _chunks(flat, len(columns)):
        text = _upsert(connection.dialect, table, columns, changed, size)
        write(connection, text, params)


def stamp_rows(connection: Connection, table: Table, name: str, value: int, ids: Sequence[int]) -> None:
    """Set one column of the rows with these ids and status 0."""
    for size, params in _padded(ids, 1):
        text = _stamp(connection.dialect, table, name, size)
        write(connection, text, (value, *params))


def find_rows(
    connection: Connection, table: Table, keys: tuple[str, ...], columns: tuple[str, ...], flat: Params
) -> Iterator[Sequence[Any]]:
    """Yield the columns of the rows whose key columns hold one of the given combinations.

    A row comes more than once when its combination does.
    """
    for size, params in _padded(flat, len(keys)):
        text = _find(connection.dialect, table, keys, columns, size)
        yield from connection.exec_driver_sql(text, params)


def select_rows(
    connection: Connection, text_of: Callable[[Dialect, int], str], keys: Params
) -> Iterator[Sequence[Any]]:
    """Yield what a statement finds for these keys; a row comes more than once when its key does.

    Args:
        connection: an open connection; each statement is a transaction of its own unless one has begun.
        text_of: makes the statement for so many keys, with ``text``; cached.
        keys: one value each.
    """
    for size, params in _padded(keys, 1):
        yield from read(connection, text_of(connection.dialect, size), params)


def _chunks(flat: Params, width: int) -> Iterator[tuple[int, Params]]:
    """Cut rows into chunks of the allowed sizes, largest first, in their order."""
    start, rows = 0, len(flat) // width
    while rows:
        size = rows if rows <= _ALWAYS_WHOLE else next(size for size in _INSERT_SIZES if size <= rows)
        stop = start + size * width
        yield size, flat[start:stop]
        start, rows = stop, rows - size


def _padded(flat: Params, width: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Cut keys into chunks, the last filled up with its last key: asked twice is harmless."""
    step = LARGEST * width
    for start in range(0, len(flat), step):
        chunk = tuple(flat[start : start + step])
        rows = len(chunk) // width
        size = next(size for size in reversed(_SIZES) if size >= rows)
        yield size, chunk + chunk[-width:] * (size - rows)


@lru_cache(maxsize=1024)
def _insert(dialect: Dialect, table: Table, columns: tuple[str, ...], size: int) -> str:
    return _repeated(text(dialect, insert(table).values(_placeholders(table, columns, 1))), size)


@lru_cache(maxsize=256)
def _upsert(dialect: Dialect, table: Table, columns: tuple[str, ...], changed: str, size: int) -> str:
    row = _placeholders(table, columns, 1)
    return _repeated(text(dialect, _UPSERTS[dialect.name](table, row, changed)), size)


def _repeated(text: str, size: int) -> str:
    """Make a statement of many rows of one with a single row; compiling it would take milliseconds."""
    return _ROW.sub(lambda row: ", ".join(_rows(row[0], size)), text, count=1)


def _rows(row: str, size: int) -> list[str]:
    width = len(_NUMBERED.findall(row))
    if not width:
        return [row] * size
    # PostgreSQL's places are numbered through.
    return [_NUMBERED.sub(partial(_renumbered, before), row) for before in range(0, size * width, width)]


def _renumbered(before: int, place: re.Match[str]) -> str:
    return f"${int(place[1]) + before}"


@lru_cache(maxsize=64)
def _stamp(dialect: Dialect, table: Table, name: str, size: int) -> str:
    ids = [bindparam(place_name(0, row), type_=table.c.id.type) for row in range(size)]
    value = bindparam("first", type_=table.c[name].type)
    live = table.c.status == literal_column("0")
    return text(dialect, update(table).values({name: value}).where(table.c.id.in_(ids), live))


@lru_cache(maxsize=256)
def _find(dialect: Dialect, table: Table, keys: tuple[str, ...], columns: tuple[str, ...], size: int) -> str:
    # A join with a list of values: SQLite would scan the table for a row-wise IN.
    rows = [tuple(row.values()) for row in _placeholders(table, keys, size)]
    wanted = values(*(column(key, table.c[key].type) for key in keys)).data(rows).cte("wanted")
    matching = and_(*(table.c[key] == wanted.c[key] for key in keys))
    statement = select(*(table.c[name] for name in columns)).join_from(wanted, table, matching)
    return text(dialect, statement)


def _placeholders(table: Table, columns: tuple[str, ...], size: int) -> list[dict[str, Any]]:
    return [
        {
            name: bindparam(place_name(place, row), type_=table.c[name].type)
            for place, name in enumerate(columns)
        }
        for row in range(size)
    ]


def place_name(place: int, row: int) -> str:
    """Name a parameter, so that it is known to stand where it belongs."""
    return f"v{row:03d}_{place:02d}"


def text(dialect: Dialect, statement: ClauseElement) -> str:
    """Compile a statement whose parameters stand in the order of the rows, named by ``place_name``."""
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    order = compiled.positiontup if isinstance(compiled, SQLCompiler) else None
    if not order or order != sorted(order, key=_row_and_place):
        raise AssertionError(f"{dialect.name} does not take parameters in the order of the rows")
    return str(compiled)


def _row_and_place(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", name)]


def _sqlite_upsert(table: Table, rows: list[dict[str, Any]], changed: str) -> ClauseElement:
    statement = sqlite.insert(table).values(rows)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={changed: statement.excluded[changed]}
    )


# The other dialects are imported by those who use them: each takes SQLAlchemy a while to load.


def _postgresql_upsert(table: Table, rows: list[dict[str, Any]], changed: str) -> ClauseElement:
    from sqlalchemy.dialects import postgresql

    statement = postgresql.insert(table).values(rows)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={changed: statement.excluded[changed]}
    )


def _mysql_upsert(table: Table, rows: list[dict[str, Any]], changed: str) -> ClauseElement:
    from sqlalchemy.dialects import mysql

    statement = mysql.insert(table).values(rows)
    return statement.on_duplicate_key_update({changed: statement.inserted[changed]})


_UPSERTS: dict[str, Callable[[Table, list[dict[str, Any]], str], ClauseElement]] = {
    "sqlite": _sqlite_upsert,
    "postgresql": _postgresql_upsert,
    "mysql": _mysql_upsert,
    "mariadb": _mysql_upsert,
}
