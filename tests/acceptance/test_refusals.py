"""What cannot be served is answered, never dropped in silence, and harms no connection."""

from contextlib import suppress

import pytest

from .client import (
    GROUP_TEXT,
    IOS,
    MALFORMED,
    NOT_ALLOWED,
    NOT_FOUND,
    SINGLE_TEXT,
    TOO_LARGE,
    UNKNOWN_COMMAND,
    Client,
    ClosedError,
    RefusedError,
)
from .people import People
from .wire import COMMAND_OF, Frame, Message, encode

# Commands that only servers say to each other or to clients.
NOT_A_CLIENTS = [
    *("IMLoginRes", "IMKickUser", "IMUserStatNotify", "IMRemoveSessionNotify"),
    *("IMMsgDataReadNotify", "IMGroupChangeMemberNotify", "IMSignInfoChangedNotify"),
    *("IMValidateReq", "IMValidateRsp", "IMServerKickUser", "IMOnlineUserInfo"),
    *("IMMsgServInfo", "IMUserStatusUpdate", "IMGetDeviceTokenReq", "IMPushToUserReq"),
    *("IMRoleSet", "IMStopReceivePacket", "IMClusterHello", "IMErrorNotice"),
]
MALFORMED_BODIES = [b"\xff", b"\x08", b"\x12\x7f", b"\x07\x07", b"", b"\x08\x01" * 3 + b"\x32\x05abc"]
MESSAGE_COMMAND = COMMAND_OF["IMMsgData"]


async def notice_about(client: Client, frame: Frame) -> Message:
    """Sends a frame that must be refused; the notice, which must say what it is about."""
    await client.send_frame(frame)
    answer = await client.expect_frame("IMErrorNotice")
    assert answer.seq == 0
    assert answer.message.has(command_id=frame.command, seq=frame.seq)
    assert answer.message.text
    return answer.message


async def refusal_of(client: Client, to: int, data: bytes, kind: int = SINGLE_TEXT) -> Message:
    """The notice about a message that must be refused."""
    with pytest.raises(RefusedError) as refusal:
        await client.say(to, data, kind, client_msg_id="mine")
    notice = refusal.value.notice
    assert notice.has(session_id=to, client_msg_id="mine")
    return notice


# --- commands ---


@pytest.mark.parametrize("command", [0x0000, 0x0999, 0x0112, 0x07EF, 0xFFFF], ids="{:04x}".format)
async def test_an_unknown_command_is_answered_with_its_own_code(people: People, command: int) -> None:
    alice = await people.online()
    assert (await notice_about(alice, Frame(command, b"", seq=9))).code == UNKNOWN_COMMAND
    assert await alice.server_time() > 0


@pytest.mark.parametrize("name", NOT_A_CLIENTS)
async def test_a_command_that_is_not_a_clients_is_refused(people: People, name: str) -> None:
    alice, bob = await people.online(), await people.online()
    body = encode("IMServerKickUser", user_id=bob.user_id, client_type=1, reason=1)
    try:
        notice = await notice_about(alice, Frame(COMMAND_OF[name], body, seq=9))
    except ClosedError:
        pass
    else:
        assert notice.code in {UNKNOWN_COMMAND, NOT_ALLOWED, MALFORMED}
    assert not await bob.arrived("IMKickUser")


# --- bodies ---


@pytest.mark.parametrize("body", MALFORMED_BODIES, ids=lambda body: body.hex() or "empty")
async def test_a_body_that_does_not_parse_is_answered(people: People, body: bytes) -> None:
    alice = await people.online()
    assert (await notice_about(alice, Frame(MESSAGE_COMMAND, body, seq=3))).code == MALFORMED
    assert await alice.server_time() > 0


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("IMChangeSignInfoReq", {"sign_info": "\udcff"}),
        ("IMChangeAvatarReq", {"avatar_url": "\udcff"}),
        (
            "IMGroupCreateReq",
            {"group_type": 2, "group_name": "\udcff", "group_avatar": "", "member_id_list": [1]},
        ),
        ("IMDeviceTokenReq", {"device_token": "\udcff", "client_type": 0x11}),
        ("IMRegistReq", {"user_name": "\udcff", "password": "\udcff"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_text_that_is_not_utf8_is_answered(people: People, name: str, fields: dict) -> None:
    phone = await people.online(kind=IOS)
    with suppress(RefusedError):
        await phone.ask(name, **fields)
    assert await phone.server_time() > 0


async def test_a_typing_notice_that_is_not_utf8_is_relayed_or_refused(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.send("IMP2PCmdMsg", to_user_id=bob.user_id, cmd_msg_data="\udced\udca0\udcbd")
    refusals = await alice.arrived("IMErrorNotice")
    relayed = await bob.arrived("IMP2PCmdMsg")
    assert len(refusals) + len(relayed) == 1


@pytest.mark.parametrize("msg_type", [0, 3, 9, 0x13, 0x7FFFFFFF])
async def test_a_message_type_outside_the_enum_is_malformed(people: People, msg_type: int) -> None:
    alice, bob = await people.online(), await people.online()
    frame = alice.frame(
        "IMMsgData",
        to_session_id=bob.user_id,
        msg_id=0,
        create_time=0,
        msg_type=msg_type,
        msg_data=b"x",
    )
    assert (await notice_about(alice, frame)).code == MALFORMED
    assert not await bob.arrived("IMMsgData")


async def test_who_keeps_sending_garbage_is_closed(people: People) -> None:
    alice, mallory = await people.online(), await people.online()
    for _ in range(200):
        await mallory.send_frame(Frame(MESSAGE_COMMAND, b"\xff\xff", seq=1))
    await mallory.closed()
    assert await alice.server_time() > 0


# --- messages ---


async def test_an_empty_message_is_refused(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    assert (await refusal_of(alice, bob.user_id, b"")).code
    assert not await bob.arrived("IMMsgData")
    assert await alice.history(bob.user_id) == []


@pytest.mark.parametrize("size", [100_000, 200_000])
async def test_an_oversized_message_is_refused_as_too_large(people: People, size: int) -> None:
    alice, bob = await people.online(), await people.online()
    try:
        assert (await refusal_of(alice, bob.user_id, b"x" * size)).code == TOO_LARGE
    except ClosedError:
        pytest.fail("closed without a word")
    assert not await bob.arrived("IMMsgData")
    assert await alice.history(bob.user_id) == []
    assert (await alice.say(bob.user_id, b"smaller")).msg_id == 1


async def test_a_text_longer_than_the_database_keeps_is_refused_or_kept_whole(
    people: People,
) -> None:
    alice, bob = await people.online(), await people.online()
    for size in (4096, 4097, 5000, 10_000):
        text = b"x" * size
        try:
            ack = await alice.say(bob.user_id, text)
        except RefusedError as refusal:
            assert refusal.code == TOO_LARGE  # noqa: PT017 - acked is as good
        else:
            assert (await bob.history(alice.user_id))[0].has(msg_id=ack.msg_id, msg_data=text)


async def test_a_message_to_user_zero_is_refused(people: People) -> None:
    alice = await people.online()
    assert (await refusal_of(alice, 0, b"to the system")).code in {NOT_ALLOWED, NOT_FOUND, MALFORMED}
    assert (await refusal_of(alice, 0, b"to group 0", GROUP_TEXT)).code in {
        *(NOT_ALLOWED, NOT_FOUND, MALFORMED),
    }


async def test_a_refused_message_uses_up_no_id(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    assert (await alice.say(bob.user_id, b"one")).msg_id == 1
    await refusal_of(alice, bob.user_id, b"")
    await refusal_of(alice, bob.user_id, b"x" * 100_000)
    assert (await alice.say(bob.user_id, b"two")).msg_id == 2


async def test_every_message_of_a_mixed_burst_is_acked_or_refused(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    sent = await alice.post_all(bob.user_id, [b"a", b"", b"b", b"", b"c"])
    outcomes = []
    for seq in sent:
        try:
            outcomes.append((await alice.acked(seq)).msg_id)
        except RefusedError:
            outcomes.append(None)
    assert outcomes == [1, None, 2, None, 3]


async def test_there_is_no_rate_limit_unless_one_is_set(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    sent = await alice.post_all(bob.user_id, [b"quick"] * 200)
    assert [(await alice.acked(seq)).msg_id for seq in sent] == list(range(1, 201))
    assert not await alice.arrived("IMErrorNotice")


async def test_an_oversized_typing_notice_is_refused_or_delivered_whole(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.send("IMP2PCmdMsg", to_user_id=bob.user_id, cmd_msg_data="x" * 100_000)
    refusals = await alice.arrived("IMErrorNotice")
    delivered = await bob.arrived("IMP2PCmdMsg")
    assert len(refusals) + len(delivered) == 1


# --- lists ---


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("IMUsersInfoReq", {"user_id_list": range(1, 20_001)}),
        ("IMUsersStatReq", {"user_id_list": range(1, 20_001)}),
        ("IMGetMsgByIdReq", {"session_type": 1, "session_id": 1, "msg_id_list": [1] * 20_000}),
        ("IMGroupInfoListReq", {"group_version_list": [{"group_id": 1, "version": 0}] * 20_000}),
        (
            "IMGroupChangeMemberReq",
            {"change_type": 1, "group_id": 1, "member_id_list": range(1, 20_001)},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_absurdly_long_list_is_answered_one_way_or_the_other(
    people: People, name: str, fields: dict
) -> None:
    alice, bob = await people.online(), await people.online()
    with suppress(RefusedError):
        await alice.ask(name, **fields)
    assert await alice.server_time() > 0
    assert await bob.server_time() > 0
