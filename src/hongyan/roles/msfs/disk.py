"""Files in a folder, two levels deep as the original has them."""

import asyncio
import errno
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from hongyan.disk import sync_folder
from hongyan.errors import BackendError
from hongyan.roles.msfs.blobs import CHUNK_BYTES, NoSpaceError


class DiskBlobs:
    """Contents as files of a folder; drafts must lie on the same file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def size(self, key: str) -> int | None:
        """Return how long a file is; None when there is none."""
        return await asyncio.to_thread(_size, self._folder / key)

    async def read(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield a range of a file."""
        try:
            file = await asyncio.to_thread(_open, self._folder / key, start)
            with file:
                while start < stop:
                    data = await asyncio.to_thread(file.read, min(CHUNK_BYTES, stop - start))
                    if not data:
                        raise BackendError("a stored file is shorter than it was")
                    start += len(data)
                    yield data
        except OSError as error:
            raise BackendError(f"a file cannot be read: {error.strerror}") from error

    async def add(self, key: str, draft: Path) -> None:
        """Move a finished file to its place; flushed before anybody is told."""
        try:
            await asyncio.to_thread(_publish, self._folder / key, draft)
        except OSError as error:
            kind = NoSpaceError if error.errno in {errno.ENOSPC, errno.EDQUOT} else BackendError
            raise kind(f"a file cannot be stored: {error.strerror}") from error


def _open(path: Path, start: int) -> BinaryIO:
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    file.seek(start)
    return file


def _size(path: Path) -> int | None:
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BackendError(f"a file cannot be looked at: {error.strerror}") from error
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _publish(path: Path, draft: Path) -> None:
    if path.exists():
        draft.unlink()
        return
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.replace(path)
    sync_folder(path.parent)
