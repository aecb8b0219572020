"""Who may ask the API, and how often."""

import asyncio

from hongyan.administration.keys import new_token

from .running import ApiSuite


async def test_without_a_key_that_is_in_use_nothing_is_answered(suite: ApiSuite) -> None:
    async with suite.api() as nobody:
        answer = await nobody.get("/api/v1/users")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert (await nobody.get("/api/v1/openapi.json")).status_code == 200
    for token in ("x", "hy_", new_token().text):
        async with suite.api(token) as stranger:
            assert (await stranger.get("/api/v1/me")).status_code == 401


async def test_a_key_does_what_its_scopes_say_and_no_more(suite: ApiSuite) -> None:
    async with suite.api(suite.key("reader", ["users:read"])) as api:
        assert (await api.ask("GET", "/me"))["scopes"] == ["users:read"]
        assert (await api.ask("GET", "/users/1"))["name"] == "u1"
        for method, path in (("PATCH", "/users/1"), ("DELETE", "/departments/1"), ("GET", "/users/1/unread")):
            refused = await api.ask(method, path, 403, **({"nick": "x"} if method == "PATCH" else {}))
            assert refused["code"] == "forbidden"


async def test_a_revoked_key_ends_within_seconds(suite: ApiSuite) -> None:
    async with suite.api(suite.key("leaver", ["users:read"])) as api:
        await api.ask("GET", "/me")
        suite.admin("api-key", "revoke", "leaver")
        async with asyncio.timeout(40):
            while (await api.get("/api/v1/me")).status_code != 401:  # noqa: ASYNC110 - nothing tells when a server forgets a key
                await asyncio.sleep(0.05)


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(suite: ApiSuite) -> None:
    async with suite.api(suite.key("eager", ["users:read"], per_minute=3)) as api:
        for _ in range(3):
            await api.ask("GET", "/me")
        answer = await api.get("/api/v1/me")
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 20


async def test_a_request_that_is_too_long_is_refused(suite: ApiSuite, whole_key: str) -> None:
    async with suite.api(whole_key) as api:
        answer = await api.post("/api/v1/users", content=b"[" * 2_000_000)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        deep = await api.post(
            "/api/v1/users", content=b"[" * 500_000, headers={"content-type": "application/json"}
        )
        assert deep.status_code in {400, 422}
