"""The schema's history as Alembic scripts, and the act of bringing a database up to date.

Alembic is slow to import and needed once in a database's life, so a database that is current is
recognised without it.
"""

import io
import logging
from pathlib import Path

from sqlalchemy import Connection, String, column, inspect, select, table

from hongyan.errors import ConfigError
from hongyan.store.schema import VERSION_TABLE

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every revision this code knows, oldest first."""

_VERSION = table(VERSION_TABLE, column("version_num", String))


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None when no migration ever ran on it."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def is_current(connection: Connection) -> bool:
    """Whether the database is at the newest revision."""
    return current_revision(connection) == REVISIONS[-1]


def migrate(connection: Connection) -> None:
    """Bring the database to the newest revision, inside the caller's transaction.

    Raises:
        ConfigError: a newer version of Hongyan made this database.
    """
    revision = current_revision(connection)
    if revision == REVISIONS[-1]:
        return
    if revision is not None and revision not in REVISIONS:
        raise ConfigError(
            f"the database is at schema revision {revision}, which this version does not know "
            f"(newest: {REVISIONS[-1]}); run the version of Hongyan that made it, or a newer one"
        )
    _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see the module's docstring
    from alembic.config import Config  # noqa: PLC0415 - the same

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config(stdout=io.StringIO(), attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
