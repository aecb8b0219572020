"""The audit log: what administrators and API keys changed."""

from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, or_, select

from hongyan.store import bulk
from hongyan.store.schema_admin import AUDIT

KEEP_S: Final = 400 * 86_400
"""How long entries are kept: a year and a month."""
_WIDTHS: Final = {"actor": 80, "address": 64, "operation": 64, "target": 128, "detail": 4000}


class AuditRow(NamedTuple):
    """One entry."""

    entry_id: int
    at: int
    actor: str
    address: str
    operation: str
    target: str
    detail: str


class Deed(NamedTuple):
    """Who does what, and to whom."""

    actor: str
    address: str
    operation: str
    target: str = ""
    detail: str = ""


def record(connection: Connection, deed: Deed, now: int) -> None:
    """Write an entry, inside the transaction of what it is about."""
    row = {name: str(value)[: _WIDTHS[name]] for name, value in deed._asdict().items()}
    bulk.insert_row(connection, AUDIT, {"at": now, **row})


def find(connection: Connection, text: str, before: int, limit: int) -> list[AuditRow]:
    """A page of entries, newest first; ``before`` 0 begins at the newest."""
    entry = AUDIT.c
    columns = (entry.id, entry.at, entry.actor, entry.address, entry.operation, entry.target, entry.detail)
    rows = select(*columns).order_by(entry.id.desc()).limit(limit)
    if before:
        rows = rows.where(entry.id < before)
    if text:
        fields = (entry.actor, entry.operation, entry.target)
        rows = rows.where(or_(*(field.icontains(text, autoescape=True) for field in fields)))
    return [AuditRow(*row) for row in connection.execute(rows)]


def prune(connection: Connection, now: int) -> None:
    """Drop what is older than it is kept."""
    connection.execute(delete(AUDIT).where(AUDIT.c.at < now - KEEP_S))
