"""Users as clients see them, and what a user changes about himself."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.stamps import change_time
from hongyan.store.teamtalk import USER

LEFT = 3
"""IMUser.status of somebody who is gone; only status 0 may log in."""

_MAX_SIGN_INFO_BYTES = 128
_MAX_AVATAR_CHARS = 255


class UserRow(NamedTuple):
    """A user without anything secret."""

    user_id: int
    sex: int
    name: str
    nick: str
    domain: str
    phone: str
    email: str
    avatar: str
    department_id: int
    status: int
    sign_info: str


class UserChanges(NamedTuple):
    """An answer to an incremental pull: ``latest`` is the time to ask with next."""

    latest: int
    users: list[UserRow]


_NAMES = (
    "id",
    "sex",
    "name",
    "nick",
    "domain",
    "phone",
    "email",
    "avatar",
    "departId",
    "status",
    "sign_info",
)
COLUMNS = tuple(USER.c[name] for name in _NAMES)


def by_ids(connection: Connection, user_ids: Sequence[int]) -> list[UserRow]:
    """The users with these ids who exist, whatever their status, by id."""
    rows = bulk.find_rows(connection, USER, ("id",), _NAMES, sorted(set(user_ids)))
    return sorted({user_row(row) for row in rows})


def changed_since(connection: Connection, since: int) -> UserChanges:
    """All users but those who left when ``since`` is 0, else whoever changed then or later.

    Those who left count for ``latest`` all the same: a first pull reflects that they are gone.
    """
    changed = select(USER.c.updated, *COLUMNS).where(USER.c.updated >= since)
    latest, users = since, []
    # Sorted here: asked to sort, SQLite would walk through all users instead of the changed ones.
    for updated, *values in connection.execute(changed):
        latest = max(latest, updated)
        user = user_row(values)
        if since or user.status != LEFT:
            users.append(user)
    return UserChanges(latest, sorted(users))


def set_sign_info(connection: Connection, user_id: int, text: str, now: int) -> None:
    """Change a user's signature line.

    Raises:
        RefusedError: it is longer than 128 bytes of UTF-8, or there is no such user.
    """
    if len(text.encode("utf-8", "surrogatepass")) > _MAX_SIGN_INFO_BYTES:
        limit = f"a signature has at most {_MAX_SIGN_INFO_BYTES} bytes"
        raise RefusedError(ErrorCode.TOO_LARGE, limit)
    _change(connection, user_id, now, sign_info=text)


def set_avatar(connection: Connection, user_id: int, url: str, now: int) -> None:
    """Change a user's picture.

    Raises:
        RefusedError: the address is longer than 255 characters, or there is no such user.
    """
    if len(url) > _MAX_AVATAR_CHARS:
        limit = f"the address of a picture has at most {_MAX_AVATAR_CHARS} characters"
        raise RefusedError(ErrorCode.TOO_LARGE, limit)
    _change(connection, user_id, now, avatar=url)


def set_push_shield(connection: Connection, user_id: int, status: int, now: int) -> None:
    """Switch a user's silence at night on or off.

    Raises:
        RefusedError: there is no such user.
    """
    _change(connection, user_id, now, push_shield_status=int(bool(status)))


def push_shield(connection: Connection, user_id: int) -> int | None:
    """Whether a user wants silence at night; None when there is no such user."""
    shield = select(USER.c.push_shield_status).where(USER.c.id == user_id)
    return connection.execute(shield).scalar()


def user_row(values: Sequence[Any]) -> UserRow:
    """Make a row of the values of COLUMNS."""
    user = UserRow(*values)
    if None in values:  # the original's schema lets these two be NULL
        return user._replace(avatar=user.avatar or "", status=user.status or 0)
    return user


def _change(connection: Connection, user_id: int, now: int, **columns: Any) -> None:
    stamp = change_time(connection, USER, now)
    _update(connection, USER.c.id == user_id, updated=stamp, **columns)


def _update(connection: Connection, wanted: ColumnElement[bool], **columns: Any) -> None:
    result = connection.execute(update(USER).where(wanted).values(**columns))
    if not result.rowcount:
        raise RefusedError(ErrorCode.NOT_FOUND, "there is no such user")
