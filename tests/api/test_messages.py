"""Messages by the API: delivered like any other, once, and in nobody else's name."""

import asyncio
from typing import Any

from hongyan.client import Client, Conversation, DeviceKind, Options, ReadElsewhere
from push.stand_in import StandIn

from .running import TIMING, Api, ApiSuite

BOT = Options(device_kind="bot", timing=TIMING)


async def until(events: Any, kind: type) -> Any:
    """The next event of a kind."""
    async with asyncio.timeout(40):
        async for event in events:
            if isinstance(event, kind):
                return event
    raise AssertionError("the client was closed")


async def next_message(client: Any) -> Any:
    async with asyncio.timeout(40):
        return await anext(client.messages())


async def test_a_message_reaches_both_sides_and_stands_in_the_history(suite: ApiSuite, api: Api) -> None:
    async with suite.client("u1") as one, suite.client("u2") as two:
        sent = await api.ask("POST", "/messages", 201, from_user_id=1, to_user_id=2, text="你好 😀")
        for client in (one, two):
            got = await next_message(client)
            assert (got.text, got.sender_id, got.msg_id) == ("你好 😀", 1, sent["msg_id"])
        answer = await two.send(Conversation.with_user(1), "hi")
    page = await api.ask("GET", "/users/1/conversations/single/2/messages?limit=2")
    assert [(each["msg_id"], each["text"]) for each in page["messages"]] == [
        (answer.msg_id, "hi"),
        (sent["msg_id"], "你好 😀"),
    ]
    older = await api.ask("GET", f"/users/1/conversations/single/2/messages?before={answer.msg_id}")
    assert older["messages"][0]["msg_id"] == sent["msg_id"]


async def test_a_repeat_is_stored_once_and_delivered_once(suite: ApiSuite, api: Api) -> None:
    body = {"from_user_id": 3, "to_user_id": 4, "text": "once", "client_msg_id": "order-17"}
    async with suite.client("u4") as four:
        first = await api.ask("POST", "/messages", 201, **body)
        again = await api.ask("POST", "/messages", 201, **body)
        assert (first["duplicate"], again["duplicate"]) == (False, True)
        assert again["msg_id"] == first["msg_id"]
        other = await api.ask("POST", "/messages", 201, from_user_id=3, to_user_id=4, text="twice")
        assert [(await next_message(four)).msg_id for _ in range(2)] == [first["msg_id"], other["msg_id"]]


async def test_an_id_of_another_conversation_is_refused_and_says_why(api: Api) -> None:
    body = {"from_user_id": 3, "text": "which?", "client_msg_id": "order-18"}
    await api.ask("POST", "/messages", 201, to_user_id=1, **body)
    refusal = await api.ask("POST", "/messages", 409, to_user_id=2, **body)
    assert "belongs to a message in another conversation" in refusal["detail"]


async def test_a_group_gets_it_and_the_phones_of_those_who_are_away_are_pushed(
    suite: ApiSuite, api: Api, stand_in: StandIn
) -> None:
    group = (await api.ask("POST", "/groups", 201, name="Pushed", member_ids=[5, 6, 7]))["id"]
    await api.ask("PUT", "/users/6/push-tokens/ios", 204, token="06" * 32)
    async with suite.client("u7", device=DeviceKind.MAC) as seven:
        sent = await api.ask("POST", "/messages", 201, from_user_id=5, to_group_id=group, text="hello")
        got = await next_message(seven)
        assert (got.text, got.msg_id) == ("hello", sent["msg_id"])
    push = await stand_in.take()
    assert push.path == f"/3/device/{'06' * 32}"
    assert f'"group_id": {group}' in push.json["custom"]
    await api.ask("POST", "/messages", 201, from_user_id=5, to_user_id=6, text="hello")
    assert "group_id" not in (await stand_in.take()).json["custom"]
    await api.ask("DELETE", "/users/6/push-tokens/ios", 204)


async def test_unread_counts_and_conversations(suite: ApiSuite, api: Api) -> None:
    for text in ("one", "two"):
        await api.ask("POST", "/messages", 201, from_user_id=8, to_user_id=9, text=text)
    unread = await api.ask("GET", "/users/9/unread")
    assert unread == {"total": 2, "conversations": [{"kind": "single", "peer_id": 8, "unread": 2}]}
    listed = (await api.ask("GET", "/users/9/conversations"))["conversations"]
    assert [(each["kind"], each["peer_id"], each["newest"]["text"]) for each in listed] == [
        ("single", 8, "two")
    ]
    async with suite.client("u9") as pc, suite.client("u9", device_kind="web") as page:
        heard = [device.events() for device in (pc, page)]
        await api.ask("POST", "/users/9/conversations/single/8/read", 204)
        for events in heard:
            read = await until(events, ReadElsewhere)
            assert (read.conversation, read.msg_id) == (Conversation.with_user(8), 2)
    assert (await api.ask("GET", "/users/9/unread"))["total"] == 0


async def test_what_cannot_be_sent_is_refused(suite: ApiSuite, api: Api) -> None:
    for status, body in (
        (404, {"from_user_id": 1, "to_user_id": 999999, "text": "x"}),
        (404, {"from_user_id": 999999, "to_user_id": 1, "text": "x"}),
        (409, {"from_user_id": 1, "to_user_id": 1, "text": "x"}),
        (404, {"from_user_id": 1, "to_group_id": 999999, "text": "x"}),
        (422, {"from_user_id": 1, "to_user_id": 2, "text": ""}),
        (422, {"from_user_id": 1, "text": "x"}),
        (422, {"from_user_id": 1, "to_user_id": 2, "to_group_id": 1, "text": "x"}),
        (422, {"to_user_id": 2, "text": "whose?"}),
        (413, {"from_user_id": 1, "to_user_id": 2, "text": "字" * 3000}),
    ):
        await api.ask("POST", "/messages", status, **body)


async def test_a_bot_logs_in_like_any_client_with_its_token(suite: ApiSuite) -> None:
    token = suite.bot("listener")
    url = f"http://{suite.addresses['login_http']}"
    async with suite.client("u3") as three, Client(url, "listener", token, options=BOT) as listener:
        await three.send(Conversation.with_user(listener.user_id), "are you there?")
        question = await next_message(listener)
        await listener.send(question, "yes")
        assert (await next_message(three)).text == "yes"


async def test_a_bot_acts_in_its_own_name_only(suite: ApiSuite) -> None:
    async with suite.api(suite.bot("helper")) as bot, suite.client("u1") as one:
        me = (await bot.ask("GET", "/me"))["user_id"]
        sent = await bot.ask("POST", "/messages", 201, to_user_id=1, text="beep")
        assert sent["from_user_id"] == me
        assert (await next_message(one)).sender_id == me
        await bot.ask("POST", "/messages", 403, from_user_id=1, to_user_id=2, text="forged")
        await bot.ask("GET", "/users/1/unread", 403)
        await bot.ask("GET", "/users/1/conversations/single/2/messages", 403)
        await bot.ask("POST", "/groups", 403, name="x", member_ids=[1])
        assert (await bot.ask("GET", f"/users/{me}/conversations"))["conversations"][0]["peer_id"] == 1
