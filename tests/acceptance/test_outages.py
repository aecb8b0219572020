"""A server that the others need goes away and comes back: refusals with reasons, and recovery."""

from collections.abc import AsyncIterator

import pytest

from .client import (
    DELETE,
    NOT_STORED,
    ONLINE,
    UNAVAILABLE,
    Client,
    ClosedError,
    RefusedError,
    User,
    eventually,
)
from .people import People, people_of
from .suite import Cluster
from .test_presence import status_of

NO_DB, NO_LOGIN_SERVER, NO_ROUTE = 3, 4, 5
RECOVERY_S = 40.0


@pytest.fixture
async def people(cluster: Cluster) -> AsyncIterator[People]:
    async with people_of(cluster, RECOVERY_S) as people:
        yield people


async def logins_are_refused_with(people: People, code: int) -> None:
    user = User(people.place.people.take_name())
    await eventually(
        lambda: people.login_code(people.place.msg, user),
        lambda answered: answered == code,
        f"refusal {code}",
    )


async def outcome(sender: Client, seq: int) -> int | None:
    """The id of a message that was acked, or None for one that was refused with a notice."""
    try:
        return (await sender.acked(seq)).msg_id
    except RefusedError as refusal:
        if refusal.code not in {NOT_STORED, UNAVAILABLE}:
            raise
        return None


async def send_all(sender: Client, to: int, texts: list[bytes]) -> list[int]:
    """Sends texts in one write, each with itself as client message id."""
    frames = [
        sender.frame(
            "IMMsgData",
            to_session_id=to,
            msg_id=0,
            create_time=0,
            msg_type=1,
            msg_data=text,
            client_msg_id=text.decode(),
        )
        for text in texts
    ]
    await sender.send_frame(*frames)
    return [frame.seq for frame in frames]


async def test_without_the_database_nothing_is_acked_and_all_is_well_when_it_returns(
    people: People, cluster: Cluster
) -> None:
    alice, bob = await people.online(), await people.online()
    group = (await alice.create_group(bob.user_id)).group_id
    await alice.say(bob.user_id, b"before")
    await bob.hears(b"before")
    cluster.servers["db_proxy"].kill()
    try:
        await logins_are_refused_with(people, NO_DB)
        with pytest.raises(RefusedError) as refusal:
            await alice.say(bob.user_id, b"during", client_msg_id="m-1")
        assert refusal.value.code in {NOT_STORED, UNAVAILABLE}
        assert refusal.value.notice.client_msg_id == "m-1"
        with pytest.raises(RefusedError):
            await alice.unread()
        assert (await alice.change_members(group, DELETE, bob.user_id)).result_code == 1
        assert await alice.server_time() > 0
        assert not await bob.arrived("IMMsgData", "IMGroupChangeMemberNotify")
    finally:
        cluster.start("db_proxy")
    await people.welcome_at(cluster.msg, RECOVERY_S)
    assert (await alice.say(bob.user_id, b"during", client_msg_id="m-1")).msg_id == 2
    assert (await alice.say(bob.user_id, b"after")).msg_id == 3
    assert [message.msg_data for message in await bob.arrived("IMMsgData")] == [
        b"during",
        b"after",
    ]
    history = await bob.whole_history(alice.user_id)
    assert [message.msg_data for message in history] == [b"before", b"during", b"after"]


async def test_messages_under_way_when_the_database_dies_are_acked_or_refused_never_both(
    people: People, cluster: Cluster
) -> None:
    alice, bob = await people.online(), await people.online(server=cluster.msg2)
    texts = [b"%d" % number for number in range(400)]
    sent = await send_all(alice, bob.user_id, texts)
    await alice.acked(sent[0])
    cluster.servers["db_proxy"].kill()
    try:
        outcomes = [await outcome(alice, seq) for seq in sent[1:]]
    finally:
        cluster.start("db_proxy")
    for server in (cluster.msg, cluster.msg2):
        await people.welcome_at(server, RECOVERY_S)
    ids = {texts[0]: 1} | {text: msg_id for text, msg_id in zip(texts[1:], outcomes, strict=True) if msg_id}
    missing = [text for text in texts if text not in ids]
    for text, seq in zip(missing, await send_all(alice, bob.user_id, missing), strict=True):
        ids[text] = (await alice.acked(seq)).msg_id
    assert sorted(ids.values()) == list(range(1, 401))
    history = await bob.whole_history(alice.user_id)
    assert {message.msg_data: message.msg_id for message in history} == ids
    assert len(history) == 400


async def test_without_the_route_server_logins_are_refused_and_presence_returns_with_it(
    people: People, cluster: Cluster
) -> None:
    alice, bob = await people.online(), await people.online(server=cluster.msg2)
    cluster.servers["route"].stop()
    try:
        await logins_are_refused_with(people, NO_ROUTE)
        with pytest.raises(RefusedError):
            await alice.ask("IMUsersStatReq", user_id_list=[bob.user_id])
        first = await alice.post(bob.user_id, b"across the gap", client_msg_id="m-1")
        assert await outcome(alice, first) in {1, None}
    finally:
        cluster.start("route")
    for server in (cluster.msg, cluster.msg2):
        await people.welcome_at(server, RECOVERY_S)
    await eventually(lambda: status_of(alice, bob.user_id), lambda status: status == [ONLINE], "bob online")
    assert (await alice.say(bob.user_id, b"across the gap", client_msg_id="m-1")).msg_id == 1
    assert (await alice.say(bob.user_id, b"together again")).msg_id == 2
    await bob.hears(b"together again")
    assert [message.msg_id for message in await bob.history(alice.user_id)] == [2, 1]


async def test_without_the_login_server_logins_are_refused_and_it_learns_the_load_again(
    people: People, cluster: Cluster
) -> None:
    alice, bob = await people.online(), await people.online()
    cluster.servers["login"].kill()
    try:
        await logins_are_refused_with(people, NO_LOGIN_SERVER)
        await alice.say(bob.user_id, b"we can still talk")
        await bob.hears(b"we can still talk")
    finally:
        cluster.start("login")
    for server in (cluster.msg, cluster.msg2):
        await people.welcome_at(server, RECOVERY_S)
    # alice and bob sit on the other one; its own report of that may come last
    await eventually(lambda: told_port(cluster), lambda port: port == cluster.ports["msg2"], "msg2 as advice")


async def told_port(cluster: Cluster) -> int:
    """The port in login_server's answer over TCP."""
    client = await Client.open(cluster.addresses["login_client"])
    await client.send("IMMsgServReq")
    frames = await client.closed()
    await client.close()
    if not frames:
        raise ClosedError("login_server closed without an answer")
    port: int = frames[0].message.port
    return port
