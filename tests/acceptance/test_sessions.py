"""The list of recent conversations."""

from .client import (
    ANDROID,
    GROUP,
    GROUP_TEXT,
    SINGLE,
    WINDOWS,
    Client,
)
from .people import People
from .wire import Message

REMOVED = 1


async def remove(client: Client, session: int, session_type: int = SINGLE) -> Message:
    return await client.ask("IMRemoveSessionReq", session_type=session_type, session_id=session)


async def test_a_new_user_has_no_sessions(people: People) -> None:
    assert await (await people.online()).sessions() == {}


async def test_a_message_opens_a_session_on_both_sides(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"hello")
    for mine, peer in ((alice, bob), (bob, alice)):
        sessions = await mine.sessions()
        assert sessions.keys() == {(peer.user_id, SINGLE)}
        assert sessions[peer.user_id, SINGLE].has(
            session_status=0,
            latest_msg_id=1,
            latest_msg_data=b"hello",
            latest_msg_type=1,
            latest_msg_from_user_id=peer.user_id,
        )


async def test_a_group_message_opens_a_session_for_the_sender(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = (await alice.create_group(bob.user_id)).group_id
    await alice.say(group, b"hello all", GROUP_TEXT)
    assert (await alice.sessions())[group, GROUP].has(latest_msg_id=1, latest_msg_data=b"hello all")


async def test_a_later_sync_brings_only_sessions_that_moved(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    await alice.say(bob.user_id, b"first")
    seen = (await alice.sessions())[bob.user_id, SINGLE].updated_time
    assert await alice.sessions(seen) == {}
    await alice.clock_past(seen)
    await carol.say(alice.user_id, b"second")
    assert (await alice.sessions(seen)).keys() == {(carol.user_id, SINGLE)}
    await bob.say(alice.user_id, b"third")
    moved = await alice.sessions(seen)
    assert moved[bob.user_id, SINGLE].latest_msg_id == 2


async def test_sessions_come_newest_first(people: People) -> None:
    alice, bob, carol = await people.online(), await people.online(), await people.online()
    await alice.say(bob.user_id, b"first")
    await alice.clock_past((await alice.sessions())[bob.user_id, SINGLE].updated_time)
    await alice.say(carol.user_id, b"second")
    assert list(await alice.sessions()) == [(carol.user_id, SINGLE), (bob.user_id, SINGLE)]


async def test_removing_a_session_is_answered_and_told_to_the_own_other_device(
    people: People,
) -> None:
    user, bob = await people.user(), await people.online()
    pc, phone = await people.online(user, WINDOWS), await people.online(user, ANDROID)
    await pc.say(bob.user_id, b"hello")
    answer = await remove(pc, bob.user_id)
    assert answer.has(user_id=user.user_id, result_code=0, session_type=SINGLE, session_id=bob.user_id)
    notify = await phone.expect("IMRemoveSessionNotify")
    assert notify.has(user_id=user.user_id, session_type=SINGLE, session_id=bob.user_id)
    assert await pc.sessions() == {}
    assert not await bob.arrived("IMRemoveSessionNotify")


async def test_removing_it_again_is_result_1(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"hello")
    assert (await remove(alice, bob.user_id)).result_code == 0
    assert (await remove(alice, bob.user_id)).result_code == 1


async def test_the_peer_keeps_his_session(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"hello")
    await remove(alice, bob.user_id)
    assert (await bob.sessions()).keys() == {(alice.user_id, SINGLE)}


async def test_removing_a_session_clears_its_unread_and_keeps_its_history(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"hello")
    await remove(bob, alice.user_id)
    assert await bob.unread() == {}
    assert len(await bob.history(alice.user_id)) == 1


async def test_a_removed_session_comes_once_more_as_removed_to_who_had_it(people: People) -> None:
    user, bob = await people.user(), await people.online()
    pc = await people.online(user, WINDOWS)
    await pc.say(bob.user_id, b"hello")
    seen = (await pc.sessions())[bob.user_id, SINGLE].updated_time
    await pc.clock_past(seen)
    await remove(pc, bob.user_id)
    later = await (await people.online(user, ANDROID)).sessions(seen)
    assert later[bob.user_id, SINGLE].session_status == REMOVED
    assert await pc.sessions(0) == {}


async def test_the_next_message_of_either_side_revives_a_removed_session(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"one")
    for sender, text in ((bob, b"two"), (alice, b"three")):
        await remove(alice, bob.user_id)
        assert await alice.sessions() == {}
        peer = alice if sender is bob else bob
        await sender.say(peer.user_id, text)
        session = (await alice.sessions())[bob.user_id, SINGLE]
        assert session.has(session_status=0, latest_msg_data=text)


async def test_removing_a_group_session_is_told_to_nobody(people: People) -> None:
    user, bob = await people.user(), await people.online()
    pc, phone = await people.online(user, WINDOWS), await people.online(user, ANDROID)
    group = (await pc.create_group(bob.user_id)).group_id
    await pc.say(group, b"hello", GROUP_TEXT)
    assert (await remove(pc, group, GROUP)).has(result_code=0, session_type=GROUP, session_id=group)
    assert (group, GROUP) not in await pc.sessions()
    for client in (phone, bob):
        assert not await client.arrived("IMRemoveSessionNotify")


async def test_nobody_removes_another_users_session(people: People) -> None:
    alice, bob, eve = await people.online(), await people.online(), await people.online()
    await alice.say(bob.user_id, b"hello")
    answer = await eve.ask(
        "IMRemoveSessionReq", user_id=alice.user_id, session_type=SINGLE, session_id=bob.user_id
    )
    assert answer.has(user_id=eve.user_id, result_code=1)
    assert (bob.user_id, SINGLE) in await alice.sessions()


async def test_more_than_a_hundred_sessions_come_as_the_hundred_newest(people: People) -> None:
    alice = await people.online()
    friends = [await people.user() for _ in range(101)]
    for friend in friends:
        await alice.say(friend.user_id, b"hello")
    assert len(await alice.sessions()) == 100
