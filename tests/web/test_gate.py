"""The console's gate: how wrong passwords wait, and which files it gives away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hongyan.administration.admins import Session
from hongyan.errors import RefusedError
from hongyan.web.console.gate import MAX_SIGN_INS, Gate, check_origin
from hongyan.web.site import FOLDER, console_pages

from .test_files import ask


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def gate(clock: Clock, right: str = "right") -> Gate:
    async def administration(_operation: object, offered: Any, _caller: object) -> Session:
        await asyncio.sleep(0)
        return Session(admin_id=int(offered.password == right), name="root", csrf="c" * 43)

    stand_in: Any = administration
    return Gate(stand_in, "/admin", clock, clock.sleep)


def request(address: str = "192.0.2.1", **headers: str) -> Request:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": named, "client": (address, 1)})


async def test_wrong_passwords_are_spaced_further_and_further_apart() -> None:
    clock = Clock()
    door = gate(clock)
    for _ in range(8):
        with pytest.raises(HTTPException):
            await door.sign_in(request(), "root", "wrong")
    assert clock.waits == sorted(clock.waits)
    assert sum(clock.waits) > 5
    for name in ("other", "another"):  # the address has to wait whatever name it tries
        with pytest.raises(HTTPException):
            await door.sign_in(request(), name, "wrong")
    assert clock.waits[-1] >= 3
    waited = len(clock.waits)
    await door.sign_in(request("192.0.2.2"), "root", "right")
    assert len(clock.waits) == waited, "nobody elsewhere waits"


async def test_the_right_password_begins_anew() -> None:
    clock = Clock()
    door = gate(clock)
    for _ in range(5):
        with pytest.raises(HTTPException):
            await door.sign_in(request(), "root", "wrong")
    await door.sign_in(request(), "root", "right")
    waited = len(clock.waits)
    await door.sign_in(request(), "root", "right")
    assert len(clock.waits) == waited


async def test_a_flood_of_attempts_is_refused() -> None:
    door = gate(Clock())
    attempts = [door.sign_in(request(f"192.0.2.{n}"), "root", "wrong") for n in range(MAX_SIGN_INS + 5)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(result, RefusedError) for result in results) == 5
    await door.sign_in(request("198.51.100.1"), "root", "right")


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({"host": "a:1"}, True),
        ({"host": "a:1", "origin": "http://a:1"}, True),
        ({"host": "a", "origin": "https://a", "sec_fetch_site": "same-origin"}, True),
        ({"host": "a:1", "origin": "http://a:2"}, False),
        ({"host": "a", "origin": "null"}, False),
        ({"host": "a", "sec_fetch_site": "cross-site"}, False),
    ],
)
def test_requests_of_other_pages_are_told_from_ours(headers: dict[str, str], is_taken: bool) -> None:
    if is_taken:
        check_origin(request(**headers))
    else:
        with pytest.raises(HTTPException):
            check_origin(request(**headers))


async def test_only_what_the_pages_load_is_served() -> None:
    pages = console_pages("/admin")
    _, _, page = await ask(pages, "/admin")
    base = page.decode().split('src="')[1].split("admin/main.js")[0]
    assert (await ask(pages, f"{base}admin/main.js"))[0] == 200
    assert (await ask(pages, f"{base}client/vendor/lit-html/lit-html.js"))[0] == 200
    for path in FOLDER.rglob("*.py"):
        assert (await ask(pages, base + path.relative_to(FOLDER).as_posix()))[0] == 404
    assert (await ask(pages, f"{base}client/main.js"))[0] == 404
