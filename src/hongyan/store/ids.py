"""Ids that the database gives, after rows were put in with ids of their own."""

from sqlalchemy import Connection, Table, func, literal_column, select

from hongyan.store.schema import TEAMTALK_TABLES


def advance_ids(connection: Connection) -> None:
    """Let the next row of every table get an id above all that are there.

    SQLite and MySQL see to that themselves; PostgreSQL counts apart from the rows.
    """
    if connection.dialect.name == "postgresql":
        for table in TEAMTALK_TABLES:
            _advance(connection, table)


def _advance(connection: Connection, table: Table) -> None:
    quoted = connection.dialect.identifier_preparer.format_table(table)
    sequence = func.pg_get_serial_sequence(quoted, "id")
    newest = func.coalesce(func.max(table.c.id), 0) + 1
    connection.execute(select(func.setval(sequence, newest, literal_column("false"))).select_from(table))
