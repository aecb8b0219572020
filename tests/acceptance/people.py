"""The people of one test: fresh users, and connections that are closed at its end."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from .browser import WebClient
from .client import (
    DEADLINE_S,
    WINDOWS,
    Client,
    ClosedError,
    Connection,
    Kind,
    User,
    eventually,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .suite import Cluster, Registry


class Place(Protocol):
    """Where people live: a suite or a cluster."""

    people: Registry
    addresses: dict[str, str]

    @property
    def msg(self) -> str: ...


class People:
    def __init__(self, place: Place) -> None:
        self.place = place
        self._open: list[Connection] = []

    @property
    def web(self) -> str:
        """Where a page in a browser connects to."""
        return f"ws://{self.place.addresses['msg_ws']}"

    async def close(self) -> None:
        for connection in self._open:
            await connection.close()

    async def connect(
        self, user: User | None = None, kind: Kind = WINDOWS, server: str | None = None
    ) -> Client:
        """A connection that has not logged in."""
        address = server or self.place.msg
        opener = WebClient if address.startswith("ws") else Client
        client = await opener.open(address, user=user, kind=kind)
        self._open.append(client)
        return client

    async def raw(self, address: str) -> Connection:
        connection = await Connection.open(address)
        self._open.append(connection)
        return connection

    async def user(self) -> User:
        """Somebody new, who is not online."""
        name = self.place.people.take_name()
        ids = self.place.people.ids
        if name not in ids:
            ids |= await self._read_ids(name)
        return User(name, ids[name])

    async def _read_ids(self, reader: str) -> dict[str, int]:
        client = await Client.open(self.place.msg, user=User(reader))
        await client.log_in()
        everybody = await client.ask("IMAllUserReq", latest_update_time=0)
        await client.ask("IMLogoutReq")
        await client.close()
        return {info.user_real_name: info.user_id for info in everybody.user_list}

    async def online(
        self,
        user: User | None = None,
        kind: Kind = WINDOWS,
        server: str | None = None,
        **login: Any,
    ) -> Client:
        """Somebody who has logged in: the given user, or a new one."""
        user = user or User(self.place.people.take_name())
        client = await self.connect(user, kind, server)
        await client.log_in(**login)
        return client

    async def login_code(self, server: str, user: User) -> int | None:
        """What a login there is answered with now; None when there is no answer."""
        try:
            client = await self.connect(user, server=server)
            return (await client.request_login()).result_code
        except (OSError, ClosedError):
            return None

    async def welcome_at(self, server: str, within_s: float = DEADLINE_S) -> None:
        """Waits until a msg_server has its links and lets people in."""
        user = User(self.place.people.take_name())
        await eventually(lambda: self.login_code(server, user), lambda code: code == 0, "login", within_s)


@asynccontextmanager
async def people_of(cluster: Cluster, deadline_s: float = DEADLINE_S) -> AsyncIterator[People]:
    """People of a cluster both of whose msg_servers take logins."""
    people = People(cluster)
    for server in (cluster.msg, cluster.msg2):
        await people.welcome_at(server, deadline_s)
    yield people
    await people.close()
