"""Groups: who is in them, who may change them, and who hears what."""

import asyncio
from contextlib import suppress

import pytest

from .client import (
    ADD,
    ANDROID,
    DELETE,
    GROUP,
    GROUP_AUDIO,
    GROUP_TEXT,
    NORMAL_GROUP,
    NOT_ALLOWED,
    NOT_FOUND,
    TEMPORARY_GROUP,
    WINDOWS,
    Client,
    RefusedError,
    eventually,
)
from .people import People
from .suite import Suite
from .wire import Message

NO_GROUP = 4_000_000


async def group_of(creator: Client, *others: Client) -> int:
    created = await creator.create_group(*(other.user_id for other in others))
    assert created.result_code == 0
    return created.group_id


async def fixed_group(people: People, name: str, *members: str) -> None:
    """An administrator's group; its first member is its creator."""
    suite = people.place
    assert isinstance(suite, Suite)
    suite.admin("group", "create", name, "--members", ",".join(members))


async def fixed_groups(client: Client) -> dict[int, int]:
    answer = await client.ask("IMNormalGroupListReq")
    return {entry.group_id: entry.version for entry in answer.group_version_list}


def members_of(info: Message | None) -> set[int]:
    assert info is not None
    assert len(set(info.group_member_list)) == len(info.group_member_list)
    return set(info.group_member_list)


# --- creating ---


async def test_a_client_creates_a_temporary_group(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.user()
    created = await alice.create_group(carol.user_id, bob.user_id, bob.user_id, name="午饭")
    assert created.has(user_id=alice.user_id, result_code=0, group_name="午饭")
    assert created.group_id > 0
    assert created.user_id_list == sorted([alice.user_id, bob.user_id, carol.user_id])
    info = await bob.group_info(created.group_id)
    assert info.has(group_name="午饭", group_creator_id=alice.user_id, group_type=TEMPORARY_GROUP, version=1)
    assert members_of(info) == set(created.user_id_list)


async def test_a_client_cannot_create_a_normal_group(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    created = await alice.create_group(bob.user_id, group_type=NORMAL_GROUP)
    assert created.has(result_code=1, group_name="the group")
    assert not created.group_id
    assert await fixed_groups(bob) == {}


@pytest.mark.parametrize(
    ("name", "members"), [("", [1]), ("no members", []), ("n" * 300, [1])], ids=["", "empty", "long"]
)
async def test_a_group_needs_a_name_that_fits_and_members(
    people: People, name: str, members: list[int]
) -> None:
    alice = await people.online()
    created = await alice.ask(
        "IMGroupCreateReq",
        group_type=TEMPORARY_GROUP,
        group_name=name,
        group_avatar="",
        member_id_list=members and [alice.user_id],
    )
    assert created.result_code == 1


async def test_a_group_of_absurd_size_is_refused(people: People) -> None:
    alice = await people.online()
    try:
        created = await alice.create_group(*range(1, 50_000))
    except RefusedError:
        return
    assert created.result_code == 1


async def test_a_creator_who_does_not_list_himself_may_still_add_himself(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    created = await alice.ask(
        "IMGroupCreateReq",
        group_type=TEMPORARY_GROUP,
        group_name="without me",
        group_avatar="",
        member_id_list=[bob.user_id],
    )
    assert created.result_code == 0
    if alice.user_id not in created.user_id_list:
        changed = await alice.change_members(created.group_id, ADD, alice.user_id)
        assert changed.result_code == 0
    await alice.say_to_group(created.group_id, b"here I am")


async def test_the_internal_user_zero_is_in_no_group(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    created = await alice.create_group(bob.user_id, 0)
    if created.result_code == 0:
        assert members_of(await alice.group_info(created.group_id)) == {alice.user_id, bob.user_id}
    group = await group_of(alice, bob)
    with suppress(RefusedError):
        await alice.change_members(group, ADD, 0)
    assert members_of(await alice.group_info(group)) == {alice.user_id, bob.user_id}


async def test_temporary_groups_are_not_in_the_fixed_list(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await group_of(alice, bob)
    assert await fixed_groups(alice) == {}


async def test_an_administrators_group_is_in_its_members_fixed_lists(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    await fixed_group(people, "fixed", alice.user.name, bob.user.name)
    (group,) = await fixed_groups(alice)
    assert await fixed_groups(bob) == {group: 1}
    assert await fixed_groups(eve) == {}
    info = await bob.group_info(group)
    assert info.has(group_name="fixed", group_type=NORMAL_GROUP, version=1)
    assert members_of(info) == {alice.user_id, bob.user_id}


# --- information by version ---


async def test_info_is_given_only_when_it_is_newer(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.user()
    group = await group_of(alice, bob)
    assert await bob.group_info(group, version=1) is None
    await alice.change_members(group, ADD, carol.user_id)
    info = await bob.group_info(group, version=1)
    assert info.has(version=2, group_id=group)
    assert carol.user_id in members_of(info)
    assert await bob.group_info(group, version=2) is None


async def test_info_of_several_groups_comes_in_one_answer(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    groups = [await group_of(alice, bob) for _ in range(3)]
    answer = await alice.ask(
        "IMGroupInfoListReq",
        group_version_list=[{"group_id": group, "version": 0} for group in [*groups, NO_GROUP, groups[0]]],
    )
    assert sorted(info.group_id for info in answer.group_info_list) == groups
    assert (await alice.ask("IMGroupInfoListReq")).group_info_list == []


# --- changing members ---


async def test_members_are_added_and_everybody_concerned_is_told(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    absent = await people.user()
    group = await group_of(alice, bob)
    changed = await alice.change_members(group, ADD, carol.user_id, absent.user_id, bob.user_id)
    everybody = {alice.user_id, bob.user_id, carol.user_id, absent.user_id}
    assert changed.has(user_id=alice.user_id, change_type=ADD, result_code=0, group_id=group)
    assert set(changed.cur_user_id_list) == everybody
    assert set(changed.chg_user_id_list) == {carol.user_id, absent.user_id}
    for client in (bob, carol):
        frame = await client.expect_frame("IMGroupChangeMemberNotify")
        assert frame.seq == 0
        assert frame.message.has(user_id=alice.user_id, change_type=ADD, group_id=group)
        assert set(frame.message.cur_user_id_list) == everybody
        assert set(frame.message.chg_user_id_list) == {carol.user_id, absent.user_id}
    assert not await alice.arrived("IMGroupChangeMemberNotify")


async def test_members_are_removed_and_everybody_concerned_is_told(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob, carol)
    changed = await alice.change_members(group, DELETE, carol.user_id)
    assert changed.has(change_type=DELETE, result_code=0, chg_user_id_list=[carol.user_id])
    for client in (bob, carol):
        notify = await client.expect("IMGroupChangeMemberNotify", change_type=DELETE)
        assert set(notify.cur_user_id_list) == {alice.user_id, bob.user_id}
    assert members_of(await bob.group_info(group)) == {alice.user_id, bob.user_id}


async def test_the_requesters_other_device_is_told_too(people: People) -> None:
    user, bob, carol = await people.user(), await people.online(), await people.user()
    pc, phone = await people.online(user, WINDOWS), await people.online(user, ANDROID)
    group = await group_of(pc, bob)
    await pc.change_members(group, ADD, carol.user_id)
    await phone.expect("IMGroupChangeMemberNotify", group_id=group)


async def test_adding_only_who_is_in_already_is_result_1(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = await group_of(alice, bob)
    assert (await alice.change_members(group, ADD, bob.user_id)).result_code == 1
    assert (await alice.group_info(group)).version == 1
    assert not await bob.arrived("IMGroupChangeMemberNotify")


async def test_any_member_may_add_to_a_temporary_group(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob)
    assert (await bob.change_members(group, ADD, carol.user_id)).result_code == 0
    await carol.expect("IMGroupChangeMemberNotify", user_id=bob.user_id)


async def test_only_the_creator_removes(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob, carol)
    refused = await bob.change_members(group, DELETE, carol.user_id)
    assert refused.has(change_type=DELETE, result_code=1, group_id=group)
    assert members_of(await carol.group_info(group)) == {
        alice.user_id,
        bob.user_id,
        carol.user_id,
    }
    assert not await carol.arrived("IMGroupChangeMemberNotify")


async def test_a_member_adds_nobody_to_an_administrators_group(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.user()
    await fixed_group(people, "fixed for good", alice.user.name, bob.user.name)
    (group,) = await fixed_groups(bob)
    assert (await bob.change_members(group, ADD, carol.user_id)).result_code == 1
    assert carol.user_id not in members_of(await bob.group_info(group))


async def test_the_creator_can_leave_and_the_group_lives_on(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob, carol)
    assert (await alice.change_members(group, DELETE, alice.user_id)).result_code == 0
    await bob.say_to_group(group, b"without alice")
    await carol.hears(b"without alice")
    assert not await alice.arrived("IMMsgData")


async def test_a_change_of_an_unknown_group_is_answered(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    for change in (ADD, DELETE):
        answer = await alice.change_members(NO_GROUP, change, bob.user_id)
        assert answer.has(result_code=1, group_id=NO_GROUP, change_type=change)
    assert not await bob.arrived("IMGroupChangeMemberNotify")


async def test_a_claimed_user_id_of_zero_gives_no_administrators_rights(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob)
    for change, victim in ((DELETE, bob.user_id), (ADD, eve.user_id)):
        for claimed in (0, alice.user_id):
            answer = await eve.ask(
                "IMGroupChangeMemberReq",
                user_id=claimed,
                change_type=change,
                group_id=group,
                member_id_list=[victim],
            )
            assert answer.has(user_id=eve.user_id, result_code=1)
    assert members_of(await alice.group_info(group)) == {alice.user_id, bob.user_id}


# --- talking ---


async def test_a_group_message_reaches_every_member_and_the_senders_other_device(
    people: People,
) -> None:
    user, bob, carol = await people.user(), await people.online(), await people.online(kind=ANDROID)
    pc, phone = await people.online(user, WINDOWS), await people.online(user, ANDROID)
    group = await group_of(pc, bob, carol)
    ack = await pc.say_to_group(group, b"hello all")
    assert ack.has(user_id=user.user_id, session_id=group, msg_id=1, session_type=GROUP)
    for client in (bob, carol, phone):
        frame = await client.expect_frame("IMMsgData")
        assert frame.seq == 0
        assert frame.message.has(
            from_user_id=user.user_id,
            to_session_id=group,
            msg_id=1,
            msg_type=GROUP_TEXT,
            msg_data=b"hello all",
        )
    assert not await pc.arrived("IMMsgData")


async def test_voice_in_a_group_is_delivered_and_read_back(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = await group_of(alice, bob)
    voice = (9).to_bytes(4, "big") + b"\x00\xff" * 500
    await alice.say(group, voice, GROUP_AUDIO)
    await bob.hears(voice, msg_type=GROUP_AUDIO)
    assert (await bob.history(group, GROUP))[0].has(msg_data=voice, msg_type=GROUP_AUDIO)


async def test_everybody_bursting_into_one_group_is_heard_by_all_in_one_order(
    people: People,
) -> None:
    members = [await people.online() for _ in range(4)]
    group = await group_of(*members)
    texts = [[b"%d says %d" % (m, n) for n in range(8)] for m in range(4)]
    sent = await asyncio.gather(
        *(who.post_all(group, what, GROUP_TEXT) for who, what in zip(members, texts, strict=True))
    )
    ids = {}
    for member, seqs, said in zip(members, sent, texts, strict=True):
        of_member = [(await member.acked(seq)).msg_id for seq in seqs]
        assert of_member == sorted(of_member)
        ids |= dict(zip(of_member, said, strict=True))
    assert sorted(ids) == list(range(1, 33))
    for member, said in zip(members, texts, strict=True):
        heard = [await member.expect("IMMsgData") for _ in range(24)]
        in_order = sorted((msg_id, text) for msg_id, text in ids.items() if text not in said)
        assert [(message.msg_id, message.msg_data) for message in heard] == in_order
    history = await members[0].whole_history(group, GROUP)
    assert {message.msg_id: message.msg_data for message in history} == ids


async def test_the_sender_in_a_group_is_who_sent_it(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob, carol)
    await alice.say_to_group(group, b"forged", from_user_id=carol.user_id)
    assert (await bob.hears(b"forged")).from_user_id == alice.user_id
    assert (await bob.history(group, GROUP))[0].from_session_id == alice.user_id


async def test_members_get_the_group_into_their_sessions(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = await group_of(alice, bob)
    await alice.say_to_group(group, b"hello")
    await eventually(  # the original takes up to 5 s
        bob.sessions, lambda sessions: (group, GROUP) in sessions, "session of the group"
    )


# --- outsiders ---


async def test_an_outsider_cannot_write_into_a_group(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob)
    with pytest.raises(RefusedError) as refusal:
        await eve.say_to_group(group, b"let me in")
    assert refusal.value.code in {NOT_ALLOWED, NOT_FOUND}
    assert not await bob.arrived("IMMsgData")
    assert await alice.latest_msg_id(group, GROUP) == 0


async def test_a_message_to_an_unknown_group_is_refused(people: People) -> None:
    alice = await people.online()
    with pytest.raises(RefusedError) as refusal:
        await alice.say_to_group(NO_GROUP, b"anybody?")
    assert refusal.value.code in {NOT_ALLOWED, NOT_FOUND}


async def test_an_outsider_reads_nothing_of_a_group(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob)
    await alice.say_to_group(group, b"secret")
    by_id = await eve.ask("IMGetMsgByIdReq", session_type=GROUP, session_id=group, msg_id_list=[1])
    assert by_id.msg_list == []
    assert await eve.history(group, GROUP) == []
    assert await eve.latest_msg_id(group, GROUP) == 0
    assert await eve.group_info(group) is None
    assert await eve.unread() == {}


async def test_an_outsider_changes_nothing_in_a_group(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob)
    assert (await eve.change_members(group, ADD, eve.user_id)).result_code == 1
    assert (await eve.change_members(group, DELETE, bob.user_id)).result_code == 1
    shield = await eve.ask("IMGroupShieldReq", group_id=group, shield_status=1)
    assert shield.has(result_code=1, group_id=group)
    assert (await bob.group_info(group)).version == 1


async def test_an_outsiders_read_mark_does_nothing(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob)
    await alice.say_to_group(group, b"hello")
    await eve.send("IMMsgDataReadAck", session_id=group, msg_id=1, session_type=GROUP)
    await eve.server_time()
    assert (await bob.unread())[group, GROUP].unread_cnt == 1


async def test_who_was_removed_hears_reads_and_says_nothing_more(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob, carol)
    await alice.say_to_group(group, b"with carol")
    await alice.change_members(group, DELETE, carol.user_id)
    await alice.say_to_group(group, b"without carol")
    await bob.hears(b"without carol")
    heard = [message.msg_data for message in await carol.arrived("IMMsgData")]
    assert heard == [b"with carol"]
    with pytest.raises(RefusedError):
        await carol.say_to_group(group, b"but I")
    assert await carol.history(group, GROUP) == []
    assert (group, GROUP) not in await carol.sessions()
    assert (group, GROUP) not in await carol.unread()


async def test_a_late_joiner_sees_only_what_came_after_he_joined(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    group = await group_of(alice, bob)
    await alice.say_to_group(group, b"before")
    await alice.clock_past(await alice.server_time())  # join times are whole seconds
    await alice.change_members(group, ADD, carol.user_id)
    assert await carol.unread() == {}
    await alice.say_to_group(group, b"after")
    history = await carol.history(group, GROUP)
    assert [(message.msg_id, message.msg_data) for message in history] == [(2, b"after")]
    assert (await carol.unread())[group, GROUP].unread_cnt == 1
    by_id = await carol.ask("IMGetMsgByIdReq", session_type=GROUP, session_id=group, msg_id_list=[1, 2])
    assert [message.msg_id for message in by_id.msg_list] == [2]


# --- shield ---


async def test_a_member_mutes_and_unmutes_a_group(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = await group_of(alice, bob)
    for status in (1, 1, 0):
        answer = await bob.ask("IMGroupShieldReq", group_id=group, shield_status=status)
        assert answer.has(user_id=bob.user_id, group_id=group, result_code=0)
    await alice.say_to_group(group, b"a muted member still hears")
    await bob.hears(b"a muted member still hears")


async def test_muting_an_unknown_group_is_result_1(people: People) -> None:
    alice = await people.online()
    answer = await alice.ask("IMGroupShieldReq", group_id=NO_GROUP, shield_status=1)
    assert answer.has(result_code=1, group_id=NO_GROUP)
