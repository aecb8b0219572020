"""Accounts, as operators and the registration make and change them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk, session_tokens
from hongyan.store.claims import claim_accounts
from hongyan.store.passwords import Credentials, in_columns
from hongyan.store.schema import PASSWORD
from hongyan.store.stamps import change_time
from hongyan.store.teamtalk import DEPART, USER
from hongyan.store.texts import check_text
from hongyan.store.users import LEFT

_WIDTHS = {"name": 32, "domain": 32, "nick": 32, "phone": 11, "email": 64}
_USER_COLUMNS = (
    "sex",
    "name",
    "domain",
    "nick",
    "password",
    "salt",
    "phone",
    "email",
    "departId",
    "status",
    "created",
    "updated",
)
_PASSWORD_COLUMNS = ("userId", "hash", "updated")


class NewUser(NamedTuple):
    """A user to be made; an empty nick or domain becomes the name.

    Attributes:
        slow_hash: of the password, as ``passwords.hashing`` makes it.
    """

    name: str
    slow_hash: str
    nick: str = ""
    domain: str = ""
    department_id: int = 0
    phone: str = ""
    email: str = ""
    sex: int = 0


class Account(NamedTuple):
    """A user as operators list him."""

    user_id: int
    name: str
    nick: str
    department: str
    phone: str
    email: str
    sex: int
    status: int


def credentials(connection: Connection, name: str) -> Credentials | None:
    """What is needed to check a login under this name."""
    user = USER.c
    row = connection.execute(
        select(user.id, user.status, PASSWORD.c.hash, user.password, user.salt, user.name)
        .select_from(USER)
        .outerjoin(PASSWORD, PASSWORD.c.userId == user.id)
        .where(user.name == name)
    ).first()
    # MySQL takes no notice of spaces at the end; a login does.
    if row is None or row.name != name:
        return None
    return Credentials(row[0], row[1] or 0, row[2] or "", row[3], row[4])


def replace_legacy(connection: Connection, checked: Credentials, slow_hash: str, now: int) -> bool:
    """Put a slow hash in the place of the legacy one that was just checked.

    False when somebody has set another password meanwhile.
    """
    user = USER.c
    unchanged = (user.id == checked.user_id, user.password == checked.legacy)
    blanked = update(USER).where(*unchanged).values(password="", salt="")
    if not checked.legacy or not connection.execute(blanked).rowcount:
        return False
    _set_hash(connection, checked.user_id, slow_hash, now)
    return True


def add_user(connection: Connection, user: NewUser, now: int) -> int:
    """Make a user and return the id.

    Raises:
        RefusedError: the name is taken, or something does not fit.
    """
    add_users(connection, [user], now)
    return _user_id(connection, user.name)


def add_users(connection: Connection, users: Sequence[NewUser], now: int) -> int:
    """Make many users, all of them or none, and return how many.

    Raises:
        RefusedError: a name is taken or comes twice, or something does not fit.
    """
    for user in users:
        _check(user)
    names = [user.name for user in users]
    claim_accounts(connection)
    _refuse_taken(connection, names)
    stamp = change_time(connection, USER, now)
    flat = [value for user in users for value in _user_values(user, stamp)]
    bulk.insert_rows(connection, USER, _USER_COLUMNS, flat)
    rows = bulk.find_rows(connection, USER, ("name",), ("name", "id"), names)
    ids: dict[str, int] = {name: user_id for name, user_id in rows}  # noqa: C416 - not tuples
    slow = [(ids[user.name], in_columns(user.slow_hash)[0], stamp) for user in users]
    hashes = [value for row in slow if row[1] for value in row]
    bulk.insert_rows(connection, PASSWORD, _PASSWORD_COLUMNS, hashes)
    return len(users)


def set_password(connection: Connection, name: str, slow_hash: str, now: int) -> None:
    """Give a user another password; browsers that stayed signed in are so no longer.

    Raises:
        RefusedError: there is no such user.
    """
    set_password_of(connection, _user_id(connection, name), slow_hash, now)


def set_password_of(connection: Connection, user_id: int, slow_hash: str, now: int) -> None:
    """Do the same for the user with an id, who exists."""
    slow, legacy, salt = in_columns(slow_hash)
    connection.execute(update(USER).where(USER.c.id == user_id).values(password=legacy, salt=salt))
    _set_hash(connection, user_id, slow, now)
    session_tokens.revoke(connection, user_id)


def disable(connection: Connection, name: str, now: int) -> None:
    """Let a user log in no more; clients learn of it at their next incremental pull.

    Raises:
        RefusedError: there is no such user.
    """
    user_id, stamp = _user_id(connection, name), change_time(connection, USER, now)
    gone = update(USER).where(USER.c.id == user_id).values(status=LEFT, updated=stamp)
    connection.execute(gone)
    session_tokens.revoke(connection, user_id)


def list_accounts(connection: Connection) -> list[Account]:
    """Every user, by id."""
    user = USER.c
    department = func.coalesce(DEPART.c.departName, "")
    columns = (user.id, user.name, user.nick, department, user.phone, user.email, user.sex)
    rows = connection.execute(
        select(*columns, func.coalesce(user.status, 0))
        .select_from(USER)
        .outerjoin(DEPART, DEPART.c.id == user.departId)
        .order_by(user.id)
    )
    return [Account(*row) for row in rows]


def _user_id(connection: Connection, name: str) -> int:
    row = select(USER.c.id).where(USER.c.name == name)
    user_id: int | None = connection.execute(row).scalar()
    if user_id is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no user {name!r}")
    return user_id


def _set_hash(connection: Connection, user_id: int, slow_hash: str, now: int) -> None:
    known = select(PASSWORD.c.userId).where(PASSWORD.c.userId == user_id)
    if connection.execute(known).first() is None:
        bulk.insert_rows(connection, PASSWORD, _PASSWORD_COLUMNS, (user_id, slow_hash, now))
        return
    row = update(PASSWORD).where(PASSWORD.c.userId == user_id)
    connection.execute(row.values(hash=slow_hash, updated=now))


def _user_values(user: NewUser, stamp: int) -> tuple[Any, ...]:
    domain, nick = user.domain or user.name, user.nick or user.name
    _, legacy, salt = in_columns(user.slow_hash)
    texts = (user.sex, user.name, domain, nick, legacy, salt, user.phone, user.email)
    return (*texts, user.department_id, 0, stamp, stamp)


def _check(user: NewUser) -> None:
    check_text("a user's name", user.name, _WIDTHS["name"])
    for field in ("domain", "nick", "phone", "email"):
        value = getattr(user, field)
        if value:
            check_text(f"the {field} of {user.name!r}", value, _WIDTHS[field])
    if user.sex not in (0, 1, 2):
        text = f"the sex of {user.name!r} is 0 (unknown), 1 (male) or 2 (female)"
        raise RefusedError(ErrorCode.NOT_ALLOWED, text)


def _refuse_taken(connection: Connection, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RefusedError(ErrorCode.NOT_ALLOWED, f"the name {name!r} comes twice")
        seen.add(name)
    for (taken,) in _existing(connection, names):
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"the name {taken!r} is taken")


def _existing(connection: Connection, names: Sequence[str]) -> Iterable[Sequence[Any]]:
    return bulk.find_rows(connection, USER, ("name",), ("name",), names)
