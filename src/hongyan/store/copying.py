"""Copies a whole database into another, of whatever engine, page by page."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, func, literal, select, tuple_

from hongyan.errors import ConfigError
from hongyan.store import bulk
from hongyan.store.checking import check
from hongyan.store.database import Database
from hongyan.store.ids import advance_ids
from hongyan.store.teamtalk import metadata

_PAGE_ROWS: Final = 2_000

Progress = Callable[[str, int, int], None]


class TableCount(NamedTuple):
    """How many rows of a table were there and how many are there now."""

    table: str
    source: int
    target: int


async def copy(source: Database, target: Database, progress: Progress) -> list[TableCount]:
    """Copy every row; nobody may write to either meanwhile.

    Args:
        source: where from.
        target: where to; it must hold nothing.
        progress: told of each page: the table, how many rows it has, how many of them are copied.

    Raises:
        ConfigError: the target holds something, or the source what the target cannot hold.
        BackendError: one of them failed; what was copied by then stays.
    """
    await _refuse_unfit(source, target)
    counts = []
    for table in metadata.sorted_tables:
        total = await source.read(_count, table)
        await _copy_table(source, target, table, partial(progress, table.name, total))
        counts.append(TableCount(table.name, total, await target.read(_count, table)))
    await target.write(advance_ids)
    return counts


async def _refuse_unfit(source: Database, target: Database) -> None:
    filled = await target.read(_filled_tables)
    if filled:
        raise ConfigError(
            f"the target is not empty: {', '.join(filled)} have rows; give it an empty database"
        )
    if target.dialect == "mysql":
        return
    damage = [
        finding for finding in await source.read(check) if finding.mendable and "several" in finding.what
    ]
    if damage:
        tables = ", ".join(sorted({finding.table for finding in damage}))
        raise ConfigError(
            f"rows stand there twice in {tables}; run hongyan db check --repair on the source first"
        )


async def _copy_table(
    source: Database, target: Database, table: Table, progress: Callable[[int], None]
) -> None:
    names = tuple(column.name for column in table.columns)
    last: tuple[Any, ...] | None = None
    done = 0
    while rows := await source.read(_page, table, last):
        flat = [value for row in rows for value in row]
        await target.write(bulk.insert_rows, table, names, flat)
        places = [names.index(column.name) for column in table.primary_key.columns]
        last = tuple(rows[-1][place] for place in places)
        done += len(rows)
        progress(done)


def _page(connection: Connection, table: Table, after: tuple[Any, ...] | None) -> Sequence[Sequence[Any]]:
    keys = list(table.primary_key.columns)
    query = select(table).order_by(*keys).limit(_PAGE_ROWS)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after) if len(keys) > 1 else keys[0] > after[0])
    return [tuple(row) for row in connection.execute(query)]


def _count(connection: Connection, table: Table) -> int:
    count: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
    return count


def _filled_tables(connection: Connection) -> list[str]:
    any_row = literal(1)
    return [
        table.name
        for table in metadata.sorted_tables
        if connection.execute(select(any_row).select_from(table).limit(1)).first() is not None
    ]
