"""Pushes to phones: who gets one, how loud it is, and what it says (spec/flows.md 2.9, 4.5)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

NORMAL: Final = 1
SILENT: Final = 2
"""Push types: a silent one changes the number on the app's icon and nothing else."""

NIGHT_FROM_HOUR: Final = 22
NIGHT_TO_HOUR: Final = 7
"""Hours of server time, both inclusive: until 07:59:59."""

SOMETHING_CAME: Final = "您收到了一条消息"
_VOICE_SINGLE: Final = "给您发送了一条语音消息"
_VOICE_GROUP: Final = "在群聊中发送了一条语音消息"
_SINGLE_AUDIO, _GROUP_TEXT, _GROUP_AUDIO = 0x02, 0x11, 0x12
_IMAGE_BEGIN: Final = "&$#@~^@[{:"
_IMAGE_END: Final = ":}]&$~@#@"

PUSH_ATTEMPTS: Final = 6
LONGEST_DELAY_S: Final = 60.0

T = TypeVar("T")


# Who.


def receivers(tokens: Mapping[int, T], of_users: Iterable[int], sender: int) -> Iterator[T]:
    """Yield the tokens of those who get a push: everybody who has one, but not the sender."""
    for user_id in of_users:
        if user_id != sender and user_id in tokens:
            yield tokens[user_id]


def is_silenced(shield_status: int) -> bool:
    """Tell whether a member has muted the group; any number but 0 counts, as in the original."""
    return shield_status != 0


def may_wake(*, is_ios: bool, quiet_at_night: bool, hour: int) -> bool:
    """Tell whether a phone may be pushed at this hour of server time; only iOS offers the night switch."""
    return not (is_ios and quiet_at_night and is_night(hour))


def is_night(hour: int) -> bool:
    """Tell whether an hour belongs to the night."""
    return hour >= NIGHT_FROM_HOUR or hour <= NIGHT_TO_HOUR


# How.


def push_type(*, pc_is_on: bool) -> int:
    """Return the type of a push: silent for somebody who sits at a PC."""
    return SILENT if pc_is_on else NORMAL


# What it says.


def is_voice(msg_type: int) -> bool:
    """Tell whether a message is a voice message, whose msg_data says nothing."""
    return msg_type in {_SINGLE_AUDIO, _GROUP_AUDIO}


def preview(nick: str | None, msg_type: int, text: str, limit: int) -> str:
    """Return the visible text of a push.

    Args:
        nick: the sender's; None when it is not known, and then the text says only that something came.
        msg_type: as in IMMsgData.
        text: decrypted; not looked at for a voice message.
        limit: the longest text in bytes; 0 shows neither who nor what.
    """
    if nick is None or not limit or _shows_image(text):
        return SOMETHING_CAME
    if is_voice(msg_type):
        return shorten(nick + (_VOICE_GROUP if msg_type == _GROUP_AUDIO else _VOICE_SINGLE), limit)
    return shorten(f"{nick}:{text}", limit)


def shorten(text: str, limit: int) -> str:
    """Cut a text that is longer than ``limit`` bytes and put three dots after it.

    The original may cut through a character; here the cut is before it.
    """
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return encoded.decode()
    return encoded[:limit].decode("utf-8", "ignore") + "..."


def custom_data(sender: int, session_id: int, msg_type: int) -> str:
    """Return what the app gets beside the text, byte for byte as the original's JSON writer prints it."""
    group = f'\t"group_id": {session_id},\n' if msg_type >= _GROUP_TEXT else ""
    return f'{{\n\t"from_id": {sender},\n{group}\t"msg_type": {msg_type} \n}} \n'


def _shows_image(text: str) -> bool:
    begin = text.find(_IMAGE_BEGIN)
    return 0 <= begin < text.find(_IMAGE_END)


# Trying again.


def retry_delay_s(attempts: int, asked_for_s: float | None) -> float | None:
    """Return how long to wait before a push is tried again, None to give up.

    Args:
        attempts: how often it was tried; the delays grow from one second, twice as long each time.
        asked_for_s: what the provider's Retry-After says; it is never undercut.
    """
    if attempts >= PUSH_ATTEMPTS:
        return None
    delay = min(2.0 ** (attempts - 1), LONGEST_DELAY_S)
    return delay if asked_for_s is None else max(delay, asked_for_s)
