"""Frames: golden bytes, splitting, bad lengths, lazy conversion (spec/wire.md 1)."""

from itertools import combinations, pairwise
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.errors import ErrorCode, RefusedError
from hongyan.wire import commands
from hongyan.wire.commands import COMMANDS, Command
from hongyan.wire.frame import (
    DEFAULT_MAX_FRAME_BYTES,
    HEADER,
    HEADER_BYTES,
    Frame,
    Framer,
    InboundFrame,
    OutboundFrame,
    parse_body,
)
from hongyan.wire.pb.base_define_pb2 import MSG_TYPE_SINGLE_TEXT, SESSION_TYPE_SINGLE
from hongyan.wire.pb.login_pb2 import IMLoginReq
from hongyan.wire.pb.message_pb2 import IMClientTimeReq, IMMsgData, IMMsgDataAck
from hongyan.wire.pb.other_pb2 import IMHeartBeat
from hongyan.wire.pb.server_pb2 import IMRoleSet, IMUserCntUpdate, IMValidateRsp

ACK = IMMsgDataAck(user_id=1, session_id=2, msg_id=3, session_type=SESSION_TYPE_SINGLE)
GOLDEN = [
    (commands.HEARTBEAT, IMHeartBeat(), 0, "00000010 0001 0000 0007 0701 0000 0000"),
    (
        commands.MSG_DATA_ACK,
        ACK,
        5,
        "00000018 0001 0000 0003 0302 0005 0000 08011002 18032001",
    ),
    (commands.ROLE_SET, IMRoleSet(master=1), 0, "00000012 0001 0000 0007 0707 0000 0000 0801"),
    (
        commands.USER_COUNT_UPDATE,
        IMUserCntUpdate(user_action=1, user_id=9),
        0,
        "00000014 0001 0000 0007 070b 0000 0000 08011009",
    ),
]
STOCK_HEADERS = {
    "windows": (1, 0, 0),
    "ios": (13, 0, 1),
    "android": (6, 0, 0x30),
    "of zeros": (0, 0, 0),
    "of ones": (0xFFFF, 0xFFFF, 0xFFFF),
}
"""version, flag, reserved."""


def frame_bytes(body: bytes = b"", command_id: int = 0x0701, seq: int = 0) -> bytes:
    return HEADER.pack(HEADER_BYTES + len(body), 1, 0, 7, command_id, seq, 0) + body


def header_of(frame: Frame) -> tuple[int, ...]:
    return HEADER.unpack_from(frame.raw)


def message(text: bytes = b"text") -> IMMsgData:
    return IMMsgData(
        from_user_id=1,
        to_session_id=2,
        msg_id=0,
        create_time=0,
        msg_type=MSG_TYPE_SINGLE_TEXT,
        msg_data=text,
    )


# Writing.


@pytest.mark.parametrize(
    ("command", "body", "seq", "expected"), GOLDEN, ids=lambda value: getattr(value, "name", "")
)
def test_golden_frames_come_out_byte_for_byte(
    command: Command, body: object, seq: int, expected: str
) -> None:
    assert OutboundFrame(command, body, seq).raw == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("command", "body", "seq", "expected"), GOLDEN, ids=lambda value: getattr(value, "name", "")
)
def test_golden_frames_are_read(command: Command, body: object, seq: int, expected: str) -> None:
    (frame,) = Framer().feed(bytes.fromhex(expected))
    assert (frame.command_id, frame.seq) == (command.id, seq)
    assert frame.decode(command) == body


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_every_command_writes_its_own_service_and_id(command: Command) -> None:
    length, version, flag, service, command_id, seq, reserved = header_of(
        OutboundFrame(command, command.message(), 0xABCD)
    )
    assert (version, flag, reserved) == (1, 0, 0)
    assert (service, command_id, seq) == (command.id >> 8, command.id, 0xABCD)
    assert length == HEADER_BYTES, "an empty body is a frame of 16 bytes"


@pytest.mark.parametrize("origin", STOCK_HEADERS.values(), ids=STOCK_HEADERS)
def test_a_frame_on_behalf_of_a_client_keeps_version_flag_and_reserved_of_its_header(
    origin: tuple[int, int, int],
) -> None:
    version, flag, reserved = origin
    raw = HEADER.pack(HEADER_BYTES, version, flag, 99, 0x0305, 7, reserved)
    (client,) = Framer().feed(raw)
    forwarded = OutboundFrame(commands.MSG_DATA, message(), 7, client)
    _, *written = header_of(forwarded)
    assert written == [version, flag, 3, 0x0301, 7, reserved]


# Reading whatever way it arrives.

BODIES = [b"", b"\x08\x01", b"x" * 100, b"", b"y" * 17]
STREAM = b"".join(frame_bytes(body, 0x0300 + i, i) for i, body in enumerate(BODIES))
EXPECTED = [(0x0300 + i, i, frame_bytes(body, 0x0300 + i, i)) for i, body in enumerate(BODIES)]


def summary(frames: list[Frame]) -> list[tuple[int, int, bytes]]:
    return [(frame.command_id, frame.seq, frame.raw) for frame in frames]


def feed_all(framer: Framer, *pieces: bytes) -> list[Frame]:
    return [frame for piece in pieces for frame in framer.feed(piece)]


def test_frames_that_run_together_are_cut() -> None:
    assert summary(Framer().feed(STREAM)) == EXPECTED


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_stream_may_be_split_at_any_point(cut: int) -> None:
    assert summary(feed_all(Framer(), STREAM[:cut], STREAM[cut:])) == EXPECTED


def test_a_short_stream_may_be_split_at_any_two_points() -> None:
    stream = frame_bytes(b"ab", 1, 1) + frame_bytes(b"", 2, 2)
    whole = summary(Framer().feed(stream))
    for first, second in combinations(range(len(stream) + 1), 2):
        pieces = (stream[:first], stream[first:second], stream[second:])
        assert summary(feed_all(Framer(), *pieces)) == whole


def test_a_stream_may_come_byte_by_byte() -> None:
    pieces = [STREAM[i : i + 1] for i in range(len(STREAM))]
    assert summary(feed_all(Framer(), *pieces)) == EXPECTED


def test_a_frame_is_handed_out_as_soon_as_its_last_byte_is_there_and_not_before() -> None:
    framer = Framer()
    raw = frame_bytes(b"body")
    assert framer.feed(raw[:-1]) == []
    assert len(framer.feed(raw[-1:] + raw[:5])) == 1
    assert framer.feed(b"") == []
    assert len(framer.feed(raw[5:])) == 1


@given(
    frames=st.lists(
        st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=80)), max_size=12
    ),
    cuts=st.lists(st.floats(0, 1), max_size=12),
)
def test_any_frames_survive_any_cutting(frames: list[tuple[int, int, bytes]], cuts: list[float]) -> None:
    expected = [(id_, seq, frame_bytes(body, id_, seq)) for id_, seq, body in frames]
    stream = b"".join(raw for _, _, raw in expected)
    bounds = sorted({0, len(stream), *(int(cut * len(stream)) for cut in cuts)})
    pieces = [stream[a:b] for a, b in pairwise(bounds)]
    framer = Framer()
    assert summary(feed_all(framer, *pieces)) == expected
    assert framer.fault is None


@given(
    sender=st.integers(0, 2**32 - 1),
    text=st.binary(max_size=300),
    seq=st.integers(0, 0xFFFF),
    attach=st.none() | st.binary(max_size=20),
)
def test_a_message_comes_back_as_it_was_made(
    sender: int, text: bytes, seq: int, attach: bytes | None
) -> None:
    made = message(text)
    made.from_user_id = sender
    if attach is not None:
        made.attach_data = attach
    (frame,) = Framer().feed(OutboundFrame(commands.MSG_DATA, made, seq).raw)
    assert frame.seq == seq
    assert frame.decode(commands.MSG_DATA) == made


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_whatever_arrives_the_framer_raises_nothing_and_keeps_its_bounds(pieces: list[bytes]) -> None:
    framer = Framer(max_frame_bytes=64)
    for piece in pieces:
        assert all(HEADER_BYTES <= len(frame.raw) <= 64 for frame in framer.feed(piece))


# Bad lengths.


@pytest.mark.parametrize("length", range(HEADER_BYTES))
def test_a_length_below_the_header_is_a_fault(length: int) -> None:
    framer = Framer()
    good = frame_bytes(b"good")
    bad = HEADER.pack(length, 1, 0, 7, 0x0701, 0, 0)
    assert summary(framer.feed(good + bad + good)) == summary(Framer().feed(good))
    assert framer.fault is not None
    assert framer.fault.reason == "frame_too_short"
    assert framer.feed(good) == [], "nothing behind it can be trusted"


@pytest.mark.parametrize("length", [65, 1024, 2**31, 2**32 - 1])
def test_a_length_over_the_limit_is_a_fault_before_its_body_arrives(length: int) -> None:
    framer = Framer(max_frame_bytes=64)
    good = frame_bytes(b"good")
    bad = HEADER.pack(length, 1, 0, 7, 0x0701, 0, 0)
    assert len(framer.feed(good + good + bad)) == 2
    assert framer.fault is not None
    assert framer.fault.reason == "frame_too_long"
    assert framer.feed(good) == []


@pytest.mark.parametrize("cut", range(1, HEADER_BYTES))
@pytest.mark.parametrize("length", [0, 15, 65])
def test_a_bad_length_is_found_however_its_header_is_split(length: int, cut: int) -> None:
    framer = Framer(max_frame_bytes=64)
    bad = HEADER.pack(length, 1, 0, 7, 0x0701, 0, 0)
    assert framer.feed(bad[:cut]) == []
    assert framer.fault is None
    assert framer.feed(bad[cut:] + frame_bytes()) == []
    assert framer.fault is not None


def test_a_frame_of_exactly_the_limit_is_taken() -> None:
    framer = Framer(max_frame_bytes=64)
    assert len(framer.feed(frame_bytes(bytes(64 - HEADER_BYTES)))) == 1
    assert framer.fault is None


def test_without_a_limit_of_its_own_a_framer_takes_a_megabyte() -> None:
    body = bytes(DEFAULT_MAX_FRAME_BYTES - HEADER_BYTES)
    assert len(Framer().feed(frame_bytes(body))) == 1
    framer = Framer()
    assert framer.feed(frame_bytes(body + b"x")) == []
    assert framer.fault is not None


@pytest.mark.parametrize("values", STOCK_HEADERS.values(), ids=STOCK_HEADERS)
def test_any_version_flag_and_reserved_is_accepted(values: tuple[int, int, int]) -> None:
    version, flag, reserved = values
    raw = HEADER.pack(HEADER_BYTES, version, flag, 0, 0x0305, 3, reserved)
    (frame,) = Framer().feed(raw)
    assert (frame.command_id, frame.seq, frame.raw) == (0x0305, 3, raw)


# Converting once, and only when asked.


class CountingMessage:
    """Counts conversions of a message class."""

    def __init__(self, command: Command) -> None:
        self.decoded = 0
        self._real = command.message

    def FromString(self, body: bytes) -> object:  # noqa: N802 - protobuf's name
        self.decoded += 1
        return self._real.FromString(body)


def test_what_is_only_passed_on_is_neither_decoded_nor_encoded() -> None:
    raw = OutboundFrame(commands.MSG_DATA, message(), 5).raw
    (frame,) = Framer().feed(raw)
    assert frame.message is None
    assert frame.raw == raw
    assert frame.message is None


def test_a_frame_is_decoded_once() -> None:
    (frame,) = Framer().feed(OutboundFrame(commands.MSG_DATA, message()).raw)
    counting = CountingMessage(commands.MSG_DATA)
    watched = Command(0x0301, "CID_MSG_DATA", 3, counting, frozenset())
    assert frame.decode(watched) is frame.decode(watched)
    assert frame.message is frame.decode(watched)
    assert counting.decoded == 1


def test_a_frame_is_encoded_once() -> None:
    made = Mock(wraps=message())
    frame = OutboundFrame(commands.MSG_DATA, made)
    assert frame.raw is frame.raw
    made.SerializePartialToString.assert_called_once_with()


def test_a_frame_made_here_hands_its_message_over_without_encoding() -> None:
    made = Mock(wraps=message())
    assert OutboundFrame(commands.MSG_DATA, made).decode(commands.MSG_DATA) is made
    made.SerializePartialToString.assert_not_called()


def test_a_frame_tells_the_attach_data_of_a_message_it_knows() -> None:
    made = message()
    made.attach_data = b"context"
    (read,) = Framer().feed(OutboundFrame(commands.MSG_DATA, made).raw)
    assert read.attach_data == b"", "nobody has decoded it"
    read.decode(commands.MSG_DATA)
    assert read.attach_data == OutboundFrame(commands.MSG_DATA, made).attach_data == b"context"
    assert OutboundFrame(commands.HEARTBEAT, IMHeartBeat()).attach_data == b""


def test_what_a_peer_added_to_a_message_survives_changing_it() -> None:
    unknown = bytes.fromhex("f2e201 03 616263")  # field 3630, as a later version may add
    (frame,) = Framer().feed(frame_bytes(message().SerializeToString() + unknown, 0x0301))
    changed = frame.decode(commands.MSG_DATA)
    changed.msg_id = 17
    expected = message()
    expected.msg_id = 17
    assert (
        OutboundFrame(commands.MSG_DATA, changed).raw[HEADER_BYTES:] == expected.SerializeToString() + unknown
    )


# Bodies that are no message.

LOGIN = IMLoginReq(user_name="u", password="p", online_status=1, client_type=1)
MALFORMED = {
    "cut off": (commands.MSG_DATA, message().SerializeToString()[:-1]),
    "not protobuf": (commands.MSG_DATA, b"\xff\xff\xff\xff"),
    "without a required field": (commands.MSG_DATA, b"\x08\x01"),
    "empty where a field is required": (commands.LOGIN, b""),
    "an enum value that nobody knows": (
        commands.LOGIN,
        LOGIN.SerializeToString().replace(b"\x20\x01", b"\x20\x63"),
    ),
}


@pytest.mark.parametrize(("command", "body"), MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_no_message_is_refused_without_quoting_it(command: Command, body: bytes) -> None:
    with pytest.raises(RefusedError) as refusal:
        InboundFrame(frame_bytes(body, command.id), command.id, 0).decode(command)
    assert refusal.value.code is ErrorCode.MALFORMED
    assert refusal.value.text.startswith(command.name)


def test_an_empty_body_is_a_message_where_nothing_is_required() -> None:
    assert parse_body(commands.TIME, b"") == IMClientTimeReq()


def test_text_that_is_not_utf8_does_not_spoil_a_message() -> None:
    body = IMValidateRsp(user_name="xx", result_code=0, result_string="").SerializeToString()
    parsed = parse_body(commands.VALIDATE_REPLY, body.replace(b"xx", b"\xc4\xe3"))
    assert parsed.result_code == 0


def test_a_reply_with_a_required_field_unset_is_written_as_the_original_does() -> None:
    assert OutboundFrame(commands.MSG_DATA_ACK, IMMsgDataAck(user_id=1)).raw[HEADER_BYTES:] == b"\x08\x01"
