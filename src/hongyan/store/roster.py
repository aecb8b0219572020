"""Users as administrators find and change them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import accounts, bulk, session_tokens
from hongyan.store.departments import check_in_use
from hongyan.store.stamps import change_time
from hongyan.store.teamtalk import USER
from hongyan.store.users import LEFT

ACTIVE: Final = 0


class Person(NamedTuple):
    """A user without anything secret."""

    user_id: int
    name: str
    nick: str
    domain: str
    sex: int
    phone: str
    email: str
    avatar: str
    department_id: int
    sign_info: str
    status: int
    created: int
    updated: int


class Search(NamedTuple):
    """Which users; None and "" keep everybody. ``after`` is the last id of the page before."""

    text: str = ""
    department_id: int | None = None
    active: bool | None = None
    after: int = 0
    limit: int = 100


_NAMES = (
    *("id", "name", "nick", "domain", "sex", "phone", "email", "avatar"),
    *("departId", "sign_info", "status", "created", "updated"),
)
_COLUMNS = tuple(USER.c[name] for name in _NAMES)


def find(connection: Connection, search: Search) -> list[Person]:
    """A page of users, by id."""
    rows = select(*_COLUMNS).where(*_conditions(search), USER.c.id > search.after)
    return [_person(row) for row in connection.execute(rows.order_by(USER.c.id).limit(search.limit))]


def count(connection: Connection, search: Search) -> int:
    """How many users there are on all pages together."""
    rows = select(func.count()).select_from(USER).where(*_conditions(search))
    total: int = connection.execute(rows).scalar_one()
    return total


def get(connection: Connection, user_id: int) -> Person:
    """One user.

    Raises:
        RefusedError: there is none with this id.
    """
    row = connection.execute(select(*_COLUMNS).where(USER.c.id == user_id)).first()
    if row is None:
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no user {user_id}")
    return _person(row)


def names(connection: Connection, user_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Name and nick of those of these users who exist."""
    rows = bulk.find_rows(connection, USER, ("id",), ("id", "name", "nick"), sorted(set(user_ids)))
    return {user_id: (name, nick) for user_id, name, nick in rows}


def check_exist(connection: Connection, user_ids: Sequence[int]) -> None:
    """Refuse ids that nobody has.

    Raises:
        RefusedError: naming the first one.
    """
    known = names(connection, user_ids) if user_ids else {}
    for user_id in user_ids:
        if user_id not in known:
            raise RefusedError(ErrorCode.NOT_FOUND, f"there is no user {user_id}")


def edit(connection: Connection, user_id: int, columns: Mapping[str, Any], now: int) -> Person:
    """Change columns of a user; clients hear of it at their next incremental pull.

    Browsers of a user who may no longer log in are signed in no longer.

    Args:
        connection: inside a transaction.
        user_id: who.
        columns: values by the name of the column, already of the right width.
        now: Unix seconds.

    Raises:
        RefusedError: no such user, or no such department.
    """
    if columns.get("departId"):
        check_in_use(connection, columns["departId"])
    stamp = change_time(connection, USER, now)
    changed = update(USER).where(USER.c.id == user_id).values(**columns, updated=stamp)
    connection.execute(changed)
    if columns.get("status", ACTIVE) != ACTIVE:
        session_tokens.revoke(connection, user_id)
    return get(connection, user_id)


def set_password(connection: Connection, user_id: int, slow_hash: str, now: int) -> None:
    """Give a user another password; browsers that stayed signed in are so no longer.

    Raises:
        RefusedError: there is no such user.
    """
    get(connection, user_id)
    accounts.set_password_of(connection, user_id, slow_hash, now)


def status_of(*, active: bool) -> int:
    """The value of IMUser.status."""
    return ACTIVE if active else LEFT


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    user, conditions = USER.c, []
    if search.text:
        fields = (user.name, user.nick, user.phone, user.email)
        conditions.append(or_(*(field.icontains(search.text, autoescape=True) for field in fields)))
    if search.department_id is not None:
        conditions.append(user.departId == search.department_id)
    if search.active is not None:
        status = func.coalesce(user.status, ACTIVE)
        conditions.append(status == ACTIVE if search.active else status != ACTIVE)
    return conditions


def _person(row: Sequence[Any]) -> Person:
    person = Person(*row)
    # The original's schema lets these two be NULL.
    return person._replace(avatar=person.avatar or "", status=person.status or 0)
