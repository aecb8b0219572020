"""A message with a client message id is stored once, however often it is sent."""

import asyncio

import pytest

from .client import ADD, ANDROID, GROUP, GROUP_TEXT, NOT_ALLOWED, WINDOWS, RefusedError
from .people import People
from .suite import Suite
from .wire import Message


def texts(messages: list[Message]) -> list[bytes]:
    return [message.msg_data for message in messages]


async def test_a_repeat_is_acked_with_the_same_id_and_stored_and_delivered_once(
    people: People,
) -> None:
    alice, bob = await people.online(), await people.online()
    acks = [await alice.say(bob.user_id, b"once", client_msg_id="m-1") for _ in range(3)]
    assert [(ack.msg_id, ack.client_msg_id) for ack in acks] == [(1, "m-1")] * 3
    assert texts(await bob.arrived("IMMsgData")) == [b"once"]
    assert texts(await bob.history(alice.user_id)) == [b"once"]
    assert (await bob.unread())[alice.user_id, 1].unread_cnt == 1
    assert (await alice.say(bob.user_id, b"next")).msg_id == 2


async def test_repeats_in_one_write_are_stored_once(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    sent = await alice.post_all(bob.user_id, [b"again"] * 8, client_msg_id="m-1")
    assert {(await alice.acked(seq)).msg_id for seq in sent} == {1}
    assert texts(await bob.arrived("IMMsgData")) == [b"again"]
    assert texts(await bob.history(alice.user_id)) == [b"again"]


async def test_two_devices_sending_the_same_at_once_store_it_once(people: People) -> None:
    user, bob = await people.user(), await people.online()
    devices = [await people.online(user, WINDOWS), await people.online(user, ANDROID)]
    acks = await asyncio.gather(
        *(device.say(bob.user_id, b"from both", client_msg_id="m-1") for device in devices)
    )
    assert [ack.msg_id for ack in acks] == [1, 1]
    assert texts(await bob.arrived("IMMsgData")) == [b"from both"]


async def test_a_repeat_after_a_reconnect_is_recognised(people: People) -> None:
    user, bob = await people.user(), await people.online()
    alice = await people.online(user)
    await alice.say(bob.user_id, b"did it arrive?", client_msg_id="m-1")
    alice.cut()
    alice = await people.online(user)
    ack = await alice.say(bob.user_id, b"did it arrive?", client_msg_id="m-1")
    assert ack.msg_id == 1
    assert texts(await bob.arrived("IMMsgData")) == [b"did it arrive?"]


async def test_a_message_whose_ack_was_never_read_is_recognised(people: People) -> None:
    user, bob = await people.user(), await people.online()
    alice = await people.online(user)
    await alice.post(bob.user_id, b"hm", client_msg_id="m-1")
    await alice.close()
    alice = await people.online(user)
    await alice.say(bob.user_id, b"hm", client_msg_id="m-1")
    assert texts(await bob.history(alice.user_id)) == [b"hm"]


async def test_the_same_id_of_two_senders_is_two_messages(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    assert (await alice.say(bob.user_id, b"from alice", client_msg_id="m-1")).msg_id == 1
    assert (await bob.say(alice.user_id, b"from bob", client_msg_id="m-1")).msg_id == 2


async def test_the_same_text_without_an_id_is_two_messages(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    assert (await alice.say(bob.user_id, b"ha")).msg_id == 1
    assert (await alice.say(bob.user_id, b"ha")).msg_id == 2


async def test_repeats_into_a_group_are_stored_once(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = (await alice.create_group(bob.user_id)).group_id
    sent = await alice.post_all(group, [b"all"] * 3, GROUP_TEXT, client_msg_id="g-1")
    assert {(await alice.acked(seq)).msg_id for seq in sent} == {1}
    await bob.hears(b"all")  # the members are asked for after the ack
    assert not await bob.arrived("IMMsgData")
    assert texts(await bob.history(group, GROUP)) == [b"all"]
    assert (await bob.unread())[group, GROUP].unread_cnt == 1


async def test_a_refused_message_may_be_sent_again_under_its_id(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = (await alice.create_group()).group_id
    with pytest.raises(RefusedError):
        await bob.say_to_group(group, b"let me in", client_msg_id="m-1")
    await alice.change_members(group, ADD, bob.user_id)
    assert (await bob.say_to_group(group, b"let me in", client_msg_id="m-1")).msg_id == 1
    await alice.hears(b"let me in")


async def test_an_id_that_was_used_in_another_conversation_is_refused_and_says_why(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    await alice.say(bob.user_id, b"for bob", client_msg_id="m-1")
    with pytest.raises(RefusedError) as refusal:
        await alice.say(carol.user_id, b"for carol", client_msg_id="m-1")
    assert refusal.value.notice.has(code=NOT_ALLOWED, session_id=carol.user_id, client_msg_id="m-1")
    assert "belongs to a message in another conversation" in refusal.value.notice.text
    assert (await alice.say(carol.user_id, b"for carol", client_msg_id="m-2")).msg_id == 1
    assert texts(await carol.history(alice.user_id)) == [b"for carol"]


@pytest.mark.parametrize("client_msg_id", ["x" * 64, "鸿雁", "a b'c\"; --"], ids=["64", "zh", "sql"])
async def test_any_text_of_up_to_64_bytes_serves_as_id(people: People, client_msg_id: str) -> None:
    alice, bob = await people.online(), await people.online()
    for _ in range(2):
        ack = await alice.say(bob.user_id, b"once", client_msg_id=client_msg_id)
        assert ack.has(msg_id=1, client_msg_id=client_msg_id)


async def test_an_id_over_64_bytes_is_refused(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    with pytest.raises(RefusedError):
        await alice.say(bob.user_id, b"once", client_msg_id="x" * 65)
    assert not await bob.arrived("IMMsgData")


async def test_ids_that_differ_only_in_case_or_at_the_end_are_different(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    ids = ["m", "M", "m ", "m1"]
    acks = [await alice.say(bob.user_id, b"x", client_msg_id=each) for each in ids]
    assert [ack.msg_id for ack in acks] == [1, 2, 3, 4]


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_repeat_after_a_restart_of_the_suite_is_recognised(
    own_suite: Suite, own_people: People, end: str
) -> None:
    alice_user, bob_user = await own_people.user(), await own_people.user()
    alice = await own_people.online(alice_user)
    first = await alice.say(bob_user.user_id, b"across", client_msg_id="m-1")
    getattr(own_suite, end)()
    own_suite.start()
    alice, bob = await own_people.online(alice_user), await own_people.online(bob_user)
    again = await alice.say(bob_user.user_id, b"across", client_msg_id="m-1")
    assert again.msg_id == first.msg_id == 1
    assert not await bob.arrived("IMMsgData")
    assert (await alice.say(bob_user.user_id, b"new", client_msg_id="m-2")).msg_id == 2
    assert texts(await bob.whole_history(alice.user_id)) == [b"across", b"new"]
