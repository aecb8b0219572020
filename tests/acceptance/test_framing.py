"""Bytes on the client port: how they may arrive, and which lengths close the connection."""

import struct
from dataclasses import replace

import pytest

from .client import ANDROID, IOS, MAC, WINDOWS, Connection, Kind
from .people import People
from .wire import COMMAND_OF, HEADER, HEARTBEAT, Frame, frame_of

TIME = COMMAND_OF["IMClientTimeReq"]


def header(length: int, command: int = TIME) -> bytes:
    return HEADER.pack(length, 1, 0, 7, command, 1, 0)


async def expect_echo(connection: Connection, seq: int) -> Frame:
    return await connection.next(
        lambda frame: (frame.command, frame.seq) == (HEARTBEAT, seq), f"heartbeat {seq}"
    )


async def test_a_request_that_arrives_byte_by_byte_is_answered(people: People) -> None:
    alice, witness = await people.online(), await people.online()
    frame = alice.frame("IMClientTimeReq")
    for byte in frame.encode():
        await alice.write(bytes([byte]))
        await witness.arrived()  # the server has had time to read it
    assert (await alice.answer("IMClientTimeReq", frame.seq)).server_time > 0


async def test_two_requests_are_answered_wherever_the_bytes_are_split(people: People) -> None:
    alice, witness = await people.online(), await people.online()
    length = len(alice.frame("IMClientTimeReq").encode() * 2)
    for split in range(1, length):
        frames = alice.frame("IMClientTimeReq"), alice.frame("IMClientTimeReq")
        raw = b"".join(frame.encode() for frame in frames)
        await alice.write(raw[:split])
        await witness.arrived()
        await alice.write(raw[split:])
        for frame in frames:
            await alice.answer("IMClientTimeReq", frame.seq)


async def test_a_login_split_inside_its_header_and_its_body_succeeds(people: People) -> None:
    witness = await people.online()
    user = await people.user()
    for split in (1, 3, 15, 16, 17, 40):
        alice = await people.connect(user)
        raw = frame_of(
            "IMLoginReq",
            seq=7,
            user_name=user.name,
            password="no",
            online_status=1,
            client_type=1,
        ).encode()
        await alice.write(raw[:split])
        await witness.arrived()
        await alice.write(raw[split:])
        assert (await alice.answer("IMLoginReq", 7)).result_code == 6


async def test_requests_in_one_write_are_answered_in_their_order(people: People) -> None:
    alice = await people.online()
    await alice.send_frame(
        Frame(HEARTBEAT, seq=43), Frame(TIME, seq=44), Frame(HEARTBEAT, seq=45), Frame(TIME, seq=46)
    )
    answers = [await alice.next(lambda frame: frame.seq > 40, "an answer") for _ in range(4)]
    assert [frame.seq for frame in answers] == [43, 44, 45, 46]


async def test_a_thousand_frames_in_one_write_are_all_answered(people: People) -> None:
    alice = await people.online()
    seqs = range(1000, 2000)
    await alice.send_frame(*(Frame(HEARTBEAT, seq=seq) for seq in seqs))
    for seq in seqs:
        await expect_echo(alice, seq)


@pytest.mark.parametrize("length", [0, 1, 8, 15])
async def test_a_length_below_the_header_closes_only_that_connection(people: People, length: int) -> None:
    alice, mallory = await people.online(), await people.online()
    await mallory.write(header(length))
    await mallory.closed()
    await alice.server_time()


@pytest.mark.parametrize("length", [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
async def test_a_length_over_the_limit_closes_before_the_body_is_sent(people: People, length: int) -> None:
    alice, mallory = await people.online(), await people.online()
    await mallory.write(header(length))
    await mallory.closed()
    await alice.server_time()


async def test_lengths_are_checked_before_login_too(people: People) -> None:
    for length in (0, 15, 0xFFFFFFFF):
        stranger = await people.connect()
        await stranger.write(header(length))
        await stranger.closed()


async def test_requests_before_a_bad_length_are_still_answered(people: People) -> None:
    alice = await people.online()
    await alice.write(Frame(TIME, seq=77).encode() + header(3))
    assert 77 in [frame.seq for frame in await alice.closed()]


@pytest.mark.parametrize(
    ("version", "flag", "reserved"),
    [(0, 0, 0), (1, 0, 0), (6, 0, 0x30), (13, 0, 1), (0xFFFF, 0xFFFF, 0xFFFF)],
)
async def test_any_version_flag_and_reserved_is_accepted(
    people: People, version: int, flag: int, reserved: int
) -> None:
    kind = Kind(0x01, version, flag, reserved)
    alice = await people.online(kind=kind)
    assert await alice.server_time() > 0


@pytest.mark.parametrize("kind", [WINDOWS, MAC, IOS, ANDROID], ids=["win", "mac", "ios", "android"])
async def test_answers_carry_the_servers_own_header(people: People, kind: Kind) -> None:
    alice = await people.online(kind=kind)
    await alice.send_frame(replace(alice.frame("IMClientTimeReq"), seq=900))
    answer = await alice.next(lambda frame: frame.seq == 900, "answer")
    assert answer.command == COMMAND_OF["IMClientTimeRsp"]
    assert (answer.version, answer.flag, answer.reserved) == (1, 0, 0)


async def test_a_heartbeat_comes_back_unchanged(people: People) -> None:
    for client in (await people.connect(), await people.online()):
        beat = Frame(HEARTBEAT, seq=0x1234, service=7, version=6, flag=9, reserved=0x30)
        await client.send_frame(beat)
        assert await expect_echo(client, 0x1234) == beat


@pytest.mark.parametrize("seq", [0, 1, 0x7FFE, 0xFF03, 0xFFFF])
async def test_answers_echo_the_sequence_number(people: People, seq: int) -> None:
    alice = await people.online()
    await alice.send_frame(Frame(TIME, seq=seq))
    answer = await alice.next(lambda frame: frame.command == COMMAND_OF["IMClientTimeRsp"], "time answer")
    assert answer.seq == seq


async def test_history_answers_echo_the_tag_that_windows_puts_into_seq(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    request = replace(
        alice.frame("IMGetMsgListReq", session_type=1, session_id=bob.user_id, msg_id_begin=0, msg_cnt=10),
        seq=0xFF03,
    )
    await alice.send_frame(request)
    await alice.answer("IMGetMsgListReq", 0xFF03)


async def test_the_service_id_does_not_matter(people: People) -> None:
    alice = await people.online()
    await alice.send_frame(Frame(TIME, seq=46, service=0xABCD))
    await alice.answer("IMClientTimeReq", 46)


async def test_notifications_have_sequence_number_zero(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    phone = await people.online(user=bob.user, kind=ANDROID)
    await phone.say(alice.user_id, b"ring")
    for client, name in [
        (alice, "IMUserStatNotify"),
        (alice, "IMMsgData"),
        (bob, "IMMsgData"),
        (phone, "IMPCLoginStatusNotify"),
    ]:
        assert (await client.expect_frame(name)).seq == 0


async def test_half_a_frame_holds_nobody_up(people: People) -> None:
    alice, slow = await people.online(), await people.online()
    await slow.write(struct.pack(">I", 4000) + b"\0" * 500)
    assert await alice.server_time() > 0
