"""This folder's own codec against bytes of the original, so that the other tests can trust it."""

import json

import pytest

from .wire import HEADER, HERE, MESSAGE_OF, Frame, Message, encode, header_of

GOLDEN = [json.loads(line) for line in (HERE / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
HEARTBEAT = "00000010000100000007070100000000"
ACK = "00000018000100000003030200050000" + "0801100218032001"


def readable(value: object) -> object:
    """Shows a decoded value the way the transcripts do."""
    if isinstance(value, Message):
        return {name: readable(inner) for name, inner in value.fields.items()}
    if isinstance(value, list):
        return [readable(inner) for inner in value]
    if isinstance(value, str):
        raw = value.encode("utf-8", "surrogateescape")
        return value if raw.decode("utf-8", "ignore") == value else "hex:" + raw.hex()
    if isinstance(value, bytes):
        text = value.decode("ascii", "replace")
        return text if text.isascii() and text.isprintable() else "hex:" + value.hex()
    return value


def parse(raw: bytes) -> Frame:
    length, frame = header_of(raw[: HEADER.size])
    assert length == len(raw)
    return Frame(**{**vars(frame), "body": raw[HEADER.size :]})


def test_golden_frames_of_the_specification_come_out_byte_for_byte() -> None:
    ack = encode("IMMsgDataAck", user_id=1, session_id=2, msg_id=3, session_type=1)
    assert Frame(0x0701).encode().hex() == HEARTBEAT
    assert Frame(0x0302, ack, seq=5).encode().hex() == ACK


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["command"])
def test_frames_of_the_original_are_read_and_written_byte_for_byte(golden: dict) -> None:
    raw = bytes.fromhex(golden["hex"])
    frame = parse(raw)
    again = encode(MESSAGE_OF[frame.command], **as_arguments(frame.message))
    assert frame.command == int(golden["command"], 16)
    assert frame.seq == golden["seq"]
    assert readable(frame.message) == golden["body"]
    assert Frame(**{**vars(frame), "body": again + frame.message.unknown}).encode() == raw


def as_arguments(message: Message) -> dict[str, object]:
    def plain(value: object) -> object:
        if isinstance(value, Message):
            return as_arguments(value)
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return {name: plain(value) for name, value in message.fields.items()}
