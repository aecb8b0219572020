"""Who is online, and ending somebody's connections."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field

from hongyan.administration import users
from hongyan.administration.table import ById, Id, IdOrNone, Model
from hongyan.roles.http_msg.api.asking import Asker, may
from hongyan.roles.http_msg.api.parameters import Arguments, DeviceClass, UserId

router = APIRouter(tags=["presence"])
_KINDS: Final = {1: "windows", 2: "mac", 17: "ios", 18: "android"}


class PresenceQuery(Model):
    """Whose presence: some users', or everybody's a page at a time."""

    user_id: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    after: IdOrNone = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class OnlineDevice(Model):
    """One connection of a user; ``client_type`` is a number where it has no name here.

    ``device`` is ``pc``, ``mobile`` or, of a client that says what it is, such as ``kind:web``; a user has
    one of each at most.
    """

    user_id: int
    client_type: str
    device: str


class PresenceList(Model):
    """A page of devices by user id; ``next`` is the ``after`` of the next page, null on the last one."""

    devices: tuple[OnlineDevice, ...]
    users_online: int
    next: int | None


@router.get("/presence")
async def get_presence(
    asker: Annotated[Asker, may("presence:read")], query: Arguments[PresenceQuery]
) -> PresenceList:
    """List who is online. A page has a few devices more or less than asked: a user's stay together."""
    online = await asker.live.online(query.user_id, query.after, query.limit)
    devices = tuple(
        OnlineDevice(
            user_id=each.user_id,
            client_type=_KINDS.get(each.client_type, str(each.client_type)),
            device=each.class_,
        )
        for each in online.devices
    )
    more = devices[-1].user_id if devices and not query.user_id else None
    return PresenceList(devices=devices, users_online=online.total, next=more)


@router.post("/users/{user_id}/kick", status_code=HTTPStatus.NO_CONTENT)
async def kick_user(asker: Annotated[Asker, may("presence:write")], user_id: UserId) -> None:
    """End every connection of a user; nothing keeps him from coming back."""
    await asker.call(users.GET, ById(id=user_id))
    asker.live.kick(user_id)
    await asker.note("user.kick", user_id)


@router.post("/users/{user_id}/devices/{device}/kick", status_code=HTTPStatus.NO_CONTENT)
async def kick_device(
    asker: Annotated[Asker, may("presence:write")], user_id: UserId, device: DeviceClass
) -> None:
    """End the connection of one device of a user, named as in the list of who is online."""
    await asker.call(users.GET, ById(id=user_id))
    await asker.live.kick_device(user_id, device)
    await asker.note("user.kick", f"{user_id} {device}")
