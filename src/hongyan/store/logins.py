"""What checking a login needs, for many logins with one query."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection, Dialect, bindparam, select

from hongyan.store import bulk
from hongyan.store.passwords import Credentials
from hongyan.store.schema import PASSWORD
from hongyan.store.teamtalk import USER
from hongyan.store.users import COLUMNS, UserRow, user_row

_IN_MEMORY: Final = 16_384
"""Users. Their rows fill some 30 MiB where each has a page of its own."""
_ACCOUNTS: Final = (
    select(PASSWORD.c.hash, USER.c.password, USER.c.salt, *COLUMNS)
    .select_from(USER)
    .outerjoin(PASSWORD, PASSWORD.c.userId == USER.c.id)
)


class Account(NamedTuple):
    """A user who wants in: what his password must fit, and who he is."""

    credentials: Credentials
    user: UserRow


class LatelyRead:
    """The names whose rows were read last, so many that their pages are sure to be in memory."""

    def __init__(self, limit: int = _IN_MEMORY) -> None:
        self._limit = limit
        self._names: dict[str, None] = {}  # the latest at the end

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def note(self, names: Iterable[str]) -> None:
        """These were read now; those that were not for the longest time are forgotten."""
        known = self._names
        for name in names:
            known.pop(name, None)
            known[name] = None
        while len(known) > self._limit:
            del known[next(iter(known))]


def accounts_named(connection: Connection, names: Sequence[str]) -> dict[str, Account]:
    """The accounts of these names; names that nobody has are left out."""
    found = _find(connection, names)
    if found.keys() <= set(names):
        return found
    # MariaDB knows a name by other spellings too; it says itself whose each one is.
    for name in set(names) - found.keys():
        for account in _find(connection, [name]).values():
            found[name] = account
    return found


def _find(connection: Connection, names: Sequence[str]) -> dict[str, Account]:
    found = {}
    for slow_hash, legacy, salt, *values in bulk.select_rows(connection, _named, names):
        user = user_row(values)
        credentials = Credentials(user.user_id, user.status, slow_hash or "", legacy, salt)
        found[user.name] = Account(credentials, user)
    return found


@lru_cache(maxsize=64)
def _named(dialect: Dialect, count: int) -> str:
    names = [bindparam(bulk.place_name(0, row), type_=USER.c.name.type) for row in range(count)]
    return bulk.text(dialect, _ACCOUNTS.where(USER.c.name.in_(names)))
