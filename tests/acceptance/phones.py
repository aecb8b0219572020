"""Phones that are away, and the settings by which push_server takes a stand-in for Apple."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from .client import IOS, Client, User, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from push.stand_in import Request, StandIn

    from .people import People

HI = b"nnZSBwfPCz60q69ddmfIJA=="  # "hello", encrypted (spec/crypto.md 4)


def apns_table(stand_in: StandIn) -> str:
    """The table of push_server's configuration."""
    lines = [f'{key} = "{value}"' for key, value in stand_in.settings()["apns"].items()]
    return "\n".join(["[push.apns]", *lines, ""])


async def phone_of(people: People, user: User, token: str) -> Client:
    """The phone of a user, which has told its push token."""
    phone = await people.online(user, kind=IOS)
    await phone.ask("IMDeviceTokenReq", user_id=0, device_token=token)
    return phone


async def phone_away(people: People, token: str) -> User:
    """Somebody whose phone has told its push token and lost its connection."""
    user = await people.user()
    await (await phone_of(people, user, token)).close()
    return user


async def until_pushed(people: People, stand_in: StandIn, within_s: float) -> None:
    """Says hello to somebody new until it is pushed: the link to push_server may only be under way."""
    token = secrets.token_hex(32)
    sender, to = await people.online(), await phone_away(people, token)

    async def paths() -> set[str]:
        await sender.say(to.user_id, HI)
        return {stand_in.requests.get_nowait().path for _ in range(stand_in.requests.qsize())}

    await eventually(paths, lambda found: f"/3/device/{token}" in found, "push", within_s)


async def push_to(token: str, stand_in: StandIn) -> Request:
    """The next push to a phone; those to others are forgotten."""
    return (await pushes_until(token, stand_in))[-1]


async def pushes_until(token: str, stand_in: StandIn) -> list[Request]:
    """The pushes to all phones, up to the next one to this phone."""
    pushes = [await stand_in.take()]
    while token_of(pushes[-1]) != token:
        pushes.append(await stand_in.take())
    return pushes


def token_of(push: Request) -> str:
    """Whose phone it is for."""
    return push.path.removeprefix("/3/device/")


async def kept_tokens(database: Path, *tokens: str) -> set[str]:
    """Those of the tokens that the database has."""
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        return {row[0] for row in connection.execute("SELECT token FROM HyDeviceToken")} & {*tokens}
