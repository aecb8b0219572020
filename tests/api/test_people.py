"""Users, departments, groups and presence by the API, as clients see them."""

import asyncio
from typing import Any

import pytest

from hongyan.client import Client, Kicked, LoginRefused, MembersChanged, Options

from .running import PASSWORD, TIMING, Api, ApiSuite


async def test_a_user_is_made_changed_and_shut_out(suite: ApiSuite, api: Api) -> None:
    made = await api.ask("POST", "/users", 201, name="neu", password="first", nick="Neu")
    user = f"/users/{made['id']}"
    assert (await api.ask("POST", "/users", 409, name="neu", password="x"))["code"] == "not_allowed"
    edited = await api.ask("PATCH", user, nick="Neuer", sex="female", email="n@example.org")
    assert (edited["nick"], edited["sex"], edited["active"]) == ("Neuer", "female", True)
    await api.ask("PUT", f"{user}/password", 204, password="second")
    url = f"http://{suite.addresses['login_http']}"
    with pytest.raises(LoginRefused):
        async with Client(url, "neu", "first"):
            pass
    async with Client(url, "neu", "second", options=Options(timing=TIMING)) as client:
        assert client.user.nick == "Neuer"
        await api.ask("PATCH", user, active=False)
        with pytest.raises(Kicked):
            async with asyncio.timeout(40):
                await anext(client.messages())
    found = await api.ask("GET", "/users?text=neu&active=false")
    assert [one["id"] for one in found["users"]] == [made["id"]]
    entries = (await api.ask("GET", "/audit?text=user.password"))["entries"]
    assert (entries[0]["actor"], "second" in str(entries)) == ("key:everything", False)


async def test_users_come_in_pages(api: Api) -> None:
    first = await api.ask("GET", "/users?limit=4")
    second = await api.ask("GET", f"/users?limit=4&after={first['next']}")
    assert [one["name"] for one in first["users"] + second["users"]] == [f"u{n}" for n in range(1, 9)]


async def test_departments(api: Api) -> None:
    top = await api.ask("POST", "/departments", 201, name="Top")
    below = await api.ask("POST", "/departments", 201, name="Below", parent_id=top["id"])
    assert (await api.ask("PATCH", f"/departments/{below['id']}", priority=7))["priority"] == 7
    await api.ask("DELETE", f"/departments/{top['id']}", 409)
    await api.ask("DELETE", f"/departments/{below['id']}", 204)
    assert below["id"] not in {one["id"] for one in (await api.ask("GET", "/departments"))["departments"]}
    await api.ask("PATCH", "/departments/999999", 404, name="x")


async def test_members_of_a_group_hear_of_changes_at_once(suite: ApiSuite, api: Api) -> None:
    async with suite.client("u1") as one:
        events = one.events()
        group = await api.ask("POST", "/groups", 201, name="API", member_ids=[1, 2])
        path = f"/groups/{group['id']}"
        assert (group["type"], group["member_ids"]) == ("normal", [1, 2])
        made = await until_changed(events)
        assert (made.group_id, made.was_added, set(made.changed_ids)) == (group["id"], True, {1, 2})
        await api.ask("POST", f"{path}/members", user_ids=[3])
        assert (await until_changed(events)).changed_ids == (3,)
        await api.ask("DELETE", f"{path}/members/2")
        change = await until_changed(events)
        assert (change.was_added, change.changed_ids, set(change.member_ids)) == (False, (2,), {1, 3})
    assert (await api.ask("PATCH", path, name="Other"))["name"] == "Other"
    assert (await api.ask("GET", path))["member_ids"] == [1, 3]
    found = await api.ask("GET", "/groups?member_id=3")
    assert group["id"] in {each["id"] for each in found["groups"]}
    await api.ask("DELETE", path, 204)
    await api.ask("GET", path, 404)
    await api.ask("POST", "/groups", 404, name="x", member_ids=[1, 999999])


async def until_changed(events: Any) -> MembersChanged:
    async with asyncio.timeout(40):
        async for event in events:
            if isinstance(event, MembersChanged):
                return event
    raise AssertionError("the client was closed")


async def test_who_is_online_is_seen_and_can_be_kicked(suite: ApiSuite, api: Api) -> None:
    async with suite.client("u8") as eight:
        async with asyncio.timeout(40):
            found = await api.ask("GET", "/presence?user_id=8&user_id=9")
            while not found["devices"]:  # route_server hears of the login a moment later
                found = await api.ask("GET", "/presence?user_id=8&user_id=9")
        assert found["devices"] == [{"user_id": 8, "client_type": "windows", "device": "pc"}]
        await api.ask("POST", "/users/8/kick", 204)
        with pytest.raises(Kicked):
            async with asyncio.timeout(40):
                await anext(eight.messages())
    await api.ask("POST", "/users/999999/kick", 404)


async def test_one_device_is_kicked_and_the_others_stay(suite: ApiSuite, api: Api) -> None:
    user = (await api.ask("POST", "/users", 201, name="both", password=PASSWORD))["id"]
    async with suite.client("both") as pc, suite.client("both", device_kind="web:1") as page:
        async with asyncio.timeout(40):
            while len(found := (await api.ask("GET", f"/presence?user_id={user}"))["devices"]) < 2:
                pass
        assert {one["device"] for one in found} == {"pc", "kind:web:1"}
        await api.ask("POST", f"/users/{user}/devices/mobile/kick", 404)
        await api.ask("POST", f"/users/{user}/devices/desktop/kick", 422)
        await api.ask("POST", f"/users/{user}/devices/kind:web:1/kick", 204)
        with pytest.raises(Kicked):
            async with asyncio.timeout(40):
                await anext(page.messages())
        sent = await api.ask("POST", "/messages", 201, from_user_id=1, to_user_id=user, text="still there?")
        async with asyncio.timeout(40):
            assert (await anext(pc.messages())).msg_id == sent["msg_id"]
    entry = (await api.ask("GET", "/audit?text=user.kick"))["entries"][0]
    assert entry["target"] == f"{user} kind:web:1"


async def test_discovery_entries(api: Api) -> None:
    made = await api.ask("POST", "/discovery", 201, name="Wiki", url="https://wiki.example.org/")
    await api.ask("PATCH", f"/discovery/{made['id']}", name="The wiki")
    assert [one["name"] for one in (await api.ask("GET", "/discovery"))["entries"]] == ["The wiki"]
    await api.ask("DELETE", f"/discovery/{made['id']}", 204)
