"""The SDK and the real suite: what a bot does, over kills too."""

import asyncio
from typing import Any

import pytest

from hongyan.client import (
    Client,
    ClientState,
    Conversation,
    DeviceKind,
    Directory,
    ErrorCode,
    Kicked,
    LoginRefused,
    MembersChanged,
    Message,
    Options,
    PcLoginChanged,
    Presence,
    ReadElsewhere,
    RequestRefused,
    SignatureChanged,
    StateChanged,
    StatusChanged,
    Timing,
    Typing,
)

from .real_suite import PASSWORD, RealSuite

TIMING = Timing(ack_s=2.0, reconnect_first_s=0.1, reconnect_longest_s=0.3, gap_s=0.1)


def login(suite: RealSuite, name: str, **options: Any) -> Client:
    return Client(suite.login_url, name, PASSWORD, options=Options(timing=TIMING, **options))


async def take(client: Client, count: int) -> list[Message]:
    async with asyncio.timeout(60):
        return [await anext(client.messages()) for _ in range(count)]


async def until(events: Any, wanted: Any) -> Any:
    """Read events until one equals ``wanted``, or is of that class."""
    async with asyncio.timeout(60):
        async for event in events:
            if event == wanted or (isinstance(wanted, type) and isinstance(event, wanted)):
                return event
    raise AssertionError(f"no {wanted}")


async def test_two_users_write_to_each_other_and_find_it_in_the_history(suite: RealSuite) -> None:
    async with login(suite, "u1") as one, login(suite, "u2") as two:
        to_two = Conversation.with_user(two.user_id)
        first = await one.send(to_two, "你好 😀")
        (got,) = await take(two, 1)
        assert (got.text, got.sender_id, got.msg_id) == ("你好 😀", one.user_id, first.msg_id)
        await two.send(got, "hi")
        (answer,) = await take(one, 1)
        assert answer.msg_id == first.msg_id + 1

        history = await one.history(to_two)
        assert [(message.text, message.is_own) for message in history] == [("你好 😀", True), ("hi", False)]
        assert [message.text for message in await one.history(to_two, before=answer.msg_id)] == ["你好 😀"]
        assert await two.latest_msg_id(got) == answer.msg_id
        assert [message.text for message in await two.messages_by_id(got, [first.msg_id])] == ["你好 😀"]


async def test_a_burst_arrives_whole_and_in_order(suite: RealSuite) -> None:
    async with login(suite, "u1") as one, login(suite, "u3") as three:
        texts = [str(number) for number in range(500)]
        to_three = Conversation.with_user(three.user_id)
        sent = await asyncio.gather(*(one.send(to_three, text) for text in texts))
        assert [message.text for message in await take(three, 500)] == texts
        ids = [message.msg_id for message in sent]
        assert ids == list(range(ids[0], ids[0] + 500))


async def test_unread_counts_and_reading_on_another_device(suite: RealSuite) -> None:
    async with login(suite, "u1") as one:
        async with login(suite, "u4") as four:
            own_id = four.user_id
        for text in ("a", "b"):
            await one.send(Conversation.with_user(own_id), text)
        async with login(suite, "u4") as pc, login(suite, "u4", device=DeviceKind.IOS) as phone:
            (unread,) = await pc.unread()
            assert (unread.count, unread.latest) == (2, (await pc.history(unread))[-1].content)
            events = phone.events()
            await pc.mark_read(unread, unread.latest_msg_id)
            await until(events, ReadElsewhere(unread.conversation, unread.latest_msg_id))
            assert await phone.unread() == []
            await pc.send(unread, "from the pc")
            (copy,) = await take(phone, 1)
            assert copy.is_own
            assert copy.conversation == unread.conversation


async def test_unread_messages_are_replayed_to_a_bot_that_was_away(suite: RealSuite) -> None:
    async with login(suite, "u1") as one:
        async with login(suite, "u5") as five:
            own_id = five.user_id
        for text in ("x", "y", "z"):
            await one.send(Conversation.with_user(own_id), text)
        async with login(suite, "u5", replay_unread=True) as five:
            assert [message.text for message in await take(five, 3)] == ["x", "y", "z"]


async def test_groups_from_creation_to_leaving(suite: RealSuite) -> None:
    async with login(suite, "u1") as one, login(suite, "u2") as two, login(suite, "u6") as six:
        group = await one.create_group("team 团队", [two.user_id])
        await one.send(group, "welcome")
        (welcome,) = await take(two, 1)
        assert welcome.conversation == group.conversation
        events = six.events()
        change = await one.add_members(group.id, [six.user_id])
        assert change.changed_ids == (six.user_id,)
        joined = await until(events, MembersChanged)
        assert six.user_id in joined.member_ids
        assert (await six.group(group.id)).name == "team 团队"

        await six.send(group, "thanks")
        assert [message.text for message in await take(one, 1) + await take(two, 1)] == ["thanks"] * 2
        await one.mute_group(group.id)
        await one.remove_members(group.id, [six.user_id])
        with pytest.raises(RequestRefused) as refused:
            await six.send(group, "still here?")
        assert refused.value.code == ErrorCode.NOT_ALLOWED
        with pytest.raises(RequestRefused):
            await six.remove_members(group.id, [two.user_id])


async def test_people_presence_profile_and_typing(suite: RealSuite) -> None:
    async with login(suite, "u1") as one:
        directory = Directory()
        await directory.refresh(one)
        two_id = directory.find("u2")[0].id
        assert not directory.is_online(two_id)
        events = one.events()
        async with login(suite, "u2") as two:
            directory.apply(await until(events, StatusChanged(two_id, Presence.ONLINE)))
            assert directory.is_online(two_id)
            await two.change_signature("忙")
            directory.apply(await until(events, SignatureChanged))
            assert directory.users[two_id].signature == "忙"
            await two.send_typing(one.user_id)
            await until(events, Typing(two_id, is_typing=True))
            await two.change_avatar("http://files/a.png")
            assert (await one.users_by_id([two_id]))[0].avatar_url == "http://files/a.png"
        await directory.refresh(one)
        assert not directory.is_online(two_id)


async def test_devices_kick_each_other_by_kind(suite: RealSuite) -> None:
    async with login(suite, "u7") as first, login(suite, "u7", device_kind="bot") as bot:
        async with login(suite, "u7"):
            with pytest.raises(Kicked):
                await anext(first.messages())
        assert bot.state is ClientState.ONLINE
        async with login(suite, "u7", device=DeviceKind.ANDROID) as phone:
            await phone.set_quiet_nights(is_quiet=True)
            assert await phone.has_quiet_nights()
            await phone.set_device_token("t")
            events = phone.events()
            async with login(suite, "u7") as pc:
                await until(events, PcLoginChanged(is_online=True))
                await phone.kick_pc()
                with pytest.raises(Kicked):
                    await anext(pc.messages())


async def test_refusals_are_typed(suite: RealSuite) -> None:
    with pytest.raises(LoginRefused):
        async with Client(suite.login_url, "u1", "wrong"):
            pass
    async with login(suite, "u1") as one:
        with pytest.raises(RequestRefused) as refused:
            await one.send(Conversation.of_group(987654), "hello?")
        assert refused.value.code in (ErrorCode.NOT_FOUND, ErrorCode.NOT_ALLOWED)
        with pytest.raises(RequestRefused) as refused:
            await one.send(Conversation.with_user(one.user_id), "to myself")
        assert refused.value.code == ErrorCode.NOT_ALLOWED
        with pytest.raises(RequestRefused) as refused:
            await one.send(Conversation.with_user(2), "x" * 100_000)
        assert refused.value.code == ErrorCode.TOO_LARGE
        with pytest.raises(RequestRefused):
            await one.create_group("", [])


async def test_removed_conversations_come_back_with_the_next_message(suite: RealSuite) -> None:
    async with login(suite, "u8") as eight, login(suite, "u9") as nine:
        to_nine = Conversation.with_user(nine.user_id)
        await eight.send(to_nine, "1")
        assert to_nine in [recent.conversation for recent in await eight.conversations()]
        await eight.remove_conversation(to_nine)
        assert [one for one in await eight.conversations() if not one.is_removed] == []
        await nine.send(Conversation.with_user(eight.user_id), "2")
        assert to_nine in [recent.conversation for recent in await eight.conversations()]


async def test_kills_lose_nothing_and_double_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    suite = RealSuite(tmp_path_factory.mktemp("killed"))
    suite.add_users()
    suite.start()
    try:
        await _chat_over_kills(suite, kills=2)
    finally:
        suite.stop()


async def _chat_over_kills(suite: RealSuite, kills: int) -> None:
    texts = [str(number) for number in range(600)]
    async with login(suite, "u1") as one, login(suite, "u2") as two:
        to_two = Conversation.with_user(two.user_id)
        back = one.events()
        async with asyncio.TaskGroup() as tasks:
            receiving = tasks.create_task(take_all(two, len(texts)))
            sending = tasks.create_task(send_slowly(one, to_two, texts))
            for _ in range(kills):
                await asyncio.sleep(0.3)
                await asyncio.to_thread(suite.kill)
                await asyncio.to_thread(suite.start)
                await until(back, StateChanged(ClientState.ONLINE))
        stored = await one.history(to_two, count=len(texts))
    assert [message.text for message in stored] == texts
    assert sending.result() == [message.msg_id for message in stored]
    assert [message.text for message in receiving.result()] == texts


async def send_slowly(client: Client, to: Conversation, texts: list[str]) -> list[int]:
    """Send in small bursts, so that kills fall among them."""
    ids: list[int] = []
    for start in range(0, len(texts), 20):
        burst = texts[start : start + 20]
        ids += [sent.msg_id for sent in await asyncio.gather(*(client.send(to, text) for text in burst))]
        await asyncio.sleep(0.05)
    return ids


async def take_all(client: Client, count: int) -> list[Message]:
    async with asyncio.timeout(100):
        return [await anext(client.messages()) for _ in range(count)]
