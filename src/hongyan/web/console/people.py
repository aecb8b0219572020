"""Who is online where, kicks, and the export of users."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hongyan.administration import admins, departments, users
from hongyan.administration.admins import Noted
from hongyan.administration.calls import Administration
from hongyan.administration.live import Device, Live
from hongyan.administration.table import Id, IdOrNone, Model, Nothing
from hongyan.administration.users import Ids, UserQuery, Users
from hongyan.web.console.export import HEADER, line, lines_of
from hongyan.web.console.gate import Admin
from hongyan.web.console.http import HEADERS, answer, body_of

MAX_BODY_BYTES: Final = 4096
_PAGE: Final = 1000
_ONLINE_PAGE: Final = 200
_DEVICES_OF_ONE: Final = 16
"""A page ends before the user whose devices it has no room for, so a full one may be short by that many."""


class OnlineQuery(Model):
    """Whom to look for; no text means everybody."""

    text: Annotated[str, Field(max_length=64)] = ""
    after: IdOrNone = 0


class OnlineUser(Model):
    """A user who is online, and with what; ``client_types``, ``devices`` and ``servers`` go together."""

    id: int
    name: str
    nick: str
    client_types: tuple[int, ...]
    devices: tuple[str, ...]
    servers: tuple[str, ...]


class OnlineUsers(Model):
    """A page, by id; ``next`` is the ``after`` of the next one."""

    users: tuple[OnlineUser, ...]
    total: int
    next: int | None


class Kick(Model):
    """Whose connections to end: all of them, or that of one device, named as in the list."""

    id: Id
    device: Annotated[str, Field(max_length=64)] = ""


class People:
    """Answers for the pages about people."""

    def __init__(self, administration: Administration, live: Live) -> None:
        self._administration = administration
        self._live = live

    async def online(self, request: Request, admin: Admin) -> Response:
        """List who is online where."""
        query = OnlineQuery.model_validate_json(await body_of(request, MAX_BODY_BYTES))
        wanted: tuple[int, ...] = ()
        if query.text:
            found = await self._find(UserQuery(text=query.text, limit=_PAGE), admin)
            wanted = tuple(user.id for user in found.users)
            if not wanted:
                return answer(OnlineUsers(users=(), total=0, next=None))
        online = await self._live.online(wanted, query.after, _ONLINE_PAGE)
        people = await self._named(_by_user(online.devices), admin)
        is_full = len(online.devices) > _ONLINE_PAGE - _DEVICES_OF_ONE
        following = people[-1].id if is_full else None
        total = len(people) if wanted else online.total
        return answer(OnlineUsers(users=people, total=total, next=following))

    async def kick(self, request: Request, admin: Admin) -> Response:
        """End a user's connections, or one of them, and note it in the log."""
        who = Kick.model_validate_json(await body_of(request, MAX_BODY_BYTES))
        if who.device:
            await self._live.kick_device(who.id, who.device)
        else:
            self._live.kick(who.id)
        noted = Noted(operation="user.kick", target=f"{who.id} {who.device}".rstrip())
        await self._administration(admins.NOTE, noted, admin.caller)
        return answer(Nothing())

    async def export(self, request: Request, admin: Admin) -> Response:
        """Give the users that a search finds as CSV."""
        asked = request.query_params
        query = UserQuery.model_validate(
            {
                "text": asked.get("text", ""),
                "department_id": asked.get("department_id") or None,
                "active": asked.get("active") or None,
                "limit": _PAGE,
            }
        )
        listed = await self._administration(departments.LIST, Nothing(), admin.caller)
        places = {one.id: one.name for one in listed.departments}
        first = await self._find(query, admin)
        noted = Noted(operation="user.export", target=f"{first.total} users")
        await self._administration(admins.NOTE, noted, admin.caller)
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="users.csv"'}
        rows = self._rows(query, first, places, admin)
        return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)

    async def _rows(
        self, query: UserQuery, page: Users, places: dict[int, str], admin: Admin
    ) -> AsyncIterator[bytes]:
        yield "\ufeff".encode() + line(HEADER)  # without the mark, Excel takes it for another encoding
        while True:
            yield lines_of(page.users, places)
            if page.next is None:
                return
            page = await self._find(query.model_copy(update={"after": page.next}), admin)

    async def _find(self, query: UserQuery, admin: Admin) -> Users:
        return await self._administration(users.FIND, query, admin.caller)

    async def _named(self, devices: dict[int, list[Device]], admin: Admin) -> tuple[OnlineUser, ...]:
        if not devices:
            return ()
        known = await self._administration(users.NAMES, Ids(ids=tuple(devices)), admin.caller)
        return tuple(
            OnlineUser(
                id=user_id,
                name=known.names.get(user_id, ("", ""))[0],
                nick=known.names.get(user_id, ("", ""))[1],
                client_types=tuple(device.client_type for device in own),
                devices=tuple(device.class_ for device in own),
                servers=tuple(device.server.removeprefix("route - ") for device in own),
            )
            for user_id, own in devices.items()
        )


def _by_user(devices: tuple[Device, ...]) -> dict[int, list[Device]]:
    found: dict[int, list[Device]] = {}
    for device in devices:
        found.setdefault(device.user_id, []).append(device)
    return found
