"""Push tokens of phones (spec/storage.md, 4.4)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store.redis_mirror import tell_token
from hongyan.store.schema import DEVICE_TOKEN
from hongyan.store.teamtalk import USER

IOS: Final = "ios"
ANDROID: Final = "android"
_MAX_TOKEN_CHARS = 255


class PushTarget(NamedTuple):
    """A phone that may be woken; ``quiet_at_night`` is what its user wishes."""

    user_id: int
    platform: str
    token: str
    quiet_at_night: bool


def set_token(connection: Connection, user_id: int, platform: str, token: str) -> None:
    """Store the token of a user's phone; an empty one, or an unknown platform, ends his pushes.

    A token names one phone: whoever had it before loses it, unlike in the original, where a phone
    that changed hands went on receiving the pushes of both.

    Raises:
        RefusedError: the token is longer than 255 characters.
    """
    if len(token) > _MAX_TOKEN_CHARS:
        limit = f"a device token has at most {_MAX_TOKEN_CHARS} characters"
        raise RefusedError(ErrorCode.TOO_LARGE, limit)
    phone = DEVICE_TOKEN.c
    replaced = or_(phone.userId == user_id, phone.token == token)
    void = connection.execute(select(phone.userId, phone.token).where(replaced)).all()
    tell_token(connection, user_id, platform, token, [(owner, old) for owner, old in void])
    connection.execute(delete(DEVICE_TOKEN).where(replaced))
    if token and platform in (IOS, ANDROID):
        row = {"userId": user_id, "platform": platform, "token": token}
        connection.execute(insert(DEVICE_TOKEN).values(row))


def remove_token(connection: Connection, user_id: int, token: str) -> None:
    """Forget a token that names no phone any more; a newer one of the user stays."""
    phone = DEVICE_TOKEN.c
    connection.execute(delete(DEVICE_TOKEN).where(phone.userId == user_id, phone.token == token))


def push_targets(connection: Connection, user_ids: Sequence[int]) -> list[PushTarget]:
    """The phones of these users, by the decimal string of the user's id."""
    phone = DEVICE_TOKEN.c
    rows = connection.execute(
        select(phone.userId, phone.platform, phone.token, USER.c.push_shield_status)
        .select_from(DEVICE_TOKEN)
        .outerjoin(USER, USER.c.id == phone.userId)
        .where(phone.userId.in_(user_ids))
    )
    targets = [PushTarget(user, platform, token, bool(shield)) for user, platform, token, shield in rows]
    return sorted(targets, key=lambda target: str(target.user_id))
