"""What checking a login needs, for many logins with one query."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from hongyan.store.passwords import Credentials
from hongyan.store.schema import PASSWORD
from hongyan.store.teamtalk import USER
from hongyan.store.users import COLUMNS, UserRow, user_row

# Made once: putting it together takes longer than running it.
_NAMED: Final = (
    select(func.coalesce(PASSWORD.c.hash, ""), USER.c.password, USER.c.salt, *COLUMNS)
    .select_from(USER)
    .outerjoin(PASSWORD, PASSWORD.c.userId == USER.c.id)
    .where(USER.c.name.in_(bindparam("names", expanding=True)))
)


class Account(NamedTuple):
    """A user who wants in: what his password must fit, and who he is."""

    credentials: Credentials
    user: UserRow


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
    for slow_hash, legacy, salt, *values in connection.execute(_NAMED, {"names": names}):
        user = user_row(values)
        credentials = Credentials(user.user_id, user.status, slow_hash, legacy, salt)
        found[user.name] = Account(credentials, user)
    return found
