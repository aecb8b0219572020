"""Databases with a past: what years of use would have left behind, written in seconds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

SHARDS: Final = 8
LONG_AGO: Final = 1_600_000_000
_NUMBERS: Final = "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)"


@contextmanager
def database(data: Path) -> Iterator[sqlite3.Connection]:
    """Open a stopped suite's database for one transaction."""
    with closing(sqlite3.connect(data / "hongyan.db")) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")
        yield connection


def user_id(connection: sqlite3.Connection, name: str) -> int:
    """Find a user."""
    found: int = connection.execute("SELECT id FROM IMUser WHERE name = ?", (name,)).fetchone()[0]
    return found


def fill_conversation(connection: sqlite3.Connection, one: int, other: int, messages: int) -> None:
    """Let two users have written each other so many messages; more on top of earlier ones."""
    pair = (min(one, other), max(one, other))
    connection.execute(
        "INSERT OR IGNORE INTO IMRelationShip (smallId, bigId, status, created, updated)"
        " VALUES (?, ?, 0, ?, ?)",
        (*pair, LONG_AGO, LONG_AGO),
    )
    find = "SELECT id FROM IMRelationShip WHERE smallId = ? AND bigId = ?"
    relation: int = connection.execute(find, pair).fetchone()[0]
    table = f"IMMessage_{relation % SHARDS}"
    newest = connection.execute(f"SELECT max(msgId) FROM {table} WHERE relateId = ?", (relation,)).fetchone()  # noqa: S608 - one of our tables
    columns = "relateId, fromId, toId, msgId, content, type, status, updated, created"
    connection.execute(
        f"{_NUMBERS} INSERT INTO {table} ({columns})"  # noqa: S608 - one of our tables
        " SELECT ?, ?, ?, i, 'a message of long ago, of usual length', 1, 0, ? + i, ? + i FROM n",
        ((newest[0] or 0) + 1, messages, relation, one, other, LONG_AGO, LONG_AGO),
    )


def fill_sessions(connection: sqlite3.Connection, owner: int, first_peer: int, count: int) -> None:
    """Give a user conversations with ``count`` others, each with a message."""
    for peer in range(first_peer, first_peer + count):
        fill_conversation(connection, owner, peer, 1)
    connection.execute(
        f"{_NUMBERS} INSERT OR IGNORE INTO IMRecentSession (userId, peerId, type, status, created, updated)"  # noqa: S608 - constant text
        " SELECT ?, i, 1, 0, ?, ? + i FROM n",
        (first_peer, first_peer + count - 1, owner, LONG_AGO, LONG_AGO),
    )


def change_users(connection: sqlite3.Connection, count: int, since: int) -> None:
    """Let all users be old, and the newest ``count`` have changed at ``since``."""
    connection.execute("UPDATE IMUser SET updated = ?", (LONG_AGO,))
    newest = "SELECT id FROM IMUser ORDER BY id DESC LIMIT ?"
    connection.execute(f"UPDATE IMUser SET updated = ? WHERE id IN ({newest})", (since, count))  # noqa: S608 - constant text
