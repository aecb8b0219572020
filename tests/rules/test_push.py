"""Who is pushed, how loud, and what the phone shows."""

import json

import pytest

from hongyan.rules import push


def test_everybody_with_a_token_but_the_sender_is_pushed() -> None:
    tokens = {1: "one", 3: "three"}
    assert list(push.receivers(tokens, [1, 2, 3], sender=1)) == ["three"]


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (0, True), (7, True), (8, False)])
def test_the_night_is_from_ten_until_eight(hour: int, *, night: bool) -> None:
    assert push.is_night(hour) is night


@pytest.mark.parametrize(
    ("is_ios", "quiet", "hour", "wakes"),
    [(True, True, 23, False), (True, True, 12, True), (True, False, 23, True), (False, True, 23, True)],
)
def test_only_an_iphone_with_the_switch_on_sleeps(
    *, is_ios: bool, quiet: bool, hour: int, wakes: bool
) -> None:
    assert push.may_wake(is_ios=is_ios, quiet_at_night=quiet, hour=hour) is wakes


def test_whoever_sits_at_a_pc_is_pushed_in_silence() -> None:
    assert push.push_type(pc_is_on=True) == push.SILENT
    assert push.push_type(pc_is_on=False) == push.NORMAL


@pytest.mark.parametrize("status", [1, 2])
def test_any_status_but_zero_mutes_a_group(status: int) -> None:
    assert push.is_silenced(status)
    assert not push.is_silenced(0)


@pytest.mark.parametrize(
    ("nick", "msg_type", "text", "limit", "shown"),
    [
        ("Anna", 0x01, "hello", 100, "Anna:hello"),
        ("Anna", 0x11, "hello", 100, "Anna:hello"),
        ("Anna", 0x02, "", 100, "Anna给您发送了一条语音消息"),
        ("Anna", 0x12, "", 100, "Anna在群聊中发送了一条语音消息"),
        (None, 0x01, "hello", 100, push.SOMETHING_CAME),
        ("Anna", 0x01, "hello", 0, push.SOMETHING_CAME),
        ("Anna", 0x01, "&$#@~^@[{:http://files/a.png:}]&$~@#@", 100, push.SOMETHING_CAME),
        ("Anna", 0x01, "hello", 7, "Anna:he..."),
    ],
)
def test_the_text_says_who_and_what(
    nick: str | None, msg_type: int, text: str, limit: int, shown: str
) -> None:
    assert push.preview(nick, msg_type, text, limit) == shown


def test_a_cut_never_goes_through_a_character() -> None:
    for limit in range(1, 13):
        cut = push.shorten("鸿雁传书", limit)
        assert "鸿雁传书".startswith(cut.removesuffix("..."))
        assert len(cut.removesuffix("...").encode()) <= limit


def test_the_app_learns_where_the_message_is() -> None:
    assert json.loads(push.custom_data(1, 9, 0x01)) == {"from_id": 1, "msg_type": 1}
    assert json.loads(push.custom_data(1, 9, 0x11)) == {"from_id": 1, "group_id": 9, "msg_type": 17}


def test_delays_grow_and_end() -> None:
    delays = [push.retry_delay_s(attempts, None) for attempts in range(1, push.PUSH_ATTEMPTS + 1)]
    assert delays == [1.0, 2.0, 4.0, 8.0, 16.0, None]
    assert push.retry_delay_s(1, 30.0) == 30.0
