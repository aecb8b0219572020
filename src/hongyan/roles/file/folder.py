"""The folder where file_server keeps what it must not forget. Everything here blocks: use threads.

A kept file stands under its id, in a folder of the id's first two characters. While it is uploaded it
ends in ``.part`` and holds a contiguous beginning, nothing else; a transfer that passes through has
only its header there, ending in ``.online``, so that it can go on after a restart, and for a while in
``.done``, so that its sender can hear that it went through.
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from hongyan.disk import sync_folder
from hongyan.roles.file.transfer import HEADER_BYTES, TAG_CHARACTERS, Transfer, is_task_id
from hongyan.wire.blocks import Buffer

PART: Final = ".part"
ONLINE: Final = ".online"
DONE: Final = ".done"
_SUFFIXES: Final = ("", PART, ONLINE, DONE)
_TAG_FILE: Final = "server_tag"


class Kept(NamedTuple):
    """What is found of a transfer.

    Attributes:
        transfer: what it says of itself.
        received: how many bytes of the file are there.
        is_whole: whether it can be fetched.
        is_finished: whether it passed through and its receiver has it.
        touched: when something was last written to it, in Unix seconds.
    """

    transfer: Transfer
    received: int
    is_whole: bool
    is_finished: bool
    touched: float


class FileFolder:
    """Files by the id of their transfer. Paths are made of checked ids only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self) -> str:
        """Make the folder if it is not there, and return the tag of this server.

        Raises:
            OSError: it cannot be used.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        file = self._root / _TAG_FILE
        with contextlib.suppress(FileNotFoundError):
            tag = file.read_text(encoding="ascii").strip()
            if len(tag) == TAG_CHARACTERS and all(each in "0123456789abcdef" for each in tag):
                return tag
        tag = secrets.token_hex(TAG_CHARACTERS // 2)
        file.write_text(tag, encoding="ascii")
        return tag

    def free_bytes(self) -> int:
        """Return how much room the disk has."""
        return shutil.disk_usage(self._root).free

    def scan(self) -> Iterator[Kept]:
        """Find everything that is kept; files of other kinds are passed over."""
        for folder in self._root.iterdir():
            if folder.is_dir():
                for path in folder.iterdir():
                    kept = self._read(path)
                    if kept is not None:
                        yield kept

    def create(self, transfer: Transfer) -> None:
        """Note a transfer that begins.

        Raises:
            OSError: it cannot be written.
        """
        path = self._path(transfer.task_id, ONLINE if transfer.is_online else PART)
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            file.write(transfer.header())
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)

    def open_part(self, transfer: Transfer, received: int) -> int:
        """Open an unfinished file to go on behind ``received`` bytes; return the descriptor.

        Raises:
            OSError: it cannot be opened.
        """
        descriptor = os.open(self._path(transfer.task_id, PART), os.O_RDWR)
        os.ftruncate(descriptor, HEADER_BYTES + received)
        return descriptor

    def finish(self, transfer: Transfer, descriptor: int) -> None:
        """Flush a file that is whole to the disk, and let it be fetched.

        Raises:
            OSError: the disk did not take it.
        """
        os.fsync(descriptor)
        path = self._path(transfer.task_id, PART)
        path.rename(path.with_suffix(""))
        sync_folder(path.parent)

    def open_whole(self, transfer: Transfer) -> int:
        """Open a kept file to read; return the descriptor.

        Raises:
            OSError: it cannot be opened.
        """
        return os.open(self._path(transfer.task_id), os.O_RDONLY)

    def mark_done(self, transfer: Transfer) -> None:
        """Note that a transfer passed through; one that was removed meanwhile stays so.

        Raises:
            OSError: it cannot be noted.
        """
        path = self._path(transfer.task_id, ONLINE)
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)  # it is remembered from now on
            path.rename(path.with_suffix(DONE))
            sync_folder(path.parent)

    def remove(self, task_id: str) -> None:
        """Remove whatever is kept under an id."""
        for suffix in _SUFFIXES:
            self._path(task_id, suffix).unlink(missing_ok=True)

    def _path(self, task_id: str, suffix: str = "") -> Path:
        if not is_task_id(task_id):
            raise ValueError("not the id of a transfer")
        return self._root / task_id[:2] / (task_id + suffix)

    @staticmethod
    def _read(path: Path) -> Kept | None:
        """Read what stands under a path; None when it is not ours, or not whole though it should be."""
        try:
            with path.open("rb") as file:
                transfer = Transfer.from_header(
                    file.read(HEADER_BYTES), is_online=path.suffix in {ONLINE, DONE}
                )
                stat = os.fstat(file.fileno())
        except (OSError, ValueError):
            return None
        received = stat.st_size - HEADER_BYTES
        is_whole = path.name == transfer.task_id
        if path.name not in {transfer.task_id + suffix for suffix in _SUFFIXES}:
            return None
        if received > transfer.size or (is_whole and received != transfer.size):
            return None
        return Kept(transfer, received, is_whole, path.suffix == DONE, stat.st_mtime)


def write_behind(descriptor: int, received: int, blocks: Sequence[Buffer]) -> None:
    """Append blocks behind ``received`` bytes of a file, all of them or none.

    Raises:
        OSError: the disk did not take everything; the file is as long as it was.
    """
    offset = HEADER_BYTES + received
    try:
        for block in blocks:
            view = memoryview(block)
            while view:
                written = os.pwrite(descriptor, view, offset)
                offset += written
                view = view[written:]
    except OSError:
        os.ftruncate(descriptor, HEADER_BYTES + received)
        raise


def read_block(descriptor: int, offset: int, length: int) -> bytes:
    """Read a block of a kept file.

    Raises:
        OSError: it cannot be read, or is shorter than it should be.
    """
    block = os.pread(descriptor, length, HEADER_BYTES + offset)
    if len(block) != length:
        raise OSError(f"{len(block)} of {length} bytes")
    return block
