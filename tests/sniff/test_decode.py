"""What is shown of a frame, and what is not."""

import json
from typing import Any

import pytest

from hongyan.errors import ConfigError
from hongyan.sniff.decode import Decoder
from hongyan.sniff.show import Direction, Origin, Printer
from hongyan.wire import commands as c
from hongyan.wire.cipher import DEFAULT_KEY
from hongyan.wire.frame import HEADER, OutboundFrame
from hongyan.wire.pb.message_pb2 import IMGetMsgListRsp, IMMsgData

from .streams import ACK, LOGIN, MESSAGE

ORIGIN = Origin(3, Direction.CLIENT)


def _line(raw: bytes, *, show_content: bool = False) -> str:
    lines: list[str] = []
    printer = Printer(lines.append, as_json=False)
    printer.frame(None, ORIGIN, Decoder(show_content=show_content, key=DEFAULT_KEY).decode(raw))
    (line,) = lines
    return line


def test_a_line_has_the_header_and_the_fields() -> None:
    assert _line(ACK) == (
        "#3 > CID_MSG_DATA_ACK(0x0302) seq=2 len=24"
        " user_id=1 session_id=2 msg_id=7 session_type=SESSION_TYPE_SINGLE"
    )


def test_passwords_and_texts_are_masked_unless_asked_for() -> None:
    assert "password=*** " in _line(LOGIN)
    assert "e10adc3949ba" in _line(LOGIN, show_content=True)
    assert 'msg_data="*** (24 bytes)"' in _line(MESSAGE)
    assert 'msg_data="你好 Bob"' in _line(MESSAGE, show_content=True)


def test_texts_inside_lists_are_masked_too() -> None:
    answer = IMGetMsgListRsp(user_id=1, session_type=1, session_id=2, msg_id_begin=0)
    answer.msg_list.add(msg_id=1, from_session_id=2, create_time=3, msg_type=1, msg_data=b"plain words")
    raw = OutboundFrame(c.MSG_LIST_REPLY, answer).raw
    assert "plain words" not in _line(raw)
    assert "plain words" in _line(raw, show_content=True)


def test_unusual_headers_are_shown() -> None:
    body = LOGIN[HEADER.size :]
    raw = HEADER.pack(len(LOGIN), 6, 0, 1, 0x0103, 9, 0x30) + body
    assert "seq=9" in _line(raw)
    assert "[version=6 reserved=48]" in _line(raw)


@pytest.mark.parametrize(
    ("command", "body", "text"),
    [
        (0x6666, b"\x01\x02", "unknown(0x6666) seq=0 len=18 [service=7] !! unknown command: 0102"),
        (0x0302, b"\xff\xff", "!! does not parse: ffff"),
        (0x0302, b"\x08\x01", "user_id=1 !! lacks session_id, msg_id, session_type"),
        (0x0302, b"\xff" * 100, f"!! does not parse: {'ff' * 32}... (100 bytes)"),
    ],
)
def test_what_cannot_be_decoded_is_shown_in_hex(command: int, body: bytes, text: str) -> None:
    raw = HEADER.pack(HEADER.size + len(body), 1, 0, command >> 8 if command < 0x700 else 7, command, 0, 0)
    assert text in _line(raw + body)


def test_text_that_is_no_ciphertext_is_shown_as_it_is() -> None:
    message = IMMsgData(
        from_user_id=1, to_session_id=2, msg_id=0, create_time=0, msg_type=1, msg_data=b"no cipher"
    )
    assert 'msg_data="no cipher"' in _line(OutboundFrame(c.MSG_DATA, message).raw, show_content=True)
    message.msg_data = b"\x00\x01\xff"
    assert "msg_data=0001ff" in _line(OutboundFrame(c.MSG_DATA, message).raw, show_content=True)


def test_json_lines_carry_the_same() -> None:
    lines: list[str] = []
    Printer(lines.append, as_json=True).frame(
        1_700_000_000.5, ORIGIN, Decoder(show_content=False, key=DEFAULT_KEY).decode(ACK)
    )
    line: dict[str, Any] = json.loads(lines[0])
    assert line["command"] == "CID_MSG_DATA_ACK"
    assert (line["connection"], line["direction"], line["seq"]) == (3, "client", 2)
    assert line["fields"]["msg_id"] == 7
    assert line["time"].startswith("2023-11-1")


def test_a_filter_takes_ids_and_parts_of_names() -> None:
    decoder = Decoder(show_content=False, key=DEFAULT_KEY)
    for commands in (["0x0302"], ["msg_data_ack"], ["770"]):
        lines: list[str] = []
        printer = Printer(lines.append, as_json=False, commands=commands)
        for raw in (LOGIN, MESSAGE, ACK):
            printer.frame(None, ORIGIN, decoder.decode(raw))
        assert len(lines) == 1
        assert "CID_MSG_DATA_ACK" in lines[0]
    with pytest.raises(ConfigError, match="no command 'NOPE'"):
        Printer(print, as_json=False, commands=["NOPE"])
