"""What file_server has: every transfer that is under way or kept, with its bounds."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from hongyan.config import FileConfig
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.file.folder import FileFolder, Kept
from hongyan.roles.file.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from hongyan.roles.file.session import FileSession

P = ParamSpec("P")
T = TypeVar("T")

DISK_THREADS: Final = 4
MOST_FINISHED: Final = 1000
FINISHED_S: Final = 600.0
"""How long it is remembered that an online transfer was completed."""


@dataclass(slots=True, eq=False)
class Entry:
    """A transfer with what is going on about it.

    Attributes:
        transfer: what it is.
        received: how many bytes of it are on disk.
        is_whole: whether it can be fetched.
        is_finished: whether it passed through and its receiver has it.
        touched: when something last happened, in Unix seconds.
        members: who sends and who receives now, by role.
        readers: how many are fetching it.
        writing: held by whoever writes the file.
    """

    transfer: Transfer
    received: int = 0
    is_whole: bool = False
    is_finished: bool = False
    touched: float = 0.0
    members: "dict[int, FileSession]" = field(default_factory=dict)
    readers: int = 0
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Shelf:
    """Finds transfers by their ids, counts them, and throws away what nobody wants any more.

    The disk is used in threads; all else runs on the loop.
    """

    def __init__(self, folder: FileFolder, config: FileConfig) -> None:
        self.folder = folder
        self._config = config
        self._entries: dict[str, Entry] = {}
        self._finished: dict[str, Entry] = {}
        self._of_sender: Counter[int] = Counter()
        self._threads = ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="files")
        self.tag = ""
        self.stored_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    async def open(self) -> None:
        """Learn what is kept.

        Raises:
            OSError: the folder cannot be used.
        """
        self.tag = await self.on_disk(self.folder.open)
        for kept in await self.on_disk(lambda: list(self.folder.scan())):
            if kept.is_finished:
                self._finished[kept.transfer.task_id] = _entry(kept)
            else:
                self._put(_entry(kept))

    def close(self) -> None:
        """Wait for what the threads are doing."""
        self._threads.shutdown(wait=True)

    async def on_disk(self, work: "Callable[P, T]", *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that blocks."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))

    def find(self, task_id: str) -> Entry | None:
        """Return the transfer of an id, also one that passed through a moment ago."""
        entry = self._entries.get(task_id) or self._finished.get(task_id)
        if entry is None or not entry.is_finished or time.time() - entry.touched < FINISHED_S:
            return entry
        return None

    async def begin(self, transfer: Transfer) -> Entry:
        """Take on a new transfer.

        Raises:
            RefusedError: it goes beyond a bound, or the disk does not take it.
        """
        entry = Entry(transfer, touched=time.time())
        self._check(transfer)
        self._put(entry)  # counted from now on, so that many at once do not pass the bounds together
        try:
            await self.on_disk(self._create, transfer)
        except OSError as error:
            self._drop(entry)
            raise RefusedError(ErrorCode.UNAVAILABLE, f"the disk: {error.strerror or error}") from error
        except RefusedError:
            self._drop(entry)
            raise
        return entry

    async def forget(self, entry: Entry) -> None:
        """Remove a transfer with its file; that it was finished is remembered for a while."""
        self._drop(entry)
        if entry.is_finished:
            self._finished[entry.transfer.task_id] = entry
            await self.on_disk(self.folder.mark_done, entry.transfer)
            await self._forget_finished(list(self._finished)[:-MOST_FINISHED])
        else:
            await self.on_disk(self.folder.remove, entry.transfer.task_id)

    async def _forget_finished(self, task_ids: Iterable[str]) -> None:
        for task_id in task_ids:
            self._finished.pop(task_id, None)
            await self.on_disk(self.folder.remove, task_id)

    async def sweep(self, now: float) -> int:
        """Remove what is too old and what nobody is busy with; return how much that was."""
        old = [entry for entry in self._entries.values() if self._is_old(entry, now)]
        for entry in old:
            await self.forget(entry)
        finished = self._finished.items()
        await self._forget_finished([key for key, entry in finished if now - entry.touched > FINISHED_S])
        return len(old)

    def _is_old(self, entry: Entry, now: float) -> bool:
        hours = self._config.keep_days * 24 if entry.is_whole else self._config.keep_unfinished_hours
        is_busy = entry.members or entry.readers or entry.writing.locked()
        return not is_busy and now - entry.touched > hours * 3600

    def _check(self, transfer: Transfer) -> None:
        config = self._config
        if transfer.size > config.max_file_bytes:
            raise RefusedError(ErrorCode.TOO_LARGE, f"over the limit of {config.max_file_bytes} bytes a file")
        if len(self._entries) >= config.max_tasks:
            raise RefusedError(ErrorCode.BUSY, f"there are {config.max_tasks} files, which is the limit")
        if self._of_sender[transfer.sender] >= config.max_tasks_per_user:
            raise RefusedError(ErrorCode.BUSY, f"{config.max_tasks_per_user} files a sender is the limit")
        if not transfer.is_online and self.stored_bytes + transfer.size > config.max_stored_bytes:
            raise RefusedError(ErrorCode.BUSY, "the room for files is used up")

    def _create(self, transfer: Transfer) -> None:
        wanted = 0 if transfer.is_online else transfer.size
        if self.folder.free_bytes() - wanted < self._config.min_free_bytes:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the disk has no room")
        self.folder.create(transfer)

    def _put(self, entry: Entry) -> None:
        self._entries[entry.transfer.task_id] = entry
        self._of_sender[entry.transfer.sender] += 1
        self.stored_bytes += _weight(entry)

    def _drop(self, entry: Entry) -> None:
        if self._entries.pop(entry.transfer.task_id, None) is None:
            return
        self.stored_bytes -= _weight(entry)
        self._of_sender[entry.transfer.sender] -= 1
        if not self._of_sender[entry.transfer.sender]:
            del self._of_sender[entry.transfer.sender]


def _weight(entry: Entry) -> int:
    return 0 if entry.transfer.is_online else entry.transfer.size


def _entry(kept: Kept) -> Entry:
    return Entry(kept.transfer, kept.received, kept.is_whole, kept.is_finished, kept.touched)
