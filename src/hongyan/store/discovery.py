"""Discovery entries: links that phones show (spec/storage.md, IMDiscovery)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.teamtalk import DISCOVERY

_DELETED = 1
_COLUMNS = (DISCOVERY.c.id, DISCOVERY.c.itemName, DISCOVERY.c.itemUrl, DISCOVERY.c.itemPriority)


class EntryRow(NamedTuple):
    """One entry."""

    entry_id: int
    name: str
    url: str
    priority: int


def list_entries(connection: Connection) -> list[EntryRow]:
    """Every entry that was not deleted, as stored."""
    rows = select(*_COLUMNS).where(DISCOVERY.c.status == 0).order_by(DISCOVERY.c.id)
    return [EntryRow(*row) for row in connection.execute(rows)]


def add(connection: Connection, name: str, url: str, priority: int, now: int) -> int:
    """Make an entry and return its id."""
    row = {"itemName": name, "itemUrl": url, "itemPriority": priority, "status": 0}
    return bulk.insert_row(connection, DISCOVERY, {**row, "created": now, "updated": now})


def edit(connection: Connection, entry_id: int, columns: Mapping[str, Any], now: int) -> EntryRow:
    """Change an entry.

    Raises:
        RefusedError: there is none with this id.
    """
    _update(connection, entry_id, {**columns, "updated": now})
    row = connection.execute(select(*_COLUMNS).where(DISCOVERY.c.id == entry_id)).one()
    return EntryRow(*row)


def remove(connection: Connection, entry_id: int, now: int) -> None:
    """Delete an entry.

    Raises:
        RefusedError: there is none with this id.
    """
    _update(connection, entry_id, {"status": _DELETED, "updated": now})


def _update(connection: Connection, entry_id: int, values: Mapping[str, Any]) -> None:
    present = (DISCOVERY.c.id == entry_id, DISCOVERY.c.status == 0)
    if connection.execute(select(DISCOVERY.c.id).where(*present)).first() is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no discovery entry {entry_id}")
    connection.execute(update(DISCOVERY).where(*present).values(**values))
