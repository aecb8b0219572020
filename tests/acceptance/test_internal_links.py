"""Strangers on the ports between servers: they hear nothing and change nothing."""

import pytest

from .client import Connection, md5
from .people import People
from .suite import Suite
from .test_login_server import get, parse
from .wire import COMMAND_OF, Frame, frame_of

INTERNAL = ["login_msg", "route", "db_proxy"]
NO_SECRET = b"\0" * 32


async def overheard(people: People, port: str, *frames: Frame) -> list[Frame]:
    """Says something on an internal port; all that came back until it was closed."""
    stranger = await people.raw(people.place.addresses[port])  # type: ignore[attr-defined]
    await stranger.send_frame(*frames)
    return await stranger.closed()


@pytest.mark.parametrize("port", INTERNAL)
async def test_a_stranger_hears_nothing_and_is_closed(people: People, port: str) -> None:
    assert await overheard(people, port, frame_of("IMRoleSet", master=1)) == []
    assert await overheard(people, port, frame_of("IMHeartBeat")) == []


@pytest.mark.parametrize("port", INTERNAL)
async def test_a_wrong_proof_of_the_secret_lets_nobody_in(people: People, port: str) -> None:
    hello = frame_of("IMClusterHello", role="msg", nonce=b"n" * 32, mac=NO_SECRET)
    proof = frame_of("IMClusterProof", mac=NO_SECRET)
    heard = await overheard(people, port, hello, proof, frame_of("IMHeartBeat", seq=1))
    assert heard == []


@pytest.mark.parametrize("port", INTERNAL)
async def test_garbage_in_the_proof_is_closed(people: People, port: str) -> None:
    for body in (b"", b"\xff" * 40, b"\x0a\xff\xff\xff\xff\x0f"):
        assert await overheard(people, port, Frame(COMMAND_OF["IMClusterHello"], body)) == []


@pytest.mark.parametrize("port", INTERNAL)
async def test_a_silent_stranger_hears_nothing(people: People, port: str) -> None:
    stranger = await people.raw(people.place.addresses[port])  # type: ignore[attr-defined]
    alice = await people.online()
    await alice.server_time()
    await stranger.send_frame(frame_of("IMHeartBeat"))
    assert await stranger.closed() == []


async def test_a_stranger_cannot_pose_as_a_msg_server(people: People, suite: Suite) -> None:
    info = frame_of(
        "IMMsgServInfo",
        ip1="6.6.6.6",
        ip2="6.6.6.6",
        port=666,
        max_conn_cnt=100_000,
        cur_conn_cnt=0,
        host_name="evil",
    )
    stranger = await Connection.open(suite.addresses["login_msg"])
    await stranger.send_frame(info)
    await people.online()  # so that the honest one is never the emptier
    for _ in range(5):
        assert parse(await get(suite, "/msg_server"))[2]["priorIP"] != "6.6.6.6"
    await stranger.closed()
    await stranger.close()


async def test_a_stranger_cannot_check_a_password_or_read_a_user(people: People) -> None:
    user = await people.user()
    questions = [
        frame_of("IMValidateReq", user_name=user.name, password=md5(user.password)),
        frame_of("IMUsersInfoReq", user_id=1, user_id_list=[1]),
        frame_of("IMAllUserReq", user_id=1, latest_update_time=0),
    ]
    for question in questions:
        assert await overheard(people, "db_proxy", question) == []


async def test_a_stranger_cannot_store_a_message(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    forged = frame_of(
        "IMMsgData",
        from_user_id=alice.user_id,
        to_session_id=bob.user_id,
        msg_id=0,
        create_time=1,
        msg_type=1,
        msg_data=b"forged",
    )
    for port in INTERNAL:
        assert await overheard(people, port, forged) == []
    assert await bob.history(alice.user_id) == []
    assert not await bob.arrived("IMMsgData")


async def test_a_stranger_cannot_route_anything_to_anybody(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = (await alice.create_group(bob.user_id)).group_id
    attacks = [
        frame_of("IMServerKickUser", user_id=bob.user_id, client_type=1, reason=1),
        frame_of("IMP2PCmdMsg", from_user_id=1, to_user_id=bob.user_id, cmd_msg_data="x"),
        frame_of("IMSignInfoChangedNotify", changed_user_id=alice.user_id, sign_info="forged"),
        frame_of("IMUserStatusUpdate", user_status=2, user_id=alice.user_id, client_type=1),
        frame_of(
            "IMGroupChangeMemberNotify",
            user_id=1,
            change_type=2,
            group_id=group,
            cur_user_id_list=[],
            chg_user_id_list=[bob.user_id],
        ),
        frame_of("IMRemoveSessionNotify", user_id=bob.user_id, session_type=1, session_id=1),
    ]
    await bob.arrived()
    for attack in attacks:
        assert await overheard(people, "route", attack) == []
    assert await bob.arrived() == []
    status = await bob.ask("IMUsersStatReq", user_id_list=[alice.user_id])
    assert status.user_stat_list[0].status == 1


async def test_a_stranger_cannot_change_a_group_as_user_zero(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    group = (await alice.create_group(bob.user_id)).group_id
    change = frame_of(
        "IMGroupChangeMemberReq",
        user_id=0,
        change_type=2,
        group_id=group,
        member_id_list=[bob.user_id],
    )
    assert await overheard(people, "db_proxy", change) == []
    assert (await alice.group_info(group)).version == 1
