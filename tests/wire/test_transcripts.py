"""The reader of transcripts (hongyan.testing.transcripts)."""

from pathlib import Path

import pytest

from hongyan.testing import Event, Head, Http, Note, Pdu, read_cases, read_transcript
from hongyan.wire import commands

DATA = Path(__file__).parent / "data"
HEARTBEAT = "00000010000100000007070100000000"


def test_a_scenario_has_its_head_and_its_records_in_order() -> None:
    transcript = read_transcript(DATA / "scenario.jsonl")
    assert transcript.head == Head(
        "small",
        "One login, then one page.",
        ("login", "msg"),
        1795463817.274,
        {"fixture": "A", "config": {"a": 1}},
    )
    opened, login, note, http, heartbeat, closed = transcript.records
    assert opened == Event(1, 0, "client>msg", "u1/win", from_connecting=True, is_open=True)
    assert note == Note(3, 7, "ask for a server")
    assert http == Http(4, 9, "client>login-http", "script", from_connecting=False, text="HTTP/1.1 200 OK")
    assert closed == Event(6, 12, "client>msg", "u1/win", from_connecting=False, is_open=False)
    assert isinstance(login, Pdu)
    assert isinstance(heartbeat, Pdu)
    assert (heartbeat.conn, heartbeat.from_connecting, heartbeat.payload) == ("2", False, b"")


def test_a_frame_of_a_transcript_is_read_from_its_bytes() -> None:
    (login,) = read_transcript(DATA / "scenario.jsonl").on("client>msg")
    frame = login.frame()
    assert (login.command_id, login.seq) == (frame.command_id, frame.seq) == (commands.LOGIN.id, 1)
    message = frame.decode(commands.LOGIN)
    assert message.user_name == login.body["user_name"] == "u1"
    assert frame.raw.endswith(login.payload)


def test_steps_stand_between_the_notes() -> None:
    steps = [(text, len(step)) for text, step in read_transcript(DATA / "scenario.jsonl").steps()]
    assert steps == [("", 2), ("ask for a server", 3)]


def test_cases_have_a_request_its_answers_and_what_changed() -> None:
    asked, by_itself = read_cases(DATA / "cases.jsonl")
    assert asked.name == "no files"
    assert asked.request is not None
    assert (asked.request.command_id, asked.request.seq) == (0x0509, 146)
    assert [answer.command_id for answer in asked.response] == [0x050A]
    assert asked.times == (1795463955, 1795463956)
    assert by_itself.request is None
    assert by_itself.changes["mysql"]["IMUser"] == {"deleted": [3]}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("", "line 1: not the head"),
        ('{"n":1,"ms":0,"note":"no head"}', "line 1: not the head"),
        ("{", "line 1: not JSON"),
        ("[1]", "line 1: not an object"),
    ],
)
def test_a_file_that_is_no_transcript_is_refused_by_line(tmp_path: Path, lines: str, fault: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(lines)
    with pytest.raises(ValueError, match=fault):
        read_transcript(path)


@pytest.mark.parametrize(
    "record",
    [
        '{"n":1,"ms":0,"link":"a>b","conn":1,"dir":">"}',
        '{"n":1,"ms":0,"link":"a>b","conn":1,"dir":">","hex":"zz"}',
        f'{{"n":1,"ms":0,"link":"a>b","conn":1,"dir":">","hex":"{HEARTBEAT}00"}}',
    ],
)
def test_a_record_that_is_none_is_refused_by_line(tmp_path: Path, record: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"scenario":"s","about":"","servers":[],"started":1}\n' + record)
    with pytest.raises(ValueError, match="line 2: not a record"):
        read_transcript(path)


def test_a_case_that_is_none_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"scenario":"s"}\n{"case":"c"}')
    with pytest.raises(ValueError, match="line 2: not a case"):
        read_cases(path)
