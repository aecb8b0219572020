"""Where voice messages are kept until they are read (spec/storage.md 5).

The message tables hold the id of an IMAudio row; the row names the sound by its address in msfs, or,
without msfs, a file in a folder by its SHA-256. Both are read, whichever is written now.
"""

import asyncio
import hashlib
import os
import re
from pathlib import Path
from typing import Final

from hongyan.disk import sync_folder
from hongyan.errors import BackendError
from hongyan.roles.db_proxy.msfs import MsfsClient

LENGTH_BYTES: Final = 4
"""A voice message begins with its length in seconds, a big-endian u32."""
_SCHEME: Final = "sha256:"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Sounds:
    """Keeps sounds in msfs when there is one, else in a folder."""

    def __init__(self, files: "AudioFiles", msfs: MsfsClient | None) -> None:
        self._files = files
        self._msfs = msfs

    async def save(self, sound: bytes) -> str:
        """Keep a sound and return its path for IMAudio.

        Raises:
            BackendError: msfs or the disk failed.
        """
        return await (self._files.save(sound) if self._msfs is None else self._msfs.save(sound))

    async def load(self, path: str, size: int) -> bytes | None:
        """Return the sound of an IMAudio path; None when it cannot be had.

        Raises:
            BackendError: the disk failed.
        """
        if path.startswith(_SCHEME):
            return await self._files.load(path)
        return None if self._msfs is None else await self._msfs.load(path, size)

    async def close(self) -> None:
        """Close the connections to msfs."""
        if self._msfs is not None:
            await self._msfs.close()


class AudioFiles:
    """Sounds in a folder, written whole or not at all and flushed before anybody is told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def save(self, sound: bytes) -> str:
        """Keep a sound and return its path for IMAudio.

        Raises:
            BackendError: the disk failed.
        """
        digest = hashlib.sha256(sound).hexdigest()
        try:
            await asyncio.to_thread(_write_once, self._path(digest), sound)
        except OSError as error:
            raise BackendError(f"a voice message cannot be kept: {error.strerror}") from error
        return _SCHEME + digest

    async def load(self, path: str) -> bytes | None:
        """Return the sound of an IMAudio path; None when it is not here."""
        digest = path.removeprefix(_SCHEME)
        if not path.startswith(_SCHEME) or _DIGEST.fullmatch(digest) is None:
            return None
        try:
            return await asyncio.to_thread(self._path(digest).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BackendError(f"a voice message cannot be read: {error.strerror}") from error

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _write_once(path: Path, data: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{id(data)}.tmp")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)
