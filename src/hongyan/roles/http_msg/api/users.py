"""Users, and the tokens of their phones."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from hongyan.administration import conversations, users
from hongyan.administration.conversations import PushToken
from hongyan.administration.table import ById, Made, Model
from hongyan.administration.users import (
    Password,
    User,
    UserChange,
    UserEdit,
    UserNew,
    UserPassword,
    UserQuery,
    Users,
)
from hongyan.roles.http_msg.api.asking import Asker, may
from hongyan.roles.http_msg.api.parameters import Arguments, UserId

router = APIRouter(prefix="/users", tags=["users"])
Reader = Annotated[Asker, may("users:read")]
Writer = Annotated[Asker, may("users:write")]
Platform = Literal["ios", "android"]


class NewPassword(Model):
    """Another password."""

    password: Password


class Token(Model):
    """What the phone's push service calls it."""

    token: Annotated[str, Field(min_length=1, max_length=255)]


@router.get("")
async def find_users(asker: Reader, query: Arguments[UserQuery]) -> Users:
    """List users by id."""
    return await asker.call(users.FIND, query)


@router.post("", status_code=HTTPStatus.CREATED)
async def add_user(asker: Writer, user: UserNew) -> Made:
    """Make a user."""
    return await asker.call(users.ADD, user)


@router.get("/{user_id}")
async def get_user(asker: Reader, user_id: UserId) -> User:
    """Return a user."""
    return await asker.call(users.GET, ById(id=user_id))


@router.patch("/{user_id}")
async def edit_user(asker: Writer, user_id: UserId, change: UserEdit) -> User:
    """Change a user. Who is no longer active loses his connections, too."""
    user = await asker.call(users.EDIT, UserChange(id=user_id, change=change))
    if change.active is False:
        asker.live.kick(user_id)
    return user


@router.put("/{user_id}/password", status_code=HTTPStatus.NO_CONTENT)
async def set_password(asker: Writer, user_id: UserId, new: NewPassword) -> None:
    """Give a user another password. His connections stay."""
    await asker.call(users.PASSWORD, UserPassword(id=user_id, password=new.password))


@router.put("/{user_id}/push-tokens/{platform}", status_code=HTTPStatus.NO_CONTENT, tags=["push"])
async def set_push_token(
    asker: Annotated[Asker, may("push:write")], user_id: UserId, platform: Platform, new: Token
) -> None:
    """Set the token of a user's phone, instead of the one that he had."""
    await asker.call(
        conversations.SET_PUSH_TOKEN, PushToken(user_id=user_id, platform=platform, token=new.token)
    )


@router.delete("/{user_id}/push-tokens/{platform}", status_code=HTTPStatus.NO_CONTENT, tags=["push"])
async def remove_push_token(
    asker: Annotated[Asker, may("push:write")], user_id: UserId, platform: Platform
) -> None:
    """End the pushes to a user's phone."""
    await asker.call(conversations.SET_PUSH_TOKEN, PushToken(user_id=user_id, platform=platform, token=""))
