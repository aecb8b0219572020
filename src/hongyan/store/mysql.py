"""MariaDB and MySQL, over asyncmy."""

import logging
from typing import Any, Final

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hongyan.errors import BackendError
from hongyan.store.server import CONNECT_LIMIT_S, ServerDatabase, make_engine

_MIGRATION_LOCK: Final = "hongyan.migration"
_MIGRATION_WAIT_S: Final = 120
# Without strictness a text that is too long would be cut off in silence.
_SESSION: Final = (
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION innodb_lock_wait_timeout = 20",
)

# The driver logs the server's warnings, which quote values; errors reach us as errors.
logging.getLogger("asyncmy").setLevel(logging.CRITICAL)


class MysqlDatabase(ServerDatabase):
    """A MariaDB or MySQL server, TeamTalk's own database among them."""

    def engine(self, url: URL, *, writing: bool, pool_size: int) -> AsyncEngine:  # noqa: D102
        made = make_engine(
            url.set(drivername="mysql+asyncmy"),
            pool_size=pool_size,
            writing=writing,
            # A writer must see what others committed while it waited for a lock.
            isolation="READ COMMITTED" if writing else "REPEATABLE READ",
            connect_args={"charset": "utf8mb4", "connect_timeout": CONNECT_LIMIT_S},
        )
        event.listen(made.sync_engine, "connect", _prepare)
        return made

    def lock_schema(self, connection: Connection) -> None:  # noqa: D102
        lock = text("SELECT GET_LOCK(:name, :wait)").bindparams(name=_MIGRATION_LOCK, wait=_MIGRATION_WAIT_S)
        if connection.execute(lock).scalar() != 1:
            raise BackendError("another process is still changing the schema")

    def unlock_schema(self, connection: Connection) -> None:  # noqa: D102
        unlock = text("SELECT RELEASE_LOCK(:name)").bindparams(name=_MIGRATION_LOCK)
        connection.execute(unlock)

    def position(self, connection: Connection) -> str:
        """The global transaction ids so far; empty where the server writes no binary log."""
        variable = "@@GLOBAL.gtid_binlog_pos" if _is_mariadb(connection) else "@@GLOBAL.gtid_executed"
        return str(connection.execute(text(f"SELECT {variable}")).scalar() or "")

    def has_reached(self, connection: Connection, position: str, wait_s: float) -> bool:  # noqa: D102
        wait = "MASTER_GTID_WAIT" if _is_mariadb(connection) else "WAIT_FOR_EXECUTED_GTID_SET"
        query = text(f"SELECT {wait}(:position, :wait)")
        # No snapshot yet: that begins with the first table that is read.
        return (
            bool(position) and connection.execute(query, {"position": position, "wait": wait_s}).scalar() == 0
        )


def _is_mariadb(connection: Connection) -> bool:
    return bool(getattr(connection.dialect, "is_mariadb", False))


def _prepare(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for statement in _SESSION:
        cursor.execute(statement)
    cursor.close()
