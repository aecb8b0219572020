"""Where the sound of audio messages lies: the message itself holds only the id of such a row."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.teamtalk import AUDIO

_MAX_URL_CHARS = 255


class AudioClip(NamedTuple):
    """A recording in the file store: its address, its bytes and its seconds."""

    url: str
    size: int
    duration: int


def add(connection: Connection, sender: int, peer: int, clip: AudioClip, create_time: int) -> int:
    """Store where a recording lies and return its id, the content of the message about it.

    Raises:
        RefusedError: the address is longer than its column.
    """
    if len(clip.url) > _MAX_URL_CHARS:
        limit = f"the address of a recording has at most {_MAX_URL_CHARS} characters"
        raise RefusedError(ErrorCode.TOO_LARGE, limit)
    row = {
        "fromId": sender,
        "toId": peer,
        "path": clip.url,
        "size": clip.size,
        "duration": clip.duration,
        "created": create_time,
    }
    return bulk.insert_row(connection, AUDIO, row)


def clips(connection: Connection, audio_ids: Sequence[int]) -> dict[int, AudioClip]:
    """The recordings with these ids, as far as they exist."""
    audio = AUDIO.c
    rows = connection.execute(
        select(audio.id, audio.path, audio.size, audio.duration).where(audio.id.in_(audio_ids))
    )
    return {row[0]: AudioClip(row[1] or "", row[2], row[3]) for row in rows}
