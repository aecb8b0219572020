"""Voice messages: the sound goes to msfs, its row's id into the message (spec/storage.md 5)."""

import asyncio
from collections.abc import Sequence
from typing import Final

from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.db_proxy.audio import LENGTH_BYTES, Sounds
from hongyan.store import audio
from hongyan.store.audio import AudioClip
from hongyan.store.database import Database
from hongyan.store.journal import Journal
from hongyan.wire.pb.message_pb2 import IMMsgData

_MAX_ID_DIGITS: Final = 10


class VoiceMessages:
    """Saves and loads the sounds of messages."""

    def __init__(self, sounds: Sounds, database: Database, journal: Journal) -> None:
        self._sounds = sounds
        self._database = database
        self._journal = journal

    async def save(self, message: IMMsgData) -> int:
        """Keep the sound of a voice message and return the id of its row, which becomes the content.

        Raises:
            RefusedError: there is no sound in it.
            BackendError: it could not be kept.
        """
        data = message.msg_data
        sound = data[LENGTH_BYTES:]
        if not sound:
            raise RefusedError(ErrorCode.MALFORMED, "a voice message is its length in seconds and a sound")
        url = await self._sounds.save(sound)
        clip = AudioClip(url, len(sound), int.from_bytes(data[:LENGTH_BYTES], "big"))
        return await self._journal.submit(
            audio.add, message.from_user_id, message.to_session_id, clip, message.create_time
        )

    async def load(self, contents: Sequence[str]) -> dict[str, bytes]:
        """Return msg_data for the contents of stored voice messages; lost ones are left out."""
        ids = {content: int(content) for content in contents if _is_id(content)}
        if not ids:
            return {}
        clips = await self._database.read(audio.clips, list(ids.values()))
        loaded = await asyncio.gather(*(self._read(clips.get(id_)) for id_ in ids.values()))
        return {content: data for content, data in zip(ids, loaded, strict=True) if data is not None}

    async def _read(self, clip: AudioClip | None) -> bytes | None:
        if clip is None or not clip.size or not clip.duration:
            return None
        sound = await self._sounds.load(clip.url, clip.size)
        if sound is None or len(sound) != clip.size:
            return None
        return clip.duration.to_bytes(LENGTH_BYTES, "big") + sound


def _is_id(content: str) -> bool:
    return content.isascii() and content.isdigit() and len(content) <= _MAX_ID_DIGITS
