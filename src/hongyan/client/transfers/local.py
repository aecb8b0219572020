"""The files on this machine. Everything here blocks: use threads."""

import fcntl
import hashlib
import os
import threading
from pathlib import Path
from typing import Final

from hongyan.disk import sync_folder
from hongyan.wire.blocks import Buffer

_MODE: Final = 0o600


class Source:
    """A file that is read in order to be sent.

    Raises:
        OSError: it cannot be opened, or is not the file that was announced.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._turn = threading.Lock()  # so that it is not closed under a thread that still reads
        self._file = path.open("rb")
        try:
            self._ensure_unchanged()
        except OSError:
            self._file.close()
            raise

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes, or those up to the end.

        Raises:
            OSError: the file cannot be read, or has changed its length.
        """
        wanted = max(min(length, self._size - offset), 0)
        with self._turn:
            data = os.pread(self._file.fileno(), wanted, offset)
            if len(data) != wanted:
                self._ensure_unchanged()
                raise OSError(f"{self._path}: {len(data)} bytes at {offset}, not {wanted}")
        return data

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._file.close()

    def _ensure_unchanged(self) -> None:
        size = os.fstat(self._file.fileno()).st_size
        if size != self._size:
            raise OSError(f"{self._path} has {size} bytes, but {self._size} were announced")


class Sink:
    """A file that is being received: a contiguous beginning of it in a hidden file until it is whole.

    The hidden file stands beside the target and is named after the transfer, so that an interrupted
    transfer goes on where it was, in the next run of the program too.

    Raises:
        FileExistsError: the target is there.
        BlockingIOError: the same transfer is being received into the same folder already.
        OSError: the hidden file cannot be written.
    """

    def __init__(self, target: Path, task_id: str, size: int) -> None:
        self._target = target
        self._size = size
        self._part = part_path(target, task_id)
        if target.exists():
            raise FileExistsError(f"{target} is there already")
        self._turn = threading.Lock()  # so that it is not closed under a thread that still writes
        self._is_closed = False
        self._descriptor = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.received = self._take_up()
        except OSError:
            os.close(self._descriptor)
            raise

    def write(self, data: Buffer) -> None:
        """Append, all of it or nothing.

        Raises:
            OSError: the disk does not take it; what was there before is still there.
        """
        with self._turn:
            self._ensure_open()
            try:
                end = _write_at(self._descriptor, data, self.received)
            except OSError:
                os.ftruncate(self._descriptor, self.received)
                raise
            self.received = end

    def start_over(self) -> None:
        """Forget what was received, for servers that cannot go on in the middle."""
        with self._turn:
            self._ensure_open()
            os.ftruncate(self._descriptor, 0)
            self.received = 0

    def finish(self) -> Path:
        """Flush the whole file to the disk and give it its name.

        Raises:
            OSError: the disk does not take it.
        """
        with self._turn:
            self._ensure_open()
            os.fsync(self._descriptor)
            self._part.replace(self._target)
            sync_folder(self._target.parent)
        return self._target

    def close(self) -> None:
        """Let go of the file; an unfinished one stays for the next time."""
        with self._turn:
            if not self._is_closed:
                self._is_closed = True
                os.close(self._descriptor)

    def _ensure_open(self) -> None:
        if self._is_closed:
            raise OSError(f"{self._part} is closed")

    def _take_up(self) -> int:
        there = os.fstat(self._descriptor).st_size
        if there > self._size:  # not of this transfer
            os.ftruncate(self._descriptor, 0)
            return 0
        return there


def _write_at(descriptor: int, data: Buffer, offset: int) -> int:
    """Write all of it, and return where it ends."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        offset += written
        view = view[written:]
    return offset


def part_path(target: Path, task_id: str) -> Path:
    """Where the beginning of a file stands; what a server calls the transfer never becomes part of a path."""
    return target.with_name(f".{hashlib.sha256(task_id.encode()).hexdigest()[:24]}.part")


def free_path(folder: Path, name: str) -> Path:
    """Return a path for a new file in a folder, with a number in its name where that is taken."""
    path = folder / name
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
    return path
