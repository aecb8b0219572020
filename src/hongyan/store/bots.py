"""Bots: users whose password is the token of their API key."""

from sqlalchemy import Connection

from hongyan.store import accounts, api_keys
from hongyan.store.accounts import NewUser
from hongyan.store.api_keys import KeyRow, NewKey


def add_bot(connection: Connection, key: NewKey, *, nick: str, slow_hash: str, now: int) -> KeyRow:
    """Make a user and a key of his, both under the key's name.

    Args:
        connection: inside a transaction.
        key: the key; whose it is, is filled in here.
        nick: the name that others see; empty means the key's name.
        slow_hash: of what a client sends for the token.
        now: Unix seconds.

    Raises:
        RefusedError: there is a user or a key of this name.
    """
    user_id = accounts.add_user(connection, NewUser(key.name, slow_hash, nick), now)
    return api_keys.add(connection, key._replace(user_id=user_id), now)
