"""Messages between two people, on one device or several."""

import asyncio
import time

import pytest

from .client import (
    ANDROID,
    IOS,
    MAC,
    SINGLE,
    SINGLE_AUDIO,
    SINGLE_TEXT,
    WINDOWS,
    Client,
    ClosedError,
    RefusedError,
)
from .people import People
from .wire import Message

BURST = [b"burst %d" % number for number in range(1, 9)]
TYPING = '{"cmd_id":131073,"content":"writing","service_id":2}'
VOICE = (7).to_bytes(4, "big") + bytes(range(256)) * 4


def ids_and_texts(messages: list[Message]) -> list[tuple[int, bytes]]:
    return [(message.msg_id, message.msg_data) for message in messages]


async def hear_all(client: Client, texts: list[bytes]) -> list[Message]:
    """The next messages, as many as there are texts, in the order they came."""
    return [await client.expect("IMMsgData") for _ in texts]


# --- one message ---


async def test_a_message_is_acked_to_the_sender_and_delivered_to_the_recipient(
    people: People,
) -> None:
    alice, bob = await people.online(), await people.online()
    ack = await alice.say(bob.user_id, b"hello")
    assert ack.has(user_id=alice.user_id, session_id=bob.user_id, msg_id=1, session_type=SINGLE)
    assert ack.client_msg_id is None
    message = await bob.hears(b"hello")
    assert message.has(from_user_id=alice.user_id, to_session_id=bob.user_id, msg_id=1, msg_type=SINGLE_TEXT)
    assert abs(message.create_time - time.time()) < 60


async def test_a_delivery_has_the_servers_header_and_no_context_of_its_own(
    people: People,
) -> None:
    alice, bob = await people.online(kind=ANDROID), await people.online()
    await alice.say(bob.user_id, b"hello")
    frame = await bob.expect_frame("IMMsgData")
    assert (frame.seq, frame.version, frame.flag, frame.reserved) == (0, 1, 0, 0)
    assert frame.message.attach_data is None


async def test_both_sides_count_one_row_of_ids(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    acks = [
        await alice.say(bob.user_id, b"one"),
        await bob.say(alice.user_id, b"two"),
        await bob.say(alice.user_id, b"three"),
        await alice.say(bob.user_id, b"four"),
    ]
    assert [ack.msg_id for ack in acks] == [1, 2, 3, 4]
    assert (await bob.hears(b"four")).msg_id == 4


async def test_every_pair_has_its_own_row_of_ids(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    assert (await alice.say(bob.user_id, b"one")).msg_id == 1
    assert (await alice.say(carol.user_id, b"one")).msg_id == 1
    assert (await carol.say(bob.user_id, b"one")).msg_id == 1


async def test_only_the_two_of_them_see_it(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    await alice.say(bob.user_id, b"between us")
    await bob.hears(b"between us")
    assert not await carol.arrived("IMMsgData")
    assert await carol.history(alice.user_id) == []
    assert await carol.history(bob.user_id) == []


async def test_the_senders_own_other_devices_get_a_copy_and_the_sending_one_does_not(
    people: People,
) -> None:
    user, bob = await people.user(), await people.online()
    pc, phone = await people.online(user, WINDOWS), await people.online(user, IOS)
    await pc.say(bob.user_id, b"from my desk")
    copy = await phone.hears(b"from my desk")
    assert copy.has(from_user_id=user.user_id, to_session_id=bob.user_id, msg_id=1)
    assert not await pc.arrived("IMMsgData")


async def test_all_devices_of_the_recipient_get_it(people: People) -> None:
    alice, user = await people.online(), await people.user()
    devices = [await people.online(user, MAC), await people.online(user, ANDROID)]
    await alice.say(user.user_id, b"everywhere")
    assert [(await device.hears(b"everywhere")).msg_id for device in devices] == [1, 1]


async def test_sender_id_and_time_are_the_servers(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    seq = await alice.send(
        "IMMsgData",
        from_user_id=carol.user_id,
        to_session_id=bob.user_id,
        msg_id=77,
        create_time=1,
        msg_type=SINGLE_TEXT,
        msg_data=b"forged",
    )
    assert (await alice.acked(seq)).has(user_id=alice.user_id, msg_id=1)
    message = await bob.hears(b"forged")
    assert message.has(from_user_id=alice.user_id, msg_id=1)
    assert message.create_time > 1
    assert (await bob.history(alice.user_id))[0].from_session_id == alice.user_id
    assert not await carol.arrived("IMMsgData")


async def test_a_sender_id_of_zero_as_ios_writes_it_is_fine(people: People) -> None:
    alice, bob = await people.online(kind=IOS), await people.online()
    await alice.say(bob.user_id, b"from ios", from_user_id=0)
    assert (await bob.hears(b"from ios")).from_user_id == alice.user_id


async def test_a_claimed_sender_equal_to_the_recipient_is_overwritten_not_dropped(
    people: People,
) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"not from you", from_user_id=bob.user_id)
    assert (await bob.hears(b"not from you")).from_user_id == alice.user_id


# --- what may be said ---


@pytest.mark.parametrize(
    "data",
    [
        b"nnZSBwfPCz60q69ddmfIJA==",
        b"plain",
        "你好，世界 🪿".encode(),
        b"'; DROP TABLE IMMessage_0; --",
        b"\x00\x01\x02",
        b"\xff\xfe\xc0\x80",
        b"a",
        b" ",
        b"x" * 4000,
    ],
    ids=["cipher", "plain", "utf8", "sql", "nul", "not-utf8", "one", "blank", "4000"],
)
async def test_what_is_acked_comes_back_byte_for_byte(people: People, data: bytes) -> None:
    alice, bob = await people.online(), await people.online()
    try:
        ack = await alice.say(bob.user_id, data)
    except RefusedError:
        assert not await bob.arrived("IMMsgData")
        return
    assert (await bob.hears(data)).msg_id == ack.msg_id
    assert ids_and_texts(await bob.history(alice.user_id)) == [(ack.msg_id, data)]
    by_id = await alice.ask("IMGetMsgByIdReq", session_type=SINGLE, session_id=bob.user_id, msg_id_list=[1])
    assert ids_and_texts(by_id.msg_list) == [(ack.msg_id, data)]


@pytest.mark.parametrize("data", [b"plain", "鸿雁".encode(), b"x" * 3500])
async def test_text_that_clients_send_is_never_refused(people: People, data: bytes) -> None:
    alice, bob = await people.online(), await people.online()
    assert (await alice.say(bob.user_id, data)).msg_id == 1


async def test_a_message_to_oneself_is_refused_and_not_stored(people: People) -> None:
    alice = await people.online()
    assert await alice.refused(
        "IMMsgData",
        to_session_id=alice.user_id,
        msg_id=0,
        create_time=0,
        msg_type=SINGLE_TEXT,
        msg_data=b"me",
    )
    assert await alice.history(alice.user_id) == []
    assert await alice.sessions() == {}


async def test_a_message_to_nobody_is_not_silently_dropped(people: People) -> None:
    alice = await people.online()
    try:
        assert (await alice.say(4_000_000, b"anybody?")).msg_id == 1
    except RefusedError:
        assert await alice.history(4_000_000) == []


async def test_the_internal_user_zero_cannot_be_written_to(people: People) -> None:
    alice = await people.online()
    with pytest.raises(RefusedError):
        await alice.say(0, b"to the system")


# --- order ---


async def test_bursts_on_first_contact_of_twenty_pairs_keep_their_order(people: People) -> None:
    pairs = [(await people.online(), await people.online()) for _ in range(20)]
    seqs = await asyncio.gather(*(a.post_all(b.user_id, BURST) for a, b in pairs))
    for (alice, bob), sent in zip(pairs, seqs, strict=True):
        assert [(await alice.acked(seq)).msg_id for seq in sent] == list(range(1, 9))
        expected = list(zip(range(1, 9), BURST, strict=True))
        assert ids_and_texts(await hear_all(bob, BURST)) == expected
        assert ids_and_texts(await bob.whole_history(alice.user_id)) == expected


async def test_two_people_bursting_at_each_other_share_one_dense_row(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    mine, yours = [b"a%d" % n for n in range(8)], [b"b%d" % n for n in range(8)]
    sent = await asyncio.gather(alice.post_all(bob.user_id, mine), bob.post_all(alice.user_id, yours))
    of_alice = [(await alice.acked(seq)).msg_id for seq in sent[0]]
    of_bob = [(await bob.acked(seq)).msg_id for seq in sent[1]]
    assert of_alice == sorted(of_alice)
    assert of_bob == sorted(of_bob)
    assert sorted(of_alice + of_bob) == list(range(1, 17))
    expected = dict(zip(of_alice + of_bob, mine + yours, strict=True))
    assert dict(ids_and_texts(await alice.whole_history(bob.user_id))) == expected


async def test_acks_come_in_the_order_of_the_messages(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    sent = await alice.post_all(bob.user_id, [b"%d" % number for number in range(100)])
    acks = [await alice.expect_frame("IMMsgDataAck") for _ in sent]
    assert [frame.seq for frame in acks] == sent
    assert [frame.message.msg_id for frame in acks] == list(range(1, 101))


async def test_one_sender_to_many_conversations_at_once_numbers_each(people: People) -> None:
    alice = await people.online()
    friends = [await people.user() for _ in range(8)]
    frames = [
        alice.frame(
            "IMMsgData",
            to_session_id=friends[number % 8].user_id,
            msg_id=0,
            create_time=0,
            msg_type=SINGLE_TEXT,
            msg_data=b"%d" % number,
        )
        for number in range(64)
    ]
    await alice.send_frame(*frames)
    acks = [await alice.acked(frame.seq) for frame in frames]
    for friend in friends:
        of_friend = [ack.msg_id for ack in acks if ack.session_id == friend.user_id]
        assert of_friend == list(range(1, 9))


async def test_both_devices_of_a_user_write_into_one_row(people: People) -> None:
    user, bob = await people.user(), await people.online()
    pc, phone = await people.online(user, WINDOWS), await people.online(user, ANDROID)
    sent = await asyncio.gather(pc.post_all(bob.user_id, BURST), phone.post_all(bob.user_id, BURST))
    ids = [(await pc.acked(seq)).msg_id for seq in sent[0]]
    ids += [(await phone.acked(seq)).msg_id for seq in sent[1]]
    assert sorted(ids) == list(range(1, 17))
    assert [message.msg_id for message in await hear_all(bob, BURST * 2)] == list(range(1, 17))


async def test_a_message_that_was_delivered_can_be_read_at_once(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    for number in range(20):
        await alice.post(bob.user_id, b"%d" % number)
        message = await bob.hears(b"%d" % number)
        assert await bob.latest_msg_id(alice.user_id) == message.msg_id


# --- audio ---


async def test_audio_is_delivered_and_read_back_byte_for_byte(people: People) -> None:
    alice, bob = await people.online(kind=IOS), await people.online(kind=ANDROID)
    ack = await alice.say(bob.user_id, VOICE, SINGLE_AUDIO)
    assert (await bob.hears(VOICE)).has(msg_type=SINGLE_AUDIO, msg_id=ack.msg_id)
    message = (await bob.history(alice.user_id))[0]
    assert message.has(msg_type=SINGLE_AUDIO, msg_data=VOICE, from_session_id=alice.user_id)


async def test_audio_and_text_share_a_row_of_ids(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    sent = [
        await alice.post(bob.user_id, b"text"),
        await alice.post(bob.user_id, VOICE, SINGLE_AUDIO),
        await alice.post(bob.user_id, b"text again"),
    ]
    assert [(await alice.acked(seq)).msg_id for seq in sent] == [1, 2, 3]
    history = await bob.whole_history(alice.user_id)
    assert [message.msg_data for message in history] == [b"text", VOICE, b"text again"]


@pytest.mark.parametrize("data", [b"\0\0\0\x07", b"\0", b"abc"])
async def test_audio_without_a_sound_is_refused_rather_than_acked_and_lost(
    people: People, data: bytes
) -> None:
    alice, bob = await people.online(), await people.online()
    try:
        await alice.say(bob.user_id, data, SINGLE_AUDIO)
    except RefusedError:
        assert not await bob.arrived("IMMsgData")
    else:
        assert [message.msg_data for message in await bob.history(alice.user_id)] == [data]


# --- commands between clients, time, acks ---


async def test_a_typing_notice_reaches_the_peer_and_the_own_other_device(people: People) -> None:
    user, bob = await people.user(), await people.online()
    pc, phone = await people.online(user, WINDOWS), await people.online(user, IOS)
    await pc.send("IMP2PCmdMsg", to_user_id=bob.user_id, cmd_msg_data=TYPING)
    for client in (bob, phone):
        notice = await client.expect("IMP2PCmdMsg")
        assert notice.has(from_user_id=user.user_id, to_user_id=bob.user_id, cmd_msg_data=TYPING)
    assert not await pc.arrived("IMP2PCmdMsg")


@pytest.mark.parametrize("claimed", [0, 1])
async def test_the_sender_of_a_typing_notice_is_who_sent_it(people: People, claimed: int) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    forged = claimed and carol.user_id
    await alice.send("IMP2PCmdMsg", from_user_id=forged, to_user_id=bob.user_id, cmd_msg_data="x")
    assert (await bob.expect("IMP2PCmdMsg")).from_user_id == alice.user_id
    assert not await carol.arrived("IMP2PCmdMsg")


async def test_typing_notices_are_not_kept_for_the_absent(people: People) -> None:
    alice, user = await people.online(), await people.user()
    await alice.send("IMP2PCmdMsg", to_user_id=user.user_id, cmd_msg_data=TYPING)
    await alice.server_time()
    bob = await people.online(user)
    assert not await bob.arrived("IMP2PCmdMsg")
    assert await bob.unread() == {}
    assert await bob.history(alice.user_id) == []


async def test_time_is_the_servers(people: People) -> None:
    alice = await people.online()
    assert abs(await alice.server_time() - time.time()) < 5


async def test_acks_of_every_shipped_client_do_no_harm(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"hello")
    await bob.hears(b"hello")
    for user_id, session_id in [
        (bob.user_id, alice.user_id),  # Windows
        (0, alice.user_id),  # iOS
        (alice.user_id, bob.user_id),  # Android
        (0, 0),
    ]:
        await bob.send("IMMsgDataAck", user_id=user_id, session_id=session_id, msg_id=1, session_type=SINGLE)
    assert await bob.arrived("IMErrorNotice", "IMMsgData") == []


async def test_a_thousand_messages_in_one_go_are_all_stored(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    texts = [b"%d" % number for number in range(1000)]
    for start in range(0, 1000, 100):
        await alice.post_all(bob.user_id, texts[start : start + 100])
    assert [message.msg_data for message in await hear_all(bob, texts)] == texts
    history = await bob.whole_history(alice.user_id)
    assert ids_and_texts(history) == list(enumerate(texts, 1))


async def test_a_recipient_who_vanishes_in_the_middle_loses_nothing(people: People) -> None:
    alice, user = await people.online(), await people.user()
    bob = await people.online(user)
    sent = await alice.post_all(user.user_id, [b"%d" % number for number in range(50)])
    bob.cut()
    for seq in sent:
        await alice.acked(seq)
    back = await people.online(user)
    assert len(await back.whole_history(alice.user_id)) == 50
    with pytest.raises((ClosedError, ConnectionError)):
        await bob.server_time()
