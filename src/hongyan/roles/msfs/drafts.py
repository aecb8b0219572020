"""Uploads on their way: gathered in files, never in memory, and removed when nothing becomes of them."""

import asyncio
import hashlib
import mmap
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from hongyan.errors import ConfigError
from hongyan.roles.msfs.blobs import CHUNK_BYTES, NoSpaceError
from hongyan.roles.msfs.multipart import find_file

FOLDER: Final = ".incoming"
"""Inside the folder of files, so that a finished draft only changes its name."""


class TooLongError(Exception):
    """More arrives than is allowed."""


class Drafts:
    """Files that are being written.

    Args:
        folder: where finished files are; drafts lie in a folder of their own in it.
        min_free_bytes: nothing new is begun while the disk has less room.

    Raises:
        ConfigError: the folder cannot be written.
    """

    def __init__(self, folder: Path, min_free_bytes: int) -> None:
        self.folder = folder / FOLDER
        self._min_free_bytes = min_free_bytes
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for left_over in self.folder.glob("*.draft"):
                left_over.unlink()
        except OSError as error:
            raise ConfigError(f"msfs.directory: {self.folder}: {error.strerror}") from error

    def check_room(self) -> None:
        """Refuse to begin when the disk is nearly full.

        Raises:
            NoSpaceError: it is.
        """
        if shutil.disk_usage(self.folder).free < self._min_free_bytes:
            raise NoSpaceError("the disk is nearly full")

    @contextmanager
    def new(self) -> Iterator[Path]:
        """Name a new draft, and remove what is left of it."""
        path = self.folder / f"{secrets.token_hex(16)}.draft"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


async def gather(parts: AsyncIterator[bytes], path: Path, offset: int, limit: int) -> int:
    """Append what arrives to a file, and return how long it is then.

    Whatever happens, the file keeps what arrived before, so that a resumable upload goes on there.

    Args:
        parts: what arrives.
        path: the file; made when missing.
        offset: how long it is.
        limit: the longest that it may become.

    Raises:
        TooLongError: more than that arrives.
        BackendError: the disk failed.
    """
    waiting = bytearray()
    try:
        async for part in parts:
            waiting += part
            if offset + len(waiting) > limit:
                waiting.clear()
                raise TooLongError
            if len(waiting) >= CHUNK_BYTES:
                offset = await _append(path, waiting, offset)
    finally:
        offset = await _append(path, waiting, offset)
    return offset


async def _append(path: Path, waiting: bytearray, offset: int) -> int:
    data = bytes(waiting)
    waiting.clear()
    try:
        await asyncio.to_thread(_write_at, path, data, offset)
    except OSError as error:
        raise NoSpaceError(f"an upload cannot be written: {error.strerror}") from error
    return offset + len(data)


def _write_at(path: Path, data: bytes, offset: int) -> None:
    """Write all of it, or leave the file as long as it was."""
    with path.open("r+b" if path.exists() else "w+b", buffering=0) as file:
        file.seek(offset)
        view = memoryview(data)
        try:
            while view:
                view = view[file.write(view) :]
        except OSError:
            os.ftruncate(file.fileno(), offset)
            raise


def cut_out(form: Path, content_type: str, draft: Path) -> tuple[str, str]:
    """Copy the file of a form into a draft of its own; return its name and the digest of its content.

    Raises:
        FormError: there is no file in it.
        BackendError: the disk failed.
    """
    with form.open("rb") as source:
        if not form.stat().st_size:
            find_file(b"", content_type)  # says what is missing; an empty file cannot be mapped
        with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as body:
            part = find_file(body, content_type)
        source.seek(part.start)
        digest = _copy(source, draft, part.end - part.start)
    return part.name, digest


def _copy(source: BinaryIO, draft: Path, length: int) -> str:
    digest = hashlib.sha256()
    try:
        with draft.open("wb") as file:
            while length:
                data = source.read(min(length, CHUNK_BYTES))
                digest.update(data)
                file.write(data)
                length -= len(data)
    except OSError as error:
        raise NoSpaceError(f"an upload cannot be written: {error.strerror}") from error
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
