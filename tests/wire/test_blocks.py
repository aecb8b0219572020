"""Blocks of files are read and written as the protobuf library would, without its copies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.errors import RefusedError
from hongyan.wire import commands
from hongyan.wire.blocks import BlockFrame, read_block, renumbered
from hongyan.wire.frame import HEADER, HEADER_BYTES, InboundFrame, OutboundFrame, parse_body
from hongyan.wire.in_place import LargeFrame
from hongyan.wire.pb.file_pb2 import IMFilePullDataRsp

COMMAND = commands.FILE_PULL_DATA_REPLY
u32 = st.integers(0, 2**32 - 1)
HEAD = IMFilePullDataRsp(result_code=0, task_id="a task", user_id=300, offset=2**31)


def head(result_code: int, task_id: str, user_id: int, offset: int) -> IMFilePullDataRsp:
    return IMFilePullDataRsp(result_code=result_code, task_id=task_id, user_id=user_id, offset=offset)


heads = st.builds(head, u32, st.text(max_size=40), u32, u32)
data = st.binary(max_size=300)


def whole(message: IMFilePullDataRsp, content: bytes) -> IMFilePullDataRsp:
    copy = IMFilePullDataRsp()
    copy.CopyFrom(message)
    copy.file_data = content
    return copy


def inbound(body: bytes) -> LargeFrame:
    header = HEADER.pack(HEADER_BYTES + len(body), 1, 0, COMMAND.service, COMMAND.id, 7, 0)
    return LargeFrame(bytearray(header + body))


def as_the_library(body: bytes) -> IMFilePullDataRsp | None:
    try:
        return parse_body(COMMAND, body)
    except RefusedError:
        return None


def as_we_do(body: bytes) -> IMFilePullDataRsp | None:
    try:
        block = read_block(inbound(body))
    except RefusedError:
        return None
    assert block.message.file_data == b""
    return whole(block.message, bytes(block.data))


@given(heads, data, st.integers(0, 0xFFFF))
def test_what_is_sent_is_what_the_library_writes(
    message: IMFilePullDataRsp, content: bytes, seq: int
) -> None:
    frame = BlockFrame(message, content, seq)
    expected = OutboundFrame(COMMAND, whole(message, content), seq)
    assert b"".join(frame.pieces) == frame.raw == expected.raw
    assert frame.decode(COMMAND) == expected.message


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16383, 16384, 1024 * 1024])
def test_sizes_where_the_length_grows(size: int) -> None:
    content = bytes(size)
    frame = BlockFrame(HEAD, content, 1)
    assert frame.raw == OutboundFrame(COMMAND, whole(HEAD, content), 1).raw
    assert frame.pieces[1] is content
    assert bytes(read_block(InboundFrame(frame.raw, COMMAND.id, 1)).data) == content


def test_the_content_stays_where_it_came() -> None:
    frame = inbound(whole(HEAD, b"content").SerializeToString())
    content = read_block(frame).data
    assert isinstance(content, memoryview)
    assert content.obj is frame.view.obj


@given(heads, data)
def test_every_whole_block_is_read(message: IMFilePullDataRsp, content: bytes) -> None:
    expected = whole(message, content)
    assert as_we_do(expected.SerializeToString()) == expected


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, kind: int, payload: bytes) -> bytes:
    content = _varint(len(payload)) + payload if kind == 2 else payload
    return _varint(number << 3 | kind) + content


varints = st.integers(0, 2**70).map(_varint) | st.binary(max_size=11)
numbers = st.integers(0, 7) | st.integers(100, 130)
fields = (
    st.builds(_field, numbers, st.just(0), varints)
    | st.builds(_field, numbers, st.just(2), st.binary(max_size=20))
    | st.builds(_field, numbers, st.sampled_from([1, 3, 4, 5, 6, 7]), st.binary(max_size=9))
    | st.binary(max_size=6)
    | st.sampled_from([b"\xaa\x00\x01x", b"\x2a\x81\x00x", b"\x2a\xff\xff\xff\xff\x0f", b"\x2a"])
)


@given(st.permutations([b"\x08\x00", b"\x12\x01t", b"\x18\x01", b"\x20\x02", b"\x2a\x03abc"]), st.data())
def test_whatever_stands_in_a_body_is_read_or_refused_as_the_library_does(
    usual: list[bytes], more: st.DataObject
) -> None:
    parts = list(usual)
    for part in more.draw(st.lists(fields, max_size=4)):
        parts.insert(more.draw(st.integers(0, len(parts))), part)
    for _ in range(more.draw(st.integers(0, 1))):
        parts.pop(more.draw(st.integers(0, len(parts) - 1)))
    body = b"".join(parts)
    assert as_we_do(body) == as_the_library(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_as_the_library_does(body: bytes) -> None:
    assert as_we_do(body) == as_the_library(body)


@given(data, st.integers(0, 0xFFFF))
def test_a_frame_is_passed_on_under_another_number(body: bytes, seq: int) -> None:
    frame = inbound(body)
    passed = b"".join(renumbered(frame, seq))
    assert passed[:12] == frame.raw[:12]
    assert int.from_bytes(passed[12:14], "big") == seq
    assert passed[14:] == frame.raw[14:]
