"""What was missed: unread counters, history, read marks."""

import pytest

from .client import (
    ANDROID,
    GROUP,
    GROUP_TEXT,
    SINGLE,
    SINGLE_AUDIO,
    WINDOWS,
    Client,
    RefusedError,
    User,
)
from .people import People

VOICE_PREVIEW = b"QhGXlpFjvMFUNrtl1aaPzA=="  # the cipher of [语音]
VOICE = (3).to_bytes(4, "big") + b"sound" * 20


async def say_five(alice: Client, to: User) -> None:
    for number in range(1, 6):
        await alice.say(to.user_id, b"message %d" % number)


def ids(messages: list) -> list[int]:
    return [message.msg_id for message in messages]


async def test_messages_to_an_absent_user_wait_as_unread(people: People) -> None:
    alice, carol, user = await people.online(), await people.online(), await people.user()
    await say_five(alice, user)
    await carol.say(user.user_id, b"me too")
    unread = await (await people.online(user)).unread()
    assert unread.keys() == {(alice.user_id, SINGLE), (carol.user_id, SINGLE)}
    assert unread[alice.user_id, SINGLE].has(
        unread_cnt=5,
        latest_msg_id=5,
        latest_msg_data=b"message 5",
        latest_msg_type=1,
        latest_msg_from_user_id=alice.user_id,
    )


async def test_who_has_nothing_unread_gets_an_empty_answer(people: People) -> None:
    alice = await people.online()
    answer = await alice.ask("IMUnreadMsgCntReq")
    assert answer.has(user_id=alice.user_id, total_cnt=0, unreadinfo_list=[])


async def test_the_sender_has_nothing_unread_from_himself(people: People) -> None:
    alice, user = await people.online(), await people.user()
    await say_five(alice, user)
    assert await alice.unread() == {}


async def test_messages_heard_live_are_unread_until_they_are_read(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"hello")
    await bob.hears(b"hello")
    assert (await bob.unread())[alice.user_id, SINGLE].unread_cnt == 1


async def test_an_unread_voice_message_previews_as_the_encrypted_word_for_it(
    people: People,
) -> None:
    alice, user = await people.online(), await people.user()
    await alice.say(user.user_id, VOICE, SINGLE_AUDIO)
    bob = await people.online(user)
    entry = (await bob.unread())[alice.user_id, SINGLE]
    assert entry.has(latest_msg_type=SINGLE_AUDIO, latest_msg_data=VOICE_PREVIEW)
    session = (await bob.sessions())[alice.user_id, SINGLE]
    assert session.has(latest_msg_type=SINGLE_AUDIO, latest_msg_data=VOICE_PREVIEW)


@pytest.mark.parametrize(
    ("begin", "count", "expected"),
    [
        (0, 100, [5, 4, 3, 2, 1]),
        (0, 2, [5, 4]),
        (3, 2, [3, 2]),
        (1, 5, [1]),
        (99, 2, [5, 4]),
        (0, 0, []),
        (0xFFFFFFFF, 1, [5]),
    ],
)
async def test_history_is_paged_downward_from_an_id(
    people: People, begin: int, count: int, expected: list[int]
) -> None:
    alice, user = await people.online(), await people.user()
    await say_five(alice, user)
    bob = await people.online(user)
    page = await bob.history(alice.user_id, begin=begin, count=count)
    assert ids(page) == expected
    for message in page:
        assert message.has(from_session_id=alice.user_id, msg_data=b"message %d" % message.msg_id, msg_type=1)


async def test_both_sides_read_the_same_history(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"one")
    await bob.say(alice.user_id, b"two")
    assert await alice.history(bob.user_id) == await bob.history(alice.user_id)
    assert [message.from_session_id for message in await alice.history(bob.user_id)] == [
        bob.user_id,
        alice.user_id,
    ]


async def test_history_of_a_conversation_that_never_was_is_empty(people: People) -> None:
    alice, bob = await people.online(), await people.user()
    assert await alice.history(bob.user_id) == []
    assert await alice.history(4_000_000) == []
    assert await alice.history(4_000_000, GROUP) == []
    assert await alice.history(0) == []


async def test_asking_for_history_cannot_be_done_in_anothers_name(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    await alice.say(bob.user_id, b"secret")
    answer = await eve.ask(
        "IMGetMsgListReq",
        user_id=bob.user_id,
        session_type=SINGLE,
        session_id=alice.user_id,
        msg_id_begin=0,
        msg_cnt=10,
    )
    assert answer.has(user_id=eve.user_id, msg_list=[])


async def test_an_absurd_page_size_is_bounded_or_refused(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.post_all(bob.user_id, [b"%d" % number for number in range(500)])
    for _ in range(500):
        await bob.expect("IMMsgData")
    for count in (501, 1_000_000, 0xFFFFFFFF):
        try:
            page = await bob.history(alice.user_id, count=count)
        except RefusedError:
            continue
        assert ids(page) == list(range(500, 500 - len(page), -1))
        assert len(page) >= 100


@pytest.mark.parametrize(
    ("asked", "expected"),
    [([1, 3, 99], [3, 1]), ([5, 5, 1], [5, 1]), ([], []), ([0], []), ([4, 2, 3], [4, 3, 2])],
    ids=str,
)
async def test_messages_by_id_come_newest_first_and_once(
    people: People, asked: list[int], expected: list[int]
) -> None:
    alice, user = await people.online(), await people.user()
    await say_five(alice, user)
    answer = await alice.ask(
        "IMGetMsgByIdReq", session_type=SINGLE, session_id=user.user_id, msg_id_list=asked
    )
    assert answer.has(session_type=SINGLE, session_id=user.user_id)
    assert ids(answer.msg_list) == expected


async def test_the_latest_id_is_the_newest_or_zero(people: People) -> None:
    alice, user = await people.online(), await people.user()
    assert await alice.latest_msg_id(user.user_id) == 0
    await say_five(alice, user)
    assert await alice.latest_msg_id(user.user_id) == 5
    assert await (await people.online(user)).latest_msg_id(alice.user_id) == 5


# --- reading ---


async def test_a_read_mark_clears_the_counter_and_tells_the_own_other_device_only(
    people: People,
) -> None:
    alice, user = await people.online(), await people.user()
    await say_five(alice, user)
    pc, phone = await people.online(user, WINDOWS), await people.online(user, ANDROID)
    await pc.send("IMMsgDataReadAck", user_id=0, session_id=alice.user_id, msg_id=5, session_type=SINGLE)
    frame = await phone.expect_frame("IMMsgDataReadNotify")
    assert frame.seq == 0
    assert frame.message.has(user_id=user.user_id, session_id=alice.user_id, msg_id=5, session_type=SINGLE)
    assert await pc.unread() == {}
    assert not await pc.arrived("IMMsgDataReadNotify")
    assert not await alice.arrived("IMMsgDataReadNotify")


async def test_a_read_mark_clears_only_its_conversation(people: People) -> None:
    alice, carol, bob = await people.online(), await people.online(), await people.online()
    await alice.say(bob.user_id, b"a")
    await carol.say(bob.user_id, b"c")
    await bob.send("IMMsgDataReadAck", session_id=alice.user_id, msg_id=1, session_type=SINGLE)
    assert (await bob.unread()).keys() == {(carol.user_id, SINGLE)}


async def test_what_comes_after_the_read_mark_is_unread_again(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"one")
    await bob.send("IMMsgDataReadAck", session_id=alice.user_id, msg_id=1, session_type=SINGLE)
    assert await bob.unread() == {}
    await alice.say(bob.user_id, b"two")
    assert (await bob.unread())[alice.user_id, SINGLE].has(unread_cnt=1, latest_msg_id=2)


async def test_a_read_mark_in_anothers_name_does_nothing_to_him(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    await alice.say(bob.user_id, b"hello")
    await eve.send(
        "IMMsgDataReadAck",
        user_id=bob.user_id,
        session_id=alice.user_id,
        msg_id=1,
        session_type=SINGLE,
    )
    await eve.server_time()
    assert (await bob.unread())[alice.user_id, SINGLE].unread_cnt == 1


async def test_unread_group_messages_count_for_members_but_not_for_the_sender(
    people: People,
) -> None:
    alice, user = await people.online(), await people.user()
    created = await alice.create_group(user.user_id)
    group = created.group_id
    for number in (1, 2, 3):
        await alice.say(group, b"%d" % number, GROUP_TEXT)
    assert await alice.unread() == {}
    pc, phone = await people.online(user, WINDOWS), await people.online(user, ANDROID)
    assert (await pc.unread())[group, GROUP].has(
        unread_cnt=3, latest_msg_id=3, latest_msg_data=b"3", latest_msg_from_user_id=alice.user_id
    )
    await phone.send("IMMsgDataReadAck", session_id=group, msg_id=3, session_type=GROUP)
    await pc.expect("IMMsgDataReadNotify", session_id=group, session_type=GROUP, msg_id=3)
    assert await pc.unread() == {}


async def test_unread_and_history_of_singles_and_groups_with_the_same_id_do_not_mix(
    people: People,
) -> None:
    alice, user = await people.online(), await people.user()
    created = await alice.create_group(user.user_id)
    await alice.say(created.group_id, b"to the group", GROUP_TEXT)
    bob = await people.online(user)
    assert await bob.history(created.group_id, SINGLE) == []
    assert await bob.history(alice.user_id, SINGLE) == []
    assert len(await bob.history(created.group_id, GROUP)) == 1
