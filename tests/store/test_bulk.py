"""Many rows in few statements: every size, every row, in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from hongyan.store import Database, bulk
from hongyan.store.database import ConflictError
from hongyan.store.driver import together
from hongyan.store.schema import READ_CURSOR
from hongyan.store.teamtalk import DEPART

COLUMNS = ("departName", "parentId", "created", "updated")
CURSOR = ("userId", "sessionType", "peerId", "msgId")


def insert(connection: Connection, count: int) -> list[str]:
    flat = [value for n in range(count) for value in (f"d{n}", n, 1, 1)]
    bulk.insert_rows(connection, DEPART, COLUMNS, flat)
    rows = connection.execute(select(DEPART.c.departName, DEPART.c.parentId).order_by(DEPART.c.id))
    return [name for name, parent in rows if name == f"d{parent}"]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 11, 100, 255, 256, 257, 1000])
async def test_every_row_arrives_in_order(database: Database, count: int) -> None:
    assert await database.write(insert, count) == [f"d{n}" for n in range(count)]


@given(st.integers(0, 5000), st.integers(1, 9))
def test_chunks_are_the_rows(rows: int, width: int) -> None:
    flat = list(range(rows * width))
    chunks = list(bulk._chunks(flat, width))
    assert [value for _, params in chunks for value in params] == flat
    assert all(len(params) == size * width and size in bulk._INSERT_SIZES for size, params in chunks)


@given(st.integers(1, 2000), st.integers(1, 3))
def test_padded_keys_are_the_keys(rows: int, width: int) -> None:
    flat = list(range(rows * width))
    found = [value for _, params in bulk._padded(flat, width) for value in params]
    assert found[: len(flat)] == flat
    assert set(found) == set(flat)
    assert all(len(params) == size * width for size, params in bulk._padded(flat, width))


def test_any_number_of_rows_takes_few_statements() -> None:
    for rows in range(1, bulk.LARGEST + 1):
        assert len(list(bulk._chunks(range(rows), 1))) <= 4


async def test_upsert_inserts_and_overwrites(database: Database) -> None:
    def upsert(connection: Connection) -> list[tuple[int, int]]:
        bulk.upsert_rows(connection, READ_CURSOR, CURSOR, "msgId", (1, 1, 2, 5, 1, 1, 3, 6))
        bulk.upsert_rows(connection, READ_CURSOR, CURSOR, "msgId", (1, 1, 3, 7, 1, 1, 4, 8))
        rows = connection.execute(select(READ_CURSOR.c.peerId, READ_CURSOR.c.msgId))
        return sorted(tuple(row) for row in rows)

    assert await database.write(upsert) == [(2, 5), (3, 7), (4, 8)]


async def test_find_looks_rows_up_by_their_index(sqlite: Database) -> None:
    """SQLite walks the whole table for some ways of asking: that would be a disaster in time."""

    def plan(connection: Connection) -> list[str]:
        query = bulk._find(connection.dialect, READ_CURSOR, CURSOR[:3], CURSOR, 2)
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (1, 1, 2, 1, 1, 3))
        return [row[3] for row in rows]

    steps = await sqlite.read(plan)
    assert any("SEARCH HyReadCursor USING PRIMARY KEY" in step for step in steps)
    assert not any("SCAN HyReadCursor" in step for step in steps)


CONTENTS = (
    "100 % and %s and %(x)s",
    "it's",
    'a "b"',
    "back\\slash \\' \\",
    "a; DELETE FROM IMDepart; --",
    "$1 ? :v",
    "雁🪿\n\r\t",
)


@pytest.mark.parametrize("as_one", [False, True])
async def test_every_text_comes_back_as_it_was(database: Database, as_one: bool) -> None:
    def write(connection: Connection) -> None:
        bulk.insert_rows(
            connection, DEPART, COLUMNS, [value for text in CONTENTS for value in (text, 1, 1, 1)]
        )

    def write_together(connection: Connection) -> None:
        with together(connection):
            write(connection)

    await database.write(write_together if as_one else write)
    rows = await database.read(lambda connection: connection.execute(select(DEPART.c.departName)).all())
    assert sorted(row[0] for row in rows) == sorted(CONTENTS)


async def test_what_is_written_together_is_written_in_its_order(database: Database) -> None:
    def write(connection: Connection) -> list[tuple[int, int]]:
        with together(connection):
            bulk.upsert_rows(connection, READ_CURSOR, CURSOR, "msgId", (1, 1, 2, 5, 1, 1, 3, 6))
            bulk.upsert_rows(connection, READ_CURSOR, CURSOR, "msgId", (1, 1, 3, 7))
            bulk.stamp_rows(connection, DEPART, "updated", 9, [1])
        rows = connection.execute(select(READ_CURSOR.c.peerId, READ_CURSOR.c.msgId))
        return sorted(tuple(row) for row in rows)

    assert await database.write(write) == [(2, 5), (3, 7)]


async def test_very_much_is_written_together(database: Database) -> None:
    long = "x" * 50

    def write(connection: Connection) -> int:
        with together(connection):
            for n in range(60):
                flat = [value for row in range(200) for value in (long, 200 * n + row, 1, 1)]
                bulk.insert_rows(connection, DEPART, COLUMNS, flat)
        return connection.execute(select(func.count(DEPART.c.parentId.distinct()))).scalar_one()

    assert await database.write(write) == 12_000


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_error_fails_all_that_is_written_together(database: Database, place: int) -> None:
    """Wherever the wrong one stands, and the connection can be used again."""

    def write(connection: Connection) -> None:
        with together(connection):
            for n in range(3):
                name = None if n == place else f"d{n}"
                bulk.insert_rows(connection, DEPART, COLUMNS, (name, n, 1, 1))

    with pytest.raises(ConflictError):
        await database.write(write)
    assert await database.write(insert, 2) == ["d0", "d1"]
