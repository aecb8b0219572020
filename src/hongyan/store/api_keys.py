"""API keys: only a digest of each is kept."""

import hmac
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.schema_admin import API_KEY
from hongyan.store.teamtalk import USER

USE_NOTED_EVERY_S: Final = 60


class KeyRow(NamedTuple):
    """One key; ``user_id`` is the bot that it belongs to, or 0."""

    key_id: int
    name: str
    public_id: str
    scopes: tuple[str, ...]
    user_id: int
    per_minute: int
    created: int
    used: int
    revoked: int


class NewKey(NamedTuple):
    """A key to be made."""

    name: str
    public_id: str
    digest: str
    scopes: Sequence[str]
    user_id: int
    per_minute: int


_COLUMNS = (
    *(API_KEY.c.id, API_KEY.c.name, API_KEY.c.publicId, API_KEY.c.scopes, API_KEY.c.userId),
    *(API_KEY.c.perMinute, API_KEY.c.created, API_KEY.c.used, API_KEY.c.revoked),
)


def list_keys(connection: Connection) -> list[KeyRow]:
    """Every key, by id, the revoked ones too."""
    return [_key(*row) for row in connection.execute(select(*_COLUMNS).order_by(API_KEY.c.id))]


def add(connection: Connection, key: NewKey, now: int) -> KeyRow:
    """Keep a new key.

    Raises:
        RefusedError: another key in use has this name, or there is no such user.
    """
    same = select(API_KEY.c.id).where(API_KEY.c.name == key.name, API_KEY.c.revoked == 0)
    if connection.execute(same).first() is not None:
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"there is a key {key.name!r} already")
    owner = select(USER.c.id).where(USER.c.id == key.user_id)
    if key.user_id and connection.execute(owner).first() is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no user {key.user_id}")
    scopes = " ".join(sorted(set(key.scopes)))
    row = {"name": key.name, "publicId": key.public_id, "digest": key.digest, "scopes": scopes}
    row_numbers = {"userId": key.user_id, "perMinute": key.per_minute}
    times = {"created": now, "used": 0, "revoked": 0}
    key_id = bulk.insert_row(connection, API_KEY, {**row, **row_numbers, **times})
    return KeyRow(
        key_id, key.name, key.public_id, tuple(scopes.split()), key.user_id, key.per_minute, now, 0, 0
    )


def check(connection: Connection, public_id: str, digest: str) -> KeyRow | None:
    """The key that this is the digest of; None when it is none, revoked, or its bot is disabled."""
    row = connection.execute(
        select(*_COLUMNS, API_KEY.c.digest, USER.c.id, USER.c.status)
        .outerjoin_from(API_KEY, USER, USER.c.id == API_KEY.c.userId)
        .where(API_KEY.c.publicId == public_id, API_KEY.c.revoked == 0)
    ).first()
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    *columns, _, owner, status = row
    key = _key(*columns)
    return None if key.user_id and (owner is None or status) else key


def note_use(connection: Connection, key_id: int, now: int) -> None:
    """Note when a key was last used."""
    connection.execute(update(API_KEY).where(API_KEY.c.id == key_id).values(used=now))


def revoke(connection: Connection, key_id: int, now: int) -> str:
    """End a key and return its name.

    Raises:
        RefusedError: there is none with this id that is in use.
    """
    in_use = (API_KEY.c.id == key_id, API_KEY.c.revoked == 0)
    name: str | None = connection.execute(select(API_KEY.c.name).where(*in_use)).scalar()
    if name is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no key {key_id} in use")
    connection.execute(update(API_KEY).where(*in_use).values(revoked=now))
    return name


def id_of(connection: Connection, name: str) -> int:
    """The id of a key in use.

    Raises:
        RefusedError: there is none of this name.
    """
    in_use = select(API_KEY.c.id).where(API_KEY.c.name == name, API_KEY.c.revoked == 0)
    key_id: int | None = connection.execute(in_use).scalar()
    if key_id is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no key {name!r} in use")
    return key_id


def _key(key_id: int, name: str, public_id: str, scopes: str, *numbers: int) -> KeyRow:
    return KeyRow(key_id, name, public_id, tuple(scopes.split()), *numbers)
