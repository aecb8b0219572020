"""Several devices of one user: who is put out, who stays, and who is told."""

import asyncio

import pytest

from .client import ANDROID, IOS, MAC, OFFLINE, ONLINE, WINDOWS, Client, ClosedError, Kind, RefusedError
from .people import People
from .wire import COMMAND_OF, Message

DUPLICATE, BY_PHONE = 1, 2


async def kick_before_close(client: Client) -> list[int]:
    """Waits until the server closes; the reasons of the kick notices that came before."""
    frames = await client.closed()
    kicks = [frame for frame in frames if frame.command == COMMAND_OF["IMKickUser"]]
    assert all(frame.seq == 0 for frame in kicks)
    assert all(frame.message.user_id == client.user_id for frame in kicks)
    return [frame.message.kick_reason for frame in kicks]


async def status_of(asker: Client, *user_ids: int) -> list[int]:
    answer = await asker.ask("IMUsersStatReq", user_id_list=list(user_ids))
    assert [stat.user_id for stat in answer.user_stat_list] == list(user_ids)
    return [stat.status for stat in answer.user_stat_list]


async def hears_status(observer: Client, user_id: int, status: int) -> None:
    stat = Message("UserStat", {"user_id": user_id, "status": status})
    await observer.expect("IMUserStatNotify", user_stat=stat)


# --- kicks ---


@pytest.mark.parametrize(
    ("first", "second"),
    [(WINDOWS, WINDOWS), (WINDOWS, MAC), (MAC, WINDOWS), (IOS, ANDROID), (ANDROID, ANDROID)],
    ids=["win-win", "win-mac", "mac-win", "ios-android", "android-android"],
)
async def test_a_device_of_the_same_class_puts_the_older_one_out(
    people: People, first: Kind, second: Kind
) -> None:
    user = await people.user()
    old = await people.online(user, first)
    new = await people.online(user, second)
    assert await kick_before_close(old) == [DUPLICATE]
    await new.server_time()


async def test_a_pc_and_a_phone_stay_side_by_side(people: People) -> None:
    user, bob = await people.user(), await people.online()
    pc = await people.online(user, WINDOWS)
    phone = await people.online(user, ANDROID)
    await bob.say(user.user_id, b"to both")
    for device in (pc, phone):
        await device.hears(b"to both")
        assert not await device.arrived("IMKickUser")


async def test_a_third_device_puts_out_only_its_own_class(people: People) -> None:
    user = await people.user()
    pc = await people.online(user, WINDOWS)
    phone = await people.online(user, ANDROID)
    mac = await people.online(user, MAC)
    assert await kick_before_close(pc) == [DUPLICATE]
    for device in (phone, mac):
        assert not await device.arrived("IMKickUser")


async def test_a_kicked_device_can_send_nothing_more(people: People) -> None:
    user, bob = await people.user(), await people.online()
    old = await people.online(user, WINDOWS)
    await people.online(user, WINDOWS)
    await old.post(bob.user_id, b"from the kicked one")
    await kick_before_close(old)
    assert not await bob.arrived("IMMsgData")


async def test_of_many_logins_at_once_one_stays(people: People) -> None:
    user = await people.user()
    devices = [await people.connect(user) for _ in range(6)]
    answers = await asyncio.gather(*(device.request_login() for device in devices))
    assert [answer.result_code for answer in answers] == [0] * 6
    kicked, staying = [], []
    for device in devices:
        try:
            await device.server_time()
            staying.append(device)
        except ClosedError:
            kicked.append(device)
    assert len(staying) == 1
    assert await status_of(staying[0], user.user_id) == [ONLINE]


async def test_a_failed_login_kicks_nobody(people: People) -> None:
    user = await people.user()
    alice = await people.online(user)
    thief = await people.connect(user)
    assert (await thief.request_login(password="wrong")).result_code
    assert not await alice.arrived("IMKickUser")


async def test_others_do_not_see_a_replaced_pc_go_offline(people: People) -> None:
    user, bob = await people.user(), await people.online()
    old = await people.online(user, WINDOWS)
    await hears_status(bob, user.user_id, ONLINE)
    await bob.arrived()  # what was before may have been told late
    await people.online(user, MAC)
    await old.closed()
    assert await status_of(bob, user.user_id) == [ONLINE]
    changes = [
        notify.user_stat.status
        for notify in await bob.arrived("IMUserStatNotify")
        if notify.user_stat.user_id == user.user_id
    ]
    assert OFFLINE not in changes


@pytest.mark.parametrize("kind", [WINDOWS, MAC], ids=["win", "mac"])
async def test_a_phone_puts_its_pc_out(people: People, kind: Kind) -> None:
    user = await people.user()
    pc = await people.online(user, kind)
    phone = await people.online(user, ANDROID)
    await phone.expect("IMPCLoginStatusNotify", login_stat=ONLINE)
    assert (await phone.ask("IMKickPCClientReq")).has(user_id=user.user_id, result_code=0)
    assert await kick_before_close(pc) == [BY_PHONE]
    await phone.expect("IMPCLoginStatusNotify", user_id=user.user_id, login_stat=OFFLINE)


async def test_a_phone_cannot_put_out_another_users_pc(people: People) -> None:
    bob = await people.online()
    phone = await people.online(kind=IOS)
    answer = await phone.ask("IMKickPCClientReq", user_id=bob.user_id)
    assert answer.user_id == phone.user_id
    assert not await bob.arrived("IMKickUser")


async def test_a_pc_cannot_put_out_anything(people: People) -> None:
    user = await people.user()
    pc = await people.online(user, WINDOWS)
    phone = await people.online(user, ANDROID)
    try:
        answer = await pc.ask("IMKickPCClientReq")
    except RefusedError:
        pass
    else:
        assert answer.result_code != 0
    for device in (pc, phone):
        assert not await device.arrived("IMKickUser")


# --- who is told ---


async def test_pcs_are_told_when_a_pc_comes_and_goes(people: People) -> None:
    bob = await people.online()
    alice = await people.online()
    await hears_status(bob, alice.user_id, ONLINE)
    await alice.close()
    await hears_status(bob, alice.user_id, OFFLINE)


async def test_a_pc_is_told_of_itself(people: People) -> None:
    alice = await people.online()
    await hears_status(alice, alice.user_id, ONLINE)


async def test_a_pc_that_is_cut_off_goes_offline_for_the_others(people: People) -> None:
    bob, alice = await people.online(), await people.online()
    alice.cut()
    await hears_status(bob, alice.user_id, OFFLINE)


async def test_phones_coming_and_going_are_nobodys_business(people: People) -> None:
    bob = await people.online()
    phone = await people.online(kind=IOS)
    await phone.ask("IMLogoutReq")
    await phone.closed()
    about_phone = [
        notify
        for notify in await bob.arrived("IMUserStatNotify")
        if notify.user_stat.user_id == phone.user_id
    ]
    assert about_phone == []


async def test_phones_are_not_told_of_other_peoples_pcs(people: People) -> None:
    phone = await people.online(kind=ANDROID)
    alice = await people.online()
    await hears_status(alice, alice.user_id, ONLINE)
    assert not await phone.arrived("IMUserStatNotify")


async def test_a_phone_is_told_of_its_own_pc_whichever_came_first(people: People) -> None:
    user = await people.user()
    pc = await people.online(user, WINDOWS)
    phone = await people.online(user, ANDROID)
    await phone.expect("IMPCLoginStatusNotify", user_id=user.user_id, login_stat=ONLINE)
    await pc.close()
    await phone.expect("IMPCLoginStatusNotify", user_id=user.user_id, login_stat=OFFLINE)
    await people.online(user, MAC)
    await phone.expect("IMPCLoginStatusNotify", user_id=user.user_id, login_stat=ONLINE)


async def test_a_pc_is_not_told_of_its_own_login_as_a_phone_is(people: People) -> None:
    alice = await people.online()
    await hears_status(alice, alice.user_id, ONLINE)
    assert not await alice.arrived("IMPCLoginStatusNotify")


async def test_the_status_query_knows_pcs_only(people: People) -> None:
    bob = await people.online()
    pc, phone, absent = await people.online(), await people.online(kind=IOS), await people.user()
    asked = (pc.user_id, phone.user_id, absent.user_id, bob.user_id, 4_000_000)
    assert await status_of(bob, *asked) == [ONLINE, OFFLINE, OFFLINE, ONLINE, OFFLINE]


async def test_the_status_query_of_nobody_is_answered(people: People) -> None:
    bob = await people.online()
    assert await status_of(bob) == []


# --- leaving ---


@pytest.mark.parametrize("kind", [WINDOWS, ANDROID], ids=["pc", "phone"])
async def test_logout_is_answered_and_the_connection_closed(people: People, kind: Kind) -> None:
    alice = await people.online(kind=kind)
    assert (await alice.ask("IMLogoutReq")).result_code == 0
    await alice.closed()


async def test_after_logout_others_see_the_user_offline(people: People) -> None:
    bob, alice = await people.online(), await people.online()
    await alice.ask("IMLogoutReq")
    await hears_status(bob, alice.user_id, OFFLINE)
    assert await status_of(bob, alice.user_id) == [OFFLINE]


async def test_logout_of_the_phone_leaves_the_pc_alone(people: People) -> None:
    user, bob = await people.user(), await people.online()
    pc, phone = await people.online(user, WINDOWS), await people.online(user, ANDROID)
    await phone.ask("IMLogoutReq")
    await bob.say(user.user_id, b"still there?")
    await pc.hears(b"still there?")


async def test_who_comes_back_at_once_gets_messages_again(people: People) -> None:
    bob, user = await people.online(), await people.user()
    for attempt in range(10):
        alice = await people.online(user)
        text = b"attempt %d" % attempt
        await bob.say(user.user_id, text)
        await alice.hears(text)
        assert await status_of(bob, user.user_id) == [ONLINE]
        alice.cut()
