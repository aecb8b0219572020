"""Every query finds its rows by an index: nothing walks through a table that grows."""

import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from hongyan.store import (
    Database,
    accounts,
    cursors,
    departments,
    files,
    groups,
    loading,
    logins,
    messages,
    repeats,
    sessions,
    tokens,
    unread,
    users,
)
from hongyan.store.entries import PendingMessage, pair_key

QUERIES: dict[str, tuple[Callable[..., Any], ...]] = {
    "login": (accounts.credentials, "u1"),
    "logins": (logins.accounts_named, ["u1", "u2"]),
    "user info": (users.by_ids, [1, 2, 3]),
    "changed users": (users.changed_since, 1_700_000_005),
    "changed departments": (departments.changed_since, 1_700_000_005),
    "recent sessions": (sessions.recent, 1, 0),
    "unread": (unread.unread, 1),
    "totals": (unread.totals, [1, 2, 3]),
    "single history": (messages.history, 1, 1, 2, 5, 10),
    "group history": (messages.history, 1, 2, 1, 5, 10),
    "by ids": (messages.by_ids, 1, 1, 2, [1, 2, 3]),
    "newest": (cursors.latest_id, 1, 1, 2),
    "groups": (groups.normal_groups, 1),
    "group info": (groups.info, 1, {1: 0, 3: 0}),
    "shields": (groups.shields, 1, [1, 2]),
    "phones": (tokens.push_targets, [1, 2]),
    "files": (files.waiting, 1),
    "load pairs": (loading.load_pairs, [pair_key(1, 2), pair_key(1, 3)], 1),
    "load group": (loading.load_group, 1),
    "repeats": (repeats.stored_before, [PendingMessage(1, 2, 1, "x", 1, "id")]),
}
# Lists that are made by the query itself.
OWN_LISTS = re.compile(r"SCAN (wanted|mine|CONSTANT ROW|\d+ CONSTANT ROWS)")


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_no_table_is_walked_through(company: Any, name: str) -> None:
    await company.send(*(PendingMessage(1, peer, 1, "text", 1) for peer in (2, 3)))
    await company.group_text(1, 1)
    steps = await plan(company.database, *QUERIES[name])
    assert steps
    assert [step for step in steps if "SCAN" in step and not OWN_LISTS.match(step)] == []


async def plan(database: Database, query: Callable[..., Any], *arguments: Any) -> list[str]:
    def explain(connection: Connection) -> list[str]:
        asked: list[str] = []
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_trace_callback(asked.append)  # SQLAlchemy does not see all of them
        query(connection, *arguments)
        driver.set_trace_callback(None)
        explained: list[str] = []
        for statement in asked:
            if not statement.startswith(("EXPLAIN", "BEGIN", "--")):
                rows = driver.execute(f"EXPLAIN QUERY PLAN {statement}")
                explained += [row[3] for row in rows]
        return explained

    return await database.write(explain)
