"""Offline upload: the server asks for block after block, from where it was left off."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from hongyan.errors import ErrorCode, ProtocolError
from hongyan.roles.file.folder import write_behind
from hongyan.roles.file.session import FileSession
from hongyan.roles.file.shelf import Entry, Shelf
from hongyan.rules.pace import FIRST_BLOCK_BYTES, next_block_bytes
from hongyan.wire import commands
from hongyan.wire.blocks import Block, Buffer
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import CLIENT_FILE_DONE, FILE_TYPE_OFFLINE
from hongyan.wire.pb.file_pb2 import IMFilePullDataReq, IMFileState

_log = structlog.get_logger("hongyan.file")

_TAKEN: Final = 0


class _Asked(NamedTuple):
    """A block that the client owes, and since when."""

    offset: int
    size: int
    asked_at: float


class Upload:
    """Writes what a client sends behind what is there already.

    Blocks arrive in the order they were asked for, and no more is asked for than ``session.blocks``;
    so little is in memory, and the file on disk is a contiguous beginning at every moment.
    """

    def __init__(
        self, session: FileSession, entry: Entry, shelf: Shelf, cancelled: Callable[[Entry], None]
    ) -> None:
        self._session = session
        self._entry = entry
        self._shelf = shelf
        self._cancelled = cancelled
        self._asked: deque[_Asked] = deque()
        self._block_bytes = min(session.block_bytes, FIRST_BLOCK_BYTES)
        self._next = 0
        self._blocks: list[Buffer] = []
        self._came = asyncio.Event()
        self._is_over = False

    async def run(self) -> None:
        """Take the file until it is whole, the client leaves, or the disk refuses."""
        async with self._entry.writing:  # a connection that was lost may still be writing
            if self._is_over:
                return
            if self._entry.is_whole:
                self._done()
                return
            try:
                await self._receive()
            except OSError as error:
                _log.error("a file could not be stored", error=str(error))
                text = f"the file cannot be stored: {error.strerror or 'the disk refuses it'}"
                self._session.give_up(ErrorCode.UNAVAILABLE, text, "file_not_stored")

    async def _receive(self) -> None:
        transfer, shelf = self._entry.transfer, self._shelf
        descriptor = await shelf.on_disk(shelf.folder.open_part, transfer, self._entry.received)
        try:
            self._next = self._entry.received
            self._ask()
            while self._entry.received < transfer.size:
                await self._came.wait()
                self._came.clear()
                if self._is_over:
                    return
                await self._write(descriptor)
                self._ask()
            await shelf.on_disk(shelf.folder.finish, transfer, descriptor)
        finally:
            os.close(descriptor)
        self._entry.is_whole = True
        self._done()

    async def _write(self, descriptor: int) -> None:
        blocks, self._blocks = self._blocks, []
        await self._shelf.on_disk(write_behind, descriptor, self._entry.received, blocks)
        self._entry.received += sum(map(len, blocks))
        self._entry.touched = time.time()

    def _ask(self) -> None:
        transfer = self._entry.transfer
        while self._next < transfer.size and len(self._asked) + len(self._blocks) < self._session.blocks:
            size = min(self._block_bytes, transfer.size - self._next)
            self._asked.append(_Asked(self._next, size, time.monotonic()))
            message = IMFilePullDataReq(
                task_id=transfer.task_id,
                user_id=transfer.sender,
                trans_mode=FILE_TYPE_OFFLINE,
                offset=self._next,
                data_size=size,
            )
            self._session.send(OutboundFrame(commands.FILE_PULL_DATA, message))
            self._next += size

    def _done(self) -> None:
        self._session.say(CLIENT_FILE_DONE, self._entry.transfer.sender)
        self._session.close("file_done")

    # What the client sends.

    def pull(self, _message: IMFilePullDataReq, _frame: Frame) -> None:
        """An uploader asks for nothing."""
        raise ProtocolError("file_pull_while_uploading")

    def block(self, block: Block, _frame: Frame) -> None:
        """The oldest block that was asked for."""
        asked = self._asked.popleft() if self._asked else None
        message, data = block
        if asked is None or (message.offset, len(data), message.result_code) != (*asked[:2], _TAKEN):
            raise ProtocolError("file_block_not_asked")
        longer = next_block_bytes(len(data), time.monotonic() - asked.asked_at)
        self._block_bytes = min(longer, self._session.block_bytes)
        self._blocks.append(data)
        self._came.set()

    def state(self, _message: IMFileState, _frame: Frame) -> None:
        """The client will not go on: what there is of the file is thrown away."""
        self._session.close("file_cancelled")
        self._cancelled(self._entry)

    def left(self) -> None:
        """The connection is gone; what was written stays for the next one."""
        self._is_over = True
        self._came.set()
