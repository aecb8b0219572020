"""Receiving: each message once, in its conversation's order, acknowledged, nothing lost on the way."""

import asyncio
from collections.abc import Iterable

from hongyan.client import Client, Conversation, Limits, Message
from hongyan.wire import commands
from hongyan.wire.frame import Frame
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import message_pb2

from .conftest import Fake
from .fake_suite import ALICE, BOB, FakeConnection

FROM_BOB = Conversation.with_user(BOB)
CAROL = 3


async def take(client: Client, count: int) -> list[Message]:
    messages: list[Message] = []
    async with asyncio.timeout(30):
        while len(messages) < count:
            messages.append(await anext(client.messages()))
    return messages


async def nothing_more(client: Client) -> bool:
    try:
        async with asyncio.timeout(0.2):
            await anext(client.messages())
    except TimeoutError:
        return True
    return False


def texts(messages: Iterable[Message]) -> list[str]:
    return [message.text for message in messages]


async def test_a_delivery_is_decoded_and_acknowledged_as_we_see_the_conversation(fake: Fake) -> None:
    async with fake.client() as client:
        fake.suite.say("你好")
        (message,) = await take(client, 1)
        await fake.suite.until_received(commands.MSG_DATA_ACK)
    assert (message.conversation, message.msg_id, message.text) == (FROM_BOB, 1, "你好")
    assert not message.is_own
    ack = fake.suite.of(commands.MSG_DATA_ACK)[0]
    assert (ack.user_id, ack.session_id, ack.msg_id, ack.session_type) == (ALICE, BOB, 1, 1)


async def test_our_own_message_from_another_device_belongs_to_its_recipient(fake: Fake) -> None:
    async with fake.client() as client:
        msg_id = fake.suite.store(BOB, ALICE, "from my phone")
        fake.suite.deliver(BOB, msg_id)
        (message,) = await take(client, 1)
        await fake.suite.until_received(commands.MSG_DATA_ACK)
    assert message.is_own
    assert message.conversation == FROM_BOB
    assert fake.suite.of(commands.MSG_DATA_ACK)[0].session_id == BOB


async def test_a_delivery_that_comes_again_is_acknowledged_again_and_handed_over_once(fake: Fake) -> None:
    async with fake.client() as client:
        msg_id = fake.suite.say("once")
        fake.suite.deliver(BOB, msg_id)
        fake.suite.say("next")
        assert texts(await take(client, 2)) == ["once", "next"]
        await fake.suite.until_received(commands.MSG_DATA_ACK, 3)
        assert await nothing_more(client)


async def test_deliveries_out_of_order_are_handed_over_in_order(fake: Fake) -> None:
    async with fake.client() as client:
        fake.suite.say("1")
        for text in "234":
            fake.suite.store(BOB, BOB, text)
        for msg_id in (4, 3, 2):
            fake.suite.deliver(BOB, msg_id)
        assert texts(await take(client, 4)) == ["1", "2", "3", "4"]
    assert not fake.suite.of(commands.MSG_LIST)


async def test_a_gap_that_does_not_close_is_filled_from_the_history(fake: Fake) -> None:
    fake.suite.largest_page = 2
    async with fake.client() as client:
        fake.suite.say("1")
        for text in ("2", "3", "4", "5", "6", "7"):
            fake.suite.store(BOB, BOB, text)
        fake.suite.deliver(BOB, 7)
        assert texts(await take(client, 7)) == ["1", "2", "3", "4", "5", "6", "7"]
        assert await nothing_more(client)


async def test_ids_that_the_history_does_not_have_are_passed_over(fake: Fake) -> None:
    async with fake.client() as client:
        fake.suite.say("1")
        fake.suite.store(BOB, BOB, "unreadable for us")
        fake.suite.say("3")
        del fake.suite.stored[BOB][1]
        assert texts(await take(client, 2)) == ["1", "3"]


async def test_what_we_send_leaves_no_gap_and_does_not_come_back(fake: Fake) -> None:
    async with fake.client() as client:
        fake.suite.say("1")
        await client.send(FROM_BOB, "2")
        fake.suite.say("3")
        await client.send(FROM_BOB, "4")
        await client.send(FROM_BOB, "5")
        fake.suite.say("6")
        assert texts(await take(client, 3)) == ["1", "3", "6"]
        assert await nothing_more(client)
    assert not fake.suite.of(commands.MSG_LIST)


async def test_an_answer_that_overtakes_our_ack_does_not_bring_our_message_back(fake: Fake) -> None:
    def answer_before_ack(connection: FakeConnection, frame: Frame, data: message_pb2.IMMsgData) -> None:
        msg_id = fake.suite.store(BOB, ALICE, "ours")
        fake.suite.by_client_msg_id[data.client_msg_id] = msg_id
        fake.suite.say("theirs")
        del fake.suite.script[commands.MSG_DATA.id]  # the repeat is acknowledged

    fake.suite.store(BOB, BOB, "first")
    async with fake.client() as client:
        fake.suite.script[commands.MSG_DATA.id] = answer_before_ack
        await client.send(FROM_BOB, "ours")
        assert texts(await take(client, 1)) == ["theirs"]
        assert await nothing_more(client)


async def test_messages_missed_while_away_come_first_and_once(fake: Fake) -> None:
    async with fake.client() as client:
        fake.suite.say("1")
        await take(client, 1)
        await fake.suite.stop()
        for number in range(2, 130):
            fake.suite.store(BOB, BOB, str(number))
        await fake.suite.start()
        await fake.suite.until_received(commands.LOGIN, 2)
        fake.suite.say("130")
        assert texts(await take(client, 129)) == [str(number) for number in range(2, 131)]
        assert await nothing_more(client)


async def test_a_new_conversation_that_began_while_away_is_caught_up(fake: Fake) -> None:
    async with fake.client() as client:
        await fake.suite.stop()
        for text in ("a", "b", "c"):
            fake.suite.store(CAROL, CAROL, text)
        fake.suite.unread[CAROL] = 3
        await fake.suite.start()
        await fake.suite.until_received(commands.LOGIN, 2)
        fake.suite.unread[CAROL] = 4
        fake.suite.say("d", CAROL)
        assert texts(await take(client, 4)) == ["a", "b", "c", "d"]


async def test_our_own_messages_of_before_the_cut_do_not_come_back(fake: Fake) -> None:
    def store_and_cut(connection: FakeConnection, frame: Frame, data: message_pb2.IMMsgData) -> None:
        fake.suite.by_client_msg_id[data.client_msg_id] = fake.suite.store(BOB, ALICE, "ours")
        fake.suite.store(BOB, BOB, "theirs")
        fake.suite.script.clear()
        connection.cut()

    fake.suite.store(BOB, BOB, "before")
    async with fake.client() as client:
        fake.suite.script[commands.MSG_DATA.id] = store_and_cut
        await client.send(FROM_BOB, "ours")
        assert texts(await take(client, 1)) == ["theirs"]
        assert await nothing_more(client)


async def test_old_messages_are_not_news_at_the_first_login(fake: Fake) -> None:
    fake.suite.store(BOB, BOB, "old")
    fake.suite.unread[BOB] = 1
    async with fake.client() as client:
        assert await nothing_more(client)
        fake.suite.say("new")
        assert texts(await take(client, 1)) == ["new"]


async def test_a_message_on_its_way_during_the_first_login_is_not_lost(fake: Fake) -> None:
    def answer_then_deliver(connection: FakeConnection, frame: Frame, _: object) -> None:
        msg_id = fake.suite.store(BOB, BOB, "on its way")
        fake.suite.answer_sessions(connection, frame)
        fake.suite.deliver(BOB, msg_id)

    fake.suite.script[commands.RECENT_SESSIONS.id] = answer_then_deliver
    async with fake.client() as client:
        fake.suite.say("after")
        assert texts(await take(client, 2)) == ["on its way", "after"]


async def test_unread_messages_are_replayed_on_request(fake: Fake) -> None:
    for sender, text in ((BOB, "read"), (BOB, "a"), (ALICE, "ours"), (BOB, "b")):
        fake.suite.store(BOB, sender, text)
    fake.suite.unread[BOB] = 2
    async with fake.client(replay_unread=True) as client:
        assert texts(await take(client, 3)) == ["a", "ours", "b"]


async def test_a_later_run_resumes_after_the_last_message_it_knows(fake: Fake) -> None:
    for text in "abcd":
        fake.suite.store(BOB, BOB, text)
    async with fake.client(resume_after={FROM_BOB: 2}) as client:
        assert texts(await take(client, 2)) == ["c", "d"]


async def test_a_slow_reader_loses_nothing_and_requests_go_on(fake: Fake) -> None:
    async with fake.client(limits=Limits(max_waiting_messages=20)) as client:
        for number in range(1, 501):
            fake.suite.say(str(number))
        await fake.suite.until_received(commands.MSG_DATA_ACK, 500)
        assert (await client.server_time()).year == 2023
        await client.send(FROM_BOB, "still works")
        assert len(client.messages()._messages) < 100
        assert texts(await take(client, 500)) == [str(number) for number in range(1, 501)]
        assert await nothing_more(client)


async def test_conversations_do_not_wait_for_each_other(fake: Fake) -> None:
    fake.suite.script[commands.MSG_LIST.id] = lambda *_: None
    async with fake.client() as client:
        fake.suite.say("1")
        fake.suite.store(BOB, BOB, "lost on the way")
        fake.suite.say("3")
        fake.suite.say("from carol", CAROL)
        assert texts(await take(client, 2)) == ["1", "from carol"]


async def test_a_group_message_is_acknowledged_for_the_group(fake: Fake) -> None:
    async with fake.client() as client:
        data = message_pb2.IMMsgData(
            from_user_id=BOB,
            to_session_id=7,
            msg_id=1,
            create_time=1,
            msg_type=base.MSG_TYPE_GROUP_TEXT,
            msg_data=b"not encrypted",
        )
        fake.suite.connection.send(commands.MSG_DATA, data)
        (message,) = await take(client, 1)
        await fake.suite.until_received(commands.MSG_DATA_ACK)
    assert message.conversation == Conversation.of_group(7)
    assert message.text == "not encrypted"
    ack = fake.suite.of(commands.MSG_DATA_ACK)[0]
    assert (ack.session_id, ack.session_type) == (7, base.SESSION_TYPE_GROUP)
