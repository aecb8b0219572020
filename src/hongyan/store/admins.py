"""Administrators of the console and their sessions. There are none until somebody makes one."""

from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.schema_admin import ADMIN_SESSION, ADMINISTRATOR
from hongyan.store.texts import check_text

IDLE_LIMIT_S: Final = 3600
"""A session that was not used for so long is over."""
AGE_LIMIT_S: Final = 12 * 3600
USE_NOTED_EVERY_S: Final = 60
_MAX_NAME_CHARS = 40


class AdminRow(NamedTuple):
    """An administrator."""

    admin_id: int
    name: str
    created: int
    updated: int


class SessionRow(NamedTuple):
    """Whose session it is."""

    admin_id: int
    name: str
    csrf: str
    used: int


class NewSession(NamedTuple):
    """A session to be kept; ``token`` is the digest of the cookie."""

    token: str
    admin_id: int
    csrf: str
    address: str


def list_admins(connection: Connection) -> list[AdminRow]:
    """Every administrator, by name."""
    admin = ADMINISTRATOR.c
    rows = select(admin.id, admin.name, admin.created, admin.updated).order_by(admin.name)
    return [AdminRow(*row) for row in connection.execute(rows)]


def add(connection: Connection, name: str, slow_hash: str, now: int) -> int:
    """Make an administrator and return the id.

    Raises:
        RefusedError: the name is taken or does not fit.
    """
    check_text("an administrator's name", name, _MAX_NAME_CHARS)
    if credentials(connection, name) is not None:
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"there is an administrator {name!r} already")
    row = {"name": name, "hash": slow_hash, "created": now, "updated": now}
    return bulk.insert_row(connection, ADMINISTRATOR, row)


def credentials(connection: Connection, name: str) -> tuple[int, str] | None:
    """Id and slow hash of an administrator."""
    admin = ADMINISTRATOR.c
    row = connection.execute(select(admin.id, admin.hash).where(admin.name == name)).first()
    return None if row is None else (row[0], row[1])


def hash_of(connection: Connection, admin_id: int) -> str:
    """The slow hash of an administrator; "" when there is none."""
    admin = ADMINISTRATOR.c
    return connection.execute(select(admin.hash).where(admin.id == admin_id)).scalar() or ""


def set_password(connection: Connection, admin_id: int, slow_hash: str, now: int) -> None:
    """Give an administrator another password; his sessions end."""
    values = {"hash": slow_hash, "updated": now}
    connection.execute(update(ADMINISTRATOR).where(ADMINISTRATOR.c.id == admin_id).values(values))
    _end_sessions(connection, admin_id)


def remove(connection: Connection, name: str) -> None:
    """Remove an administrator; his sessions end.

    Raises:
        RefusedError: there is none of this name.
    """
    admin_id = id_of(connection, name)
    _end_sessions(connection, admin_id)
    connection.execute(delete(ADMINISTRATOR).where(ADMINISTRATOR.c.id == admin_id))


def id_of(connection: Connection, name: str) -> int:
    """The id of an administrator.

    Raises:
        RefusedError: there is none of this name.
    """
    found = credentials(connection, name)
    if found is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no administrator {name!r}")
    return found[0]


def open_session(connection: Connection, session: NewSession, now: int) -> None:
    """Keep a session, and forget those that are over."""
    kept = ADMIN_SESSION.c
    over = (kept.used < now - IDLE_LIMIT_S) | (kept.created < now - AGE_LIMIT_S)
    connection.execute(delete(ADMIN_SESSION).where(over))
    row = {"token": session.token, "adminId": session.admin_id, "csrf": session.csrf}
    times = {"address": session.address[:64], "created": now, "used": now}
    connection.execute(insert(ADMIN_SESSION).values(**row, **times))


def session(connection: Connection, token: str, now: int) -> SessionRow | None:
    """The session of a cookie; None when there is none or it is over."""
    kept, admin = ADMIN_SESSION.c, ADMINISTRATOR.c
    row = connection.execute(
        select(admin.id, admin.name, kept.csrf, kept.used)
        .join_from(ADMIN_SESSION, ADMINISTRATOR, admin.id == kept.adminId)
        .where(kept.token == token, kept.used >= now - IDLE_LIMIT_S, kept.created >= now - AGE_LIMIT_S)
    ).first()
    return None if row is None else SessionRow(*row)


def note_use(connection: Connection, token: str, now: int) -> None:
    """Note that a session was used."""
    connection.execute(update(ADMIN_SESSION).where(ADMIN_SESSION.c.token == token).values(used=now))


def close_session(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(delete(ADMIN_SESSION).where(ADMIN_SESSION.c.token == token))


def _end_sessions(connection: Connection, admin_id: int) -> None:
    connection.execute(delete(ADMIN_SESSION).where(ADMIN_SESSION.c.adminId == admin_id))
