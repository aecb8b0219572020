"""Every role in its own process, and people on two msg_servers."""

import asyncio
import json

import httpx
import pytest

from .client import (
    ADD,
    ANDROID,
    GROUP,
    GROUP_TEXT,
    IOS,
    MAC,
    OFFLINE,
    ONLINE,
    SINGLE,
    WINDOWS,
    Client,
    eventually,
    http,
)
from .people import People
from .suite import Cluster
from .test_presence import hears_status, kick_before_close, status_of
from .wire import COMMAND_OF, Message


@pytest.fixture
def people(cluster_people: People) -> People:
    return cluster_people


async def told_server(cluster: Cluster) -> dict:
    """What login_server tells a client over HTTP."""
    reply = await http(cluster.addresses["login_http"], b"GET /msg_server HTTP/1.1\r\nHost: x\r\n\r\n")
    return json.loads(reply.partition(b"\r\n\r\n")[2])


async def one_on_each(people: People, cluster: Cluster) -> tuple[Client, Client]:
    return await people.online(), await people.online(server=cluster.msg2)


async def fence(sender: Client, receiver: Client, text: str = "fence") -> None:
    """A command between clients travels behind all that the sender did before."""
    await sender.send("IMP2PCmdMsg", to_user_id=receiver.user_id, cmd_msg_data=text)
    await receiver.expect("IMP2PCmdMsg", cmd_msg_data=text)


async def test_messages_cross_servers_both_ways_and_share_their_ids(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    assert (await alice.say(bob.user_id, b"there")).msg_id == 1
    frame = await bob.expect_frame("IMMsgData", msg_data=b"there")
    assert frame.seq == 0
    assert frame.message.has(from_user_id=alice.user_id, to_session_id=bob.user_id, msg_id=1)
    assert (await bob.say(alice.user_id, b"back")).msg_id == 2
    assert (await alice.hears(b"back")).msg_id == 2
    assert await alice.history(bob.user_id) == await bob.history(alice.user_id)


async def test_bursts_on_first_contact_across_servers_keep_their_order(
    people: People, cluster: Cluster
) -> None:
    pairs = [await one_on_each(people, cluster) for _ in range(8)]
    mine, yours = [b"a%d" % n for n in range(16)], [b"b%d" % n for n in range(16)]
    sent = await asyncio.gather(
        *(alice.post_all(bob.user_id, mine) for alice, bob in pairs),
        *(bob.post_all(alice.user_id, yours) for alice, bob in pairs),
    )
    for (alice, bob), of_alice, of_bob in zip(pairs, sent[:8], sent[8:], strict=True):
        ids = [(await alice.acked(seq)).msg_id for seq in of_alice]
        ids += [(await bob.acked(seq)).msg_id for seq in of_bob]
        assert ids[:16] == sorted(ids[:16])
        assert sorted(ids) == list(range(1, 33))
        for client, texts in ((alice, yours), (bob, mine)):
            heard = [await client.expect("IMMsgData") for _ in texts]
            assert [message.msg_data for message in heard] == texts


async def test_the_own_device_on_the_other_server_gets_a_copy(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    phone = await people.online(alice.user, ANDROID, cluster.msg2)
    await alice.say(bob.user_id, b"from my desk")
    frame = await phone.expect_frame("IMMsgData", msg_data=b"from my desk")
    assert frame.seq == 0
    assert frame.message.from_user_id == alice.user_id


async def test_nobody_gets_a_message_twice(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    phone = await people.online(bob.user, IOS)
    for text in (b"1", b"2", b"3"):
        await alice.say(bob.user_id, text)
    for device in (bob, phone):
        await fence(alice, device)
        heard = await device.arrived("IMMsgData")
        assert len(heard) <= 3
        waiting = 3 - len(heard)
        heard += [await device.expect("IMMsgData") for _ in range(waiting)]
        assert [message.msg_id for message in heard] == [1, 2, 3]
        assert not await device.arrived("IMMsgData")


async def test_a_group_is_heard_once_on_both_servers_every_senders_words_in_their_order(
    people: People, cluster: Cluster
) -> None:
    """Words of two senders on two servers may cross on their way; msg_id says in which order they stand."""
    alice, bob = await one_on_each(people, cluster)
    carol, dave = await one_on_each(people, cluster)
    group = (await alice.create_group(bob.user_id, carol.user_id, dave.user_id)).group_id
    sent = await asyncio.gather(
        alice.post_all(group, [b"a%d" % n for n in range(16)], GROUP_TEXT),
        bob.post_all(group, [b"b%d" % n for n in range(16)], GROUP_TEXT),
    )
    ids = {b"a%d" % n: (await alice.acked(seq)).msg_id for n, seq in enumerate(sent[0])}
    ids |= {b"b%d" % n: (await bob.acked(seq)).msg_id for n, seq in enumerate(sent[1])}
    assert sorted(ids.values()) == list(range(1, 33))
    for client in (carol, dave):
        heard = [await client.expect("IMMsgData") for _ in ids]
        assert {message.msg_data: message.msg_id for message in heard} == ids
        for sender in (alice, bob):
            own = [message.msg_id for message in heard if message.from_user_id == sender.user_id]
            assert own == sorted(own)
        history = await client.whole_history(group, GROUP)
        assert {message.msg_data: message.msg_id for message in history} == ids


async def test_a_new_member_on_the_other_server_is_told_and_hears_the_group(
    people: People, cluster: Cluster
) -> None:
    alice, bob = await one_on_each(people, cluster)
    carol = await people.online(server=cluster.msg2)
    group = (await alice.create_group(bob.user_id)).group_id
    await alice.change_members(group, ADD, carol.user_id)
    for client in (bob, carol):
        notify = await client.expect("IMGroupChangeMemberNotify", group_id=group)
        assert notify.chg_user_id_list == [carol.user_id]
    await bob.say_to_group(group, b"welcome")
    for client in (alice, carol):
        await client.hears(b"welcome")


@pytest.mark.parametrize(("first", "second"), [(WINDOWS, MAC), (IOS, ANDROID)], ids=["pcs", "phones"])
async def test_a_device_on_the_other_server_puts_the_older_one_out(
    people: People, cluster: Cluster, first: object, second: object
) -> None:
    user = await people.user()
    old = await people.online(user, first)
    new = await people.online(user, second, cluster.msg2)
    assert await kick_before_close(old) == [1]
    assert not await new.arrived("IMKickUser")


async def test_a_pc_and_a_phone_on_two_servers_stay_side_by_side(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    phone = await people.online(alice.user, ANDROID, cluster.msg2)
    await bob.say(alice.user_id, b"to both")
    for device in (alice, phone):
        await device.hears(b"to both")
        assert not await device.arrived("IMKickUser")


async def test_a_phone_puts_out_its_pc_on_the_other_server(people: People, cluster: Cluster) -> None:
    user = await people.user()
    pc = await people.online(user, WINDOWS)
    phone = await people.online(user, IOS, cluster.msg2)
    await phone.expect("IMPCLoginStatusNotify", login_stat=ONLINE)
    assert (await phone.ask("IMKickPCClientReq")).result_code == 0
    assert await kick_before_close(pc) == [2]
    await phone.expect("IMPCLoginStatusNotify", login_stat=OFFLINE)


async def test_status_crosses_servers(people: People, cluster: Cluster) -> None:
    bob = await people.online(server=cluster.msg2)
    alice = await people.online()
    await hears_status(bob, alice.user_id, ONLINE)
    assert await status_of(bob, alice.user_id) == [ONLINE]
    await alice.ask("IMLogoutReq")
    await hears_status(bob, alice.user_id, OFFLINE)
    assert await status_of(bob, alice.user_id) == [OFFLINE]


async def test_read_marks_and_removed_sessions_are_told_to_the_device_on_the_other_server(
    people: People, cluster: Cluster
) -> None:
    alice, bob = await one_on_each(people, cluster)
    phone = await people.online(bob.user, ANDROID)
    await alice.say(bob.user_id, b"hello")
    await phone.send("IMMsgDataReadAck", session_id=alice.user_id, msg_id=1, session_type=SINGLE)
    await bob.expect("IMMsgDataReadNotify", session_id=alice.user_id, msg_id=1)
    await phone.ask("IMRemoveSessionReq", session_type=SINGLE, session_id=alice.user_id)
    await bob.expect("IMRemoveSessionNotify", session_id=alice.user_id)
    assert not await alice.arrived("IMMsgDataReadNotify", "IMRemoveSessionNotify")


async def test_typing_and_signatures_cross_servers(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    await alice.send("IMP2PCmdMsg", from_user_id=0, to_user_id=bob.user_id, cmd_msg_data="typing")
    notice = await bob.expect("IMP2PCmdMsg")
    assert notice.has(from_user_id=alice.user_id, cmd_msg_data="typing")
    await alice.ask("IMChangeSignInfoReq", sign_info="两地")
    await bob.expect("IMSignInfoChangedNotify", changed_user_id=alice.user_id, sign_info="两地")


async def test_a_repeat_through_the_other_server_is_recognised(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    phone = await people.online(alice.user, ANDROID, cluster.msg2)
    acks = await asyncio.gather(
        alice.say(bob.user_id, b"once", client_msg_id="m"),
        phone.say(bob.user_id, b"once", client_msg_id="m"),
    )
    assert [ack.msg_id for ack in acks] == [1, 1]
    await fence(alice, bob)
    assert len(await bob.arrived("IMMsgData")) == 1


async def test_the_least_loaded_server_is_told_as_people_come_and_go(
    people: People, cluster: Cluster
) -> None:
    crowd = [await people.online() for _ in range(3)]
    for _ in range(2):
        await told(cluster, cluster.msg2)
    more = [await people.online(server=cluster.msg2) for _ in range(5)]
    await told(cluster, cluster.msg)
    for client in more:
        await client.close()
    await told(cluster, cluster.msg2)
    for client in crowd:
        await client.close()


async def told(cluster: Cluster, address: str) -> None:
    """Waits until clients are told that address."""
    await eventually(
        lambda: told_server(cluster),
        lambda answer: answer.get("port") == address.rpartition(":")[2],
        address,
    )


async def test_a_killed_msg_server_disappears_and_its_people_can_go_to_the_other(
    people: People, cluster: Cluster
) -> None:
    alice, bob = await one_on_each(people, cluster)
    await alice.say(bob.user_id, b"before")
    await bob.hears(b"before")
    try:
        cluster.servers["msg"].kill()
        await alice.closed()
        await told(cluster, cluster.msg2)
        back = await people.online(alice.user, server=cluster.msg2)
        await bob.say(alice.user_id, b"welcome over here")
        await back.hears(b"welcome over here")
        assert [message.msg_id for message in await back.history(bob.user_id)] == [2, 1]
        cluster.servers["msg2"].kill()
        no_server = await eventually(
            lambda: told_server(cluster), lambda answer: answer["code"] == 1, "code 1"
        )
        assert no_server == {"code": 1, "msg": "没有msg_server"}
    finally:
        cluster.start(
            *(role for role in ("msg", "msg2") if not cluster.servers[role].alive),
        )
    for server in (cluster.msg, cluster.msg2):
        await people.welcome_at(server)


async def test_what_a_killed_msg_server_acked_is_kept(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    await alice.post_all(bob.user_id, [b"%d" % number for number in range(500)])
    first = await alice.expect("IMMsgDataAck")
    try:
        cluster.servers["msg"].kill()
        frames = await alice.closed()
    finally:
        cluster.start("msg")
    acked = [frame.message.msg_id for frame in frames if frame.command == COMMAND_OF["IMMsgDataAck"]]
    history = await bob.whole_history(alice.user_id)
    ids = [message.msg_id for message in history]
    assert ids == list(range(1, len(ids) + 1))
    assert {first.msg_id, *acked} <= set(ids)
    assert [message.msg_data for message in history] == [b"%d" % number for number in range(len(ids))]
    await people.welcome_at(cluster.msg)


async def test_the_people_of_a_killed_msg_server_are_offline_for_the_others(
    people: People, cluster: Cluster
) -> None:
    alice, bob = await one_on_each(people, cluster)
    await hears_status(alice, bob.user_id, ONLINE)
    try:
        cluster.servers["msg2"].kill()
        await eventually(lambda: status_of(alice, bob.user_id), lambda status: status == [OFFLINE], "offline")
    finally:
        cluster.start("msg2")
    await people.welcome_at(cluster.msg2)


async def test_a_stranger_on_the_route_servers_port_moves_nothing(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    for port in ("route", "login_msg", "db_proxy"):
        stranger = await people.raw(cluster.addresses[port])
        await stranger.write(
            b"".join(
                frame.encode()
                for frame in (
                    alice.frame("IMServerKickUser", client_type=1, reason=1),
                    alice.frame("IMP2PCmdMsg", to_user_id=bob.user_id, cmd_msg_data="x"),
                )
            )
        )
        assert await stranger.closed() == []
    assert not await bob.arrived("IMP2PCmdMsg", "IMKickUser")
    assert not await alice.arrived("IMKickUser")


async def test_history_of_a_group_is_the_same_on_both_servers(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    group = (await alice.create_group(bob.user_id)).group_id
    for number in range(3):
        await alice.say_to_group(group, b"%d" % number)
    mine: list[Message] = await alice.history(group, GROUP)
    assert mine == await bob.history(group, GROUP)
    assert len(mine) == 3


async def test_the_admin_console_reaches_servers_in_other_processes(people: People, cluster: Cluster) -> None:
    alice, bob = await one_on_each(people, cluster)
    cluster.admin("admin", "add", "root", "--password", "correct horse")
    address = f"http://{cluster.addresses['login_http']}/admin/api/"
    async with httpx.AsyncClient(base_url=address, trust_env=False) as admin:
        signed_in = await admin.post("sign-in", json={"name": "root", "password": "correct horse"})
        admin.headers["x-csrf-token"] = signed_in.json()["csrf"]

        async def places_of_all() -> dict:
            online = (await admin.post("online", json={})).json()["users"]
            return {one["id"]: one["servers"] for one in online}

        both = {alice.user_id, bob.user_id}
        places = await eventually(places_of_all, lambda places: both <= places.keys(), "both online")
        assert places[alice.user_id] != places[bob.user_id]
        for user in (alice, bob):
            assert (await admin.post("kick", json={"id": user.user_id})).status_code == 200
            await user.expect("IMKickUser")
        found = await admin.post("do/user.find", json={"text": alice.user.name})
        assert found.json()["users"][0]["id"] == alice.user_id
