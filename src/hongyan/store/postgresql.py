"""PostgreSQL, over asyncpg."""

from typing import Final

from sqlalchemy import URL, Connection, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hongyan.store.server import CONNECT_LIMIT_S, ServerDatabase, make_engine

_MIGRATION_LOCK: Final = 0x686F6E67
_PREPARED_STATEMENTS: Final = 512
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
