"""The console as other programs see it: sessions, forged requests, brute force, bounds."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from acceptance.client import eventually
from acceptance.people import People
from acceptance.suite import Suite
from hongyan.web.console.export import line
from web.administrator import PASSWORD, console_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.asyncio(loop_scope="session")
CREDENTIALS = {"name": "root", "password": PASSWORD}


@pytest.fixture(scope="module")
def suite(console_suite: Suite) -> Suite:
    return console_suite


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    async with httpx.AsyncClient(base_url=f"{console_url(suite)}/api/", trust_env=False) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def admin(suite: Suite) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is signed in and shows the right token."""
    async with httpx.AsyncClient(base_url=f"{console_url(suite)}/api/", trust_env=False) as client:
        answer = await client.post("sign-in", json=CREDENTIALS)
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        yield client


async def test_the_cookie_is_for_the_console_alone(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("sign-in", json=CREDENTIALS)
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/admin", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    behind_tls = await stranger.post("sign-in", json=CREDENTIALS, headers={"x-forwarded-proto": "https"})
    assert "Secure" in behind_tls.headers["set-cookie"].split("; ")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["csrf"] not in cookie


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "session"),
        ("GET", "users.csv"),
        ("POST", "do/user.find"),
        ("POST", "do/user.add"),
        ("POST", "kick"),
        ("GET", "nothing"),
    ],
)
async def test_without_a_session_there_is_nothing(
    stranger: httpx.AsyncClient, method: str, path: str
) -> None:
    for cookie in ({}, {"hongyan_admin": "x" * 43}):
        stranger.cookies = httpx.Cookies(cookie)
        answer = await stranger.request(method, path, json={})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_a_forged_request_changes_nothing(admin: httpx.AsyncClient, suite: Suite) -> None:
    user = {"name": "forged", "password": "x"}
    for headers in (
        {"x-csrf-token": ""},
        {"x-csrf-token": "x" * 43},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        answer = await admin.post("do/user.add", json=user, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), headers
    form = await admin.post("do/user.add", data=user)
    assert form.status_code == 415
    assert (await admin.post("do/user.find", json={"text": "forged"})).json()["total"] == 0
    own = await admin.post(
        "do/user.add", json=user, headers={"origin": f"http://{suite.addresses['login_http']}"}
    )
    assert own.status_code == 200


async def test_a_foreign_page_signs_nobody_in(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("sign-in", json=CREDENTIALS, headers={"origin": "http://evil.example"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_signing_out_ends_the_session_and_not_only_the_cookie(admin: httpx.AsyncClient) -> None:
    kept = dict(admin.cookies)
    assert (await admin.post("sign-out", json={})).status_code == 200
    assert not admin.cookies
    admin.cookies = httpx.Cookies(kept)
    assert (await admin.get("session")).status_code == 401


async def test_another_password_ends_every_session(suite: Suite, stranger: httpx.AsyncClient) -> None:
    suite.admin("admin", "add", "second", "--password", "a long password")
    answer = await stranger.post("sign-in", json={"name": "second", "password": "a long password"})
    stranger.headers["x-csrf-token"] = answer.json()["csrf"]
    wrong = await stranger.post("password", json={"old": "not it", "new": "another password"})
    assert (wrong.status_code, (await stranger.get("session")).status_code) == (409, 200)
    short = await stranger.post("password", json={"old": "a long password", "new": "short"})
    assert short.status_code == 400
    kept = dict(stranger.cookies)
    done = await stranger.post("password", json={"old": "a long password", "new": "another password"})
    assert done.status_code == 200
    stranger.cookies = httpx.Cookies(kept)
    assert (await stranger.get("session")).status_code == 401


async def test_only_what_the_console_offers_can_be_called(admin: httpx.AsyncClient) -> None:
    for name in ("admin.sign_in", "key.check", "webhook.claim", "conversation.history", "nothing"):
        answer = await admin.post(f"do/{name}", json={})
        assert answer.status_code == 404, name
    assert (await admin.get("do/user.find")).status_code == 404


async def test_bad_and_huge_requests_are_declined(admin: httpx.AsyncClient) -> None:
    for body in (b"", b"{", b"[]", b'{"text": 1}', b'{"unknown": 1}', b'{"text": "' + b"x" * 65 + b'"}'):
        answer = await admin.post("do/user.find", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), body
    huge = await admin.post("do/user.find", json={"text": "x" * 200_000})
    assert huge.status_code == 413
    huge = await admin.post("do/user.import", json={"csv": "x" * 9_000_000})
    assert huge.status_code == 413


async def test_what_is_done_is_in_the_log_without_passwords(admin: httpx.AsyncClient) -> None:
    made = await admin.post("do/user.add", json={"name": "logged", "password": "very secret"})
    user_id = made.json()["id"]
    await admin.post("kick", json={"id": user_id})
    await admin.post("do/user.password", json={"id": user_id, "password": "very secret too"})
    log = (await admin.post("do/audit.find", json={"limit": 3})).json()["entries"]
    assert [entry["operation"] for entry in log] == ["user.password", "user.kick", "user.add"]
    assert {entry["actor"] for entry in log} == {"admin:root"}
    assert {entry["address"] for entry in log} == {"127.0.0.1"}
    assert {entry["target"] for entry in log} == {str(user_id)}
    assert "secret" not in json.dumps(log)


async def test_who_is_online_is_listed_and_can_be_kicked(admin: httpx.AsyncClient, people: People) -> None:
    client = await people.online()
    listed = (await admin.post("online", json={"text": client.user.name})).json()["users"]
    assert [(one["name"], len(one["client_types"])) for one in listed if one["name"] == client.user.name] == [
        (client.user.name, 1)
    ]
    everybody = (await admin.post("online", json={})).json()
    assert everybody["total"] >= 1
    assert client.user.name in {one["name"] for one in everybody["users"]}
    assert (await admin.post("kick", json={"id": listed[0]["id"]})).status_code == 200
    await client.expect("IMKickUser")
    assert (await admin.post("kick", json={"id": listed[0]["id"], "device": "pc"})).status_code == 404
    nobody = await admin.post("online", json={"text": "no such person"})
    assert nobody.json()["users"] == []


async def test_one_device_can_be_kicked_and_the_others_stay(admin: httpx.AsyncClient, people: People) -> None:
    pc = await people.online()
    page = await people.online(pc.user, device_kind="web:1")
    user_id = pc.user_id

    async def devices() -> list[str]:
        listed = (await admin.post("online", json={"text": pc.user.name})).json()["users"]
        return next((one["devices"] for one in listed if one["id"] == user_id), [])

    assert sorted(await eventually(devices, lambda found: len(found) == 2, "both")) == ["kind:web:1", "pc"]
    assert (await admin.post("kick", json={"id": user_id, "device": "kind:web:1"})).status_code == 200
    await page.expect("IMKickUser")
    assert await eventually(devices, lambda found: len(found) == 1, "one") == ["pc"]
    assert await pc.arrived("IMKickUser") == []
    log = (await admin.post("do/audit.find", json={"limit": 1})).json()["entries"]
    assert log[0]["target"] == f"{user_id} kind:web:1"


async def test_the_export_has_everybody_and_no_formulas(admin: httpx.AsyncClient) -> None:
    crowd = "name,password\n" + "".join(f"exported{number},pw\n" for number in range(3))
    assert (await admin.post("do/user.import", json={"csv": crowd})).json()["faults"] == []
    await admin.post("do/user.add", json={"name": "exported=", "password": "x", "nick": "=1+1"})
    answer = await admin.get("users.csv", params={"text": "exported", "department_id": "", "active": "true"})
    assert answer.headers["content-disposition"] == 'attachment; filename="users.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["exported0", "exported1", "exported2", "exported="]
    assert rows[-1]["nick"] == "'=1+1"
    assert "password" not in rows[0]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
async def test_a_cell_that_would_be_a_formula_is_text(cell: str) -> None:
    read = next(csv.reader(io.StringIO(line(("a", cell)).decode(), newline="")))
    assert read == ["a", f"'{cell}"]


async def seconds_for_a_guess(stranger: httpx.AsyncClient, address: int) -> float:
    """From an address of its own, so that the other tests are not slowed."""
    headers = {"x-forwarded-for": f"192.0.2.{address}"}
    answer = await stranger.post("sign-in", json={"name": "root", "password": "guess"}, headers=headers)
    assert answer.status_code == 401
    return answer.elapsed.total_seconds()


async def test_guessing_becomes_slow_and_then_impossible(suite: Suite, stranger: httpx.AsyncClient) -> None:
    slow_s = 0.9  # a second is the third penalty; without one, the best of several takes less on any machine
    assert max([await seconds_for_a_guess(stranger, 7) for _ in range(6)]) > slow_s
    assert min([await seconds_for_a_guess(stranger, 100 + at) for at in range(6)]) < slow_s
    elsewhere = await stranger.post("sign-in", json=CREDENTIALS)
    assert elsewhere.status_code == 200, "nobody is locked out by a stranger"
    log = suite.server.log_text()
    assert PASSWORD not in log


async def test_its_pages_run_nothing_but_their_own_scripts(stranger: httpx.AsyncClient, suite: Suite) -> None:
    page = await stranger.get(console_url(suite))
    rules = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["form-action"] == "'none'"
    moved = await stranger.get(f"{console_url(suite)}/")
    assert moved.headers["location"] == "/admin"
