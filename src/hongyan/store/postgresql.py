"""PostgreSQL, over asyncpg."""

import asyncio
from time import monotonic
from typing import Final

from sqlalchemy import URL, Connection, Text, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from hongyan.store.server import CONNECT_LIMIT_S, ServerDatabase, make_engine

_MIGRATION_LOCK: Final = 0x686F6E67
_PREPARED_STATEMENTS: Final = 512
_LOOK_EVERY_S: Final = 0.005
"""How often a copy is asked how far it is."""
_SERVER_SETTINGS: Final = {
    "application_name": "hongyan",
    # Compiling a query takes longer than any of ours.
    "jit": "off",
    "lock_timeout": "20s",
}


class PostgresqlDatabase(ServerDatabase):
    """A PostgreSQL server."""

    def engine(self, url: URL, *, writing: bool, pool_size: int) -> AsyncEngine:  # noqa: D102
        made = make_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            writing=writing,
            # A writer must see what others committed while it waited for a lock.
            isolation="READ COMMITTED" if writing else "REPEATABLE READ",
            connect_args={
                "timeout": CONNECT_LIMIT_S,
                "prepared_statement_cache_size": _PREPARED_STATEMENTS,
                "server_settings": dict(_SERVER_SETTINGS),
            },
        )
        return made if writing else made.execution_options(postgresql_readonly=True)

    def lock_schema(self, connection: Connection) -> None:  # noqa: D102
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))

    def unlock_schema(self, connection: Connection) -> None:
        """The commit does it."""

    def position(self, connection: Connection) -> str:
        """The end of the write-ahead log."""
        return str(connection.execute(select(cast(func.pg_current_wal_lsn(), Text))).scalar_one())

    def has_reached(self, connection: Connection, position: str, wait_s: float) -> bool:  # noqa: D102
        behind = text("SELECT pg_last_wal_replay_lsn() < CAST(CAST(:position AS text) AS pg_lsn)")
        end = monotonic() + wait_s
        while True:
            # Null where nothing is replayed: that is no copy.
            is_behind = connection.execute(behind, {"position": position}).scalar()
            connection.rollback()  # or else the snapshot of this question would be that of the query
            if not is_behind or monotonic() > end:
                return is_behind is False
            await_only(asyncio.sleep(_LOOK_EVERY_S))
