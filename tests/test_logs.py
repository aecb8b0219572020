"""Logs: form, levels by part, and what never gets in."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from hongyan import logs
from hongyan.errors import ConfigError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    config, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**config)
    root.handlers[:], root.level = handlers, level


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_away_from_a_terminal() -> None:
    stream = io.StringIO()
    logs.configure({}, stream)
    structlog.get_logger("hongyan.json").info("hello", user="王伟")
    (line,) = _lines(stream)
    assert (line["event"], line["logger"], line["level"], line["user"]) == (
        "hello",
        "hongyan.json",
        "info",
        "王伟",
    )


def test_readable_lines_on_a_terminal() -> None:
    stream = Terminal()
    logs.configure({}, stream)
    structlog.get_logger("hongyan.tty").warning("hello")
    assert "hello" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_each_part_has_its_level() -> None:
    stream = io.StringIO()
    logs.configure(logs.parse_levels(["warning", "loud=debug"]), stream)
    for part in ("loud", "quiet"):
        structlog.get_logger(f"hongyan.{part}").debug("debug")
        structlog.get_logger(f"hongyan.{part}").warning("warning")
    assert [(line["logger"], line["event"]) for line in _lines(stream)] == [
        ("hongyan.loud", "debug"),
        ("hongyan.loud", "warning"),
        ("hongyan.quiet", "warning"),
    ]


def test_secrets_and_contents_are_masked_wherever_they_stand() -> None:
    stream = io.StringIO()
    logs.configure({}, stream)
    structlog.get_logger("hongyan.mask").info(
        "x",
        password="hidden",
        cluster_secret="hidden",
        body=b"hidden",
        request={"msg_data": "hidden", "seq": 1},
    )
    assert "hidden" not in stream.getvalue()
    assert _lines(stream)[0]["request"] == {"msg_data": "***", "seq": 1}


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["file", "terminal"])
def test_a_traceback_shows_no_variables(stream: io.StringIO) -> None:
    logs.configure({}, stream)
    password = "hidden"  # noqa: F841 - what a traceback with variables would show
    try:
        int("boom")
    except ValueError:
        structlog.get_logger(f"hongyan.trace{id(stream)}").exception("failed")
    assert "boom" in stream.getvalue()
    assert "'hidden'" not in stream.getvalue().replace('password = "hidden"', "")


def test_libraries_come_out_in_the_same_form_from_warnings_up() -> None:
    stream = io.StringIO()
    logs.configure({}, stream)
    logging.getLogger("uvicorn.error").info("chatter")
    logging.getLogger("uvicorn.error").warning("%s is wrong", "it")
    (line,) = _lines(stream)
    assert (line["event"], line["logger"], line["level"]) == ("it is wrong", "uvicorn.error", "warning")


@pytest.mark.parametrize("text", ["loud", "msg=loud", "msg="])
def test_a_level_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="write one of debug, info, warning, error"):
        logs.parse_levels([text])


class TestRelay:
    """Lines of other processes in our stream."""

    def test_a_json_line_stays_one_and_begins_with_the_process(self) -> None:
        stream = io.StringIO()
        logs.Relay(stream).write("msg2", '{"event": "hello", "user": "王伟"}')
        assert stream.getvalue() == '{"process": "msg2", "event": "hello", "user": "王伟"}\n'

    def test_what_is_no_log_line_becomes_one(self) -> None:
        stream = io.StringIO()
        for line in ("Fatal Python error", "[1]", '"text"'):
            logs.Relay(stream).write("msg", line)
        assert [line["event"] for line in _lines(stream)] == ["Fatal Python error", "[1]", '"text"']

    def test_a_terminal_gets_readable_lines_behind_the_name(self) -> None:
        stream = Terminal()
        relay = logs.Relay(stream)
        relay.write(
            "msg", '{"event": "hello", "level": "info", "logger": "hongyan.msg", "timestamp": "12:00"}'
        )
        relay.write("db_proxy", "hongyan: database: no such host")
        first, second = stream.getvalue().splitlines()
        assert first.startswith("msg      | ")
        assert "hello" in first
        assert "{" not in first
        assert second == "db_proxy | hongyan: database: no such host"


def test_a_reader_that_is_gone_disturbs_nobody() -> None:
    class Broken(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    stream = Broken()
    logs.configure({}, stream)
    structlog.get_logger("hongyan.broken").info("hello")
    logs.Relay(stream).write("msg", "hello")
    assert stream.getvalue() == ""
