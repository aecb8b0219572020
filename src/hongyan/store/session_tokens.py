"""Session tokens: what a browser keeps in the place of the password, stored as a digest only.

A token is 256 random bits, so a plain digest protects it as well as a slow one would.
"""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, delete, select, update

from hongyan.store.schema import SESSION_TOKEN
from hongyan.store.teamtalk import USER

MAX_TOKENS: Final = 20
"""Tokens of one user; one more ends the one that was unused for longest."""
DAY_S: Final = 86_400


def new_token() -> str:
    """Make a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return sha256(token.encode()).hexdigest()


def add(connection: Connection, user_id: int, token: str, now: int) -> None:
    """Let the user log in with a token."""
    row = SESSION_TOKEN.c
    newest_first = select(row.digest).where(row.userId == user_id).order_by(row.used.desc(), row.digest)
    held: Sequence[str] = connection.execute(newest_first).scalars().all()
    surplus = held[MAX_TOKENS - 1 :]
    if surplus:
        connection.execute(delete(SESSION_TOKEN).where(row.digest.in_(surplus)))
    values = {"digest": digest(token), "userId": user_id, "created": now, "used": now}
    connection.execute(SESSION_TOKEN.insert().values(values))


def find_user(connection: Connection, name: str, token: str, oldest_use: int) -> tuple[int, int] | None:
    """Return the user whom a token lets in under this name, and when it was last used.

    Args:
        connection: to read by.
        name: of the user; a token is good for its own user only.
        token: as the client sent it.
        oldest_use: a token that was last used before this time is good no longer.
    """
    row = SESSION_TOKEN.c
    found = connection.execute(
        select(row.userId, row.used)
        .select_from(SESSION_TOKEN)
        .join(USER, USER.c.id == row.userId)
        .where(row.digest == digest(token), USER.c.name == name, USER.c.status == 0, row.used >= oldest_use)
    ).first()
    return None if found is None else (found[0], found[1])


def touch(connection: Connection, token: str, now: int, oldest_use: int) -> None:
    """Note that a token was used, and forget those that nobody has used for too long."""
    row = SESSION_TOKEN.c
    connection.execute(update(SESSION_TOKEN).where(row.digest == digest(token)).values(used=now))
    connection.execute(delete(SESSION_TOKEN).where(row.used < oldest_use))


def revoke(connection: Connection, user_id: int, token: str | None = None) -> None:
    """End one token of a user, or all of them."""
    row = SESSION_TOKEN.c
    statement = delete(SESSION_TOKEN).where(row.userId == user_id)
    if token is not None:
        statement = statement.where(row.digest == digest(token))
    connection.execute(statement)
