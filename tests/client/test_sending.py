"""Sending: acknowledged, in order, stored once, refused in words."""

import asyncio

import pytest

from hongyan.client import Conversation, ErrorCode, RequestRefused, RequestTimedOut
from hongyan.wire import commands
from hongyan.wire.cipher import MessageCipher
from hongyan.wire.frame import Frame
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import message_pb2

from .conftest import Fake
from .fake_suite import BOB, FakeConnection

TO_BOB = Conversation.with_user(BOB)


def stored_texts(fake: Fake) -> list[str]:
    return [MessageCipher().decrypt(info.msg_data).decode() for info in fake.suite.stored[BOB]]


async def test_a_send_returns_what_the_ack_says(fake: Fake) -> None:
    async with fake.client() as client:
        sent = await client.send(TO_BOB, "你好 😀")
    assert (sent.conversation, sent.msg_id) == (TO_BOB, 1)
    data = fake.suite.of(commands.MSG_DATA)[0]
    assert data.client_msg_id == sent.client_msg_id
    assert stored_texts(fake) == ["你好 😀"]


async def test_many_sends_in_flight_keep_their_order(fake: Fake) -> None:
    texts = [str(number) for number in range(600)]
    async with fake.client() as client:
        sent = await asyncio.gather(*(client.send(TO_BOB, text) for text in texts))
    assert stored_texts(fake) == texts
    assert [message.msg_id for message in sent] == list(range(1, 601))


async def test_a_lost_ack_is_asked_for_again_and_the_message_stored_once(fake: Fake) -> None:
    def store_without_ack(connection: FakeConnection, frame: Frame, data: message_pb2.IMMsgData) -> None:
        del fake.suite.script[commands.MSG_DATA.id]
        fake.suite.by_client_msg_id[data.client_msg_id] = fake.suite.store(BOB, 1, "hello")

    fake.suite.script[commands.MSG_DATA.id] = store_without_ack
    async with fake.client() as client:
        assert (await client.send(TO_BOB, "hello")).msg_id == 1
    assert stored_texts(fake) == ["hello"]


async def test_sends_over_a_reconnect_arrive_once_and_in_order(fake: Fake) -> None:
    stored_unacked = 5

    def store_some_then_cut(connection: FakeConnection, frame: Frame, data: message_pb2.IMMsgData) -> None:
        if len(fake.suite.stored[BOB]) < stored_unacked:
            text = MessageCipher().decrypt(data.msg_data).decode()
            fake.suite.by_client_msg_id[data.client_msg_id] = fake.suite.store(BOB, 1, text)
        else:
            fake.suite.script.clear()
            connection.cut()

    fake.suite.script[commands.MSG_DATA.id] = store_some_then_cut
    texts = [str(number) for number in range(20)]
    async with fake.client() as client, asyncio.TaskGroup() as tasks:
        sends = [tasks.create_task(client.send(TO_BOB, text)) for text in texts]
    assert stored_texts(fake) == texts
    assert [send.result().msg_id for send in sends] == list(range(1, 21))


async def test_a_send_while_the_server_is_away_goes_out_when_it_is_back(fake: Fake) -> None:
    async with fake.client() as client:
        await fake.suite.stop()
        async with asyncio.TaskGroup() as tasks:
            send = tasks.create_task(client.send(TO_BOB, "later"))
            await asyncio.sleep(0.1)
            await fake.suite.start()
    assert send.result().msg_id == 1


async def test_a_refused_message_raises_code_text_and_when_to_retry(fake: Fake) -> None:
    fake.suite.script[commands.MSG_DATA.id] = lambda connection, frame, _: fake.suite.refuse(
        connection, frame, ErrorCode.RATE_LIMITED, "slow down"
    )
    async with fake.client() as client:
        with pytest.raises(RequestRefused, match="slow down") as refused:
            await client.send(TO_BOB, "spam")
    assert refused.value.code is ErrorCode.RATE_LIMITED
    assert refused.value.retry_after_s == 1.5


async def test_a_message_that_nobody_acknowledges_times_out(fake: Fake) -> None:
    fake.suite.script[commands.MSG_DATA.id] = lambda *_: None
    async with fake.client() as client:
        client._outbox._send_s = 1.5
        with pytest.raises(RequestTimedOut):
            await client.send(TO_BOB, "hello")
    ids = {data.client_msg_id for data in fake.suite.of(commands.MSG_DATA)}
    assert len(ids) == 1
    assert len(fake.suite.of(commands.MSG_DATA)) >= 2


async def test_an_own_client_msg_id_makes_a_repeat_harmless(fake: Fake) -> None:
    async with fake.client() as client:
        first = await client.send(TO_BOB, "order 7", client_msg_id="order-7")
        again = await client.send(TO_BOB, "order 7", client_msg_id="order-7")
    assert again.msg_id == first.msg_id
    assert stored_texts(fake) == ["order 7"]


async def test_audio_and_groups_have_their_own_message_types(fake: Fake) -> None:
    group = Conversation.of_group(9)
    fake.suite.script[commands.MSG_DATA.id] = lambda connection, frame, data: connection.send(
        commands.MSG_DATA_ACK,
        message_pb2.IMMsgDataAck(
            user_id=1, session_id=data.to_session_id, msg_id=1, session_type=base.SESSION_TYPE_GROUP
        ),
        frame.seq,
    )
    async with fake.client() as client:
        await client.send(group, "text")
        await client.send_audio(group, b"speex", 3)
        await client.send_audio(TO_BOB, b"speex", 3)
    data = fake.suite.of(commands.MSG_DATA)
    assert [one.msg_type for one in data] == [0x11, 0x12, 0x02]
    assert data[1].msg_data == b"\x00\x00\x00\x03speex"


async def test_an_empty_text_is_a_mistake_of_the_caller(fake: Fake) -> None:
    async with fake.client() as client:
        with pytest.raises(ValueError, match="some text"):
            await client.send(TO_BOB, "")


async def test_typing_is_written_as_stock_clients_read_it(fake: Fake) -> None:
    async with fake.client() as client:
        await client.send_typing(BOB)
        await client.send_typing(client.user, is_typing=False)
        await fake.suite.until_received(commands.P2P_COMMAND, 2)
    started, stopped = fake.suite.of(commands.P2P_COMMAND)
    assert started.cmd_msg_data == '{"cmd_id": 131073, "content": "writing", "service_id": 2}'
    assert stopped.cmd_msg_data == '{"cmd_id": 131074, "content": "stop writing", "service_id": 2}'
    assert (started.to_user_id, stopped.to_user_id) == (BOB, 1)


async def test_reading_is_told_without_an_answer(fake: Fake) -> None:
    async with fake.client() as client:
        await client.mark_read(TO_BOB, 4)
        await fake.suite.until_received(commands.MSG_READ_ACK)
    read = fake.suite.of(commands.MSG_READ_ACK)[0]
    assert (read.session_id, read.msg_id, read.session_type) == (BOB, 4, base.SESSION_TYPE_SINGLE)
