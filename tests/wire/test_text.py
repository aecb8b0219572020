"""Strings of peers, which need not be UTF-8 (spec/wire.md 1.2)."""

import pytest

from hongyan.errors import ErrorCode, RefusedError
from hongyan.wire.pb.file_pb2 import IMFileReq
from hongyan.wire.pb.message_pb2 import IMMsgData
from hongyan.wire.text import client_msg_id, text

NOT_UTF8 = "文件.png".encode("gbk")


def test_a_string_stays_as_it_is() -> None:
    assert text("鸿雁") == "鸿雁"


@pytest.mark.parametrize("raw", [NOT_UTF8, b"\xff", b"ok\xc3"])
def test_bytes_that_are_not_utf8_become_text_that_is(raw: bytes) -> None:
    assert text(raw).encode()


def test_a_field_that_is_not_utf8_can_be_read() -> None:
    body = IMFileReq(from_user_id=1, to_user_id=2, file_name="x" * len(NOT_UTF8), file_size=1, trans_mode=1)
    parsed = IMFileReq.FromString(body.SerializeToString().replace(b"x" * len(NOT_UTF8), NOT_UTF8))
    assert text(parsed.file_name).endswith(".png")


def test_a_client_msg_id_is_text() -> None:
    assert client_msg_id(IMMsgData(client_msg_id="雁-1")) == "雁-1"
    assert client_msg_id(IMMsgData()) == ""


def test_a_client_msg_id_that_is_not_utf8_is_refused() -> None:
    body = IMMsgData(client_msg_id="xyz").SerializePartialToString()
    message = IMMsgData.FromString(body.replace(b"xyz", b"ok\xc3"))
    with pytest.raises(RefusedError) as refused:
        client_msg_id(message)
    assert refused.value.code is ErrorCode.MALFORMED
