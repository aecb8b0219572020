"""Offline download: the client asks for block after block, from wherever it likes to begin."""

import asyncio
import os
import time
from collections import deque
from typing import NamedTuple

import structlog

from hongyan.errors import ErrorCode, ProtocolError
from hongyan.roles.file.folder import read_block
from hongyan.roles.file.session import MOST_BLOCKS, FileSession
from hongyan.roles.file.shelf import Entry, Shelf
from hongyan.wire.blocks import Block, BlockFrame
from hongyan.wire.frame import Frame
from hongyan.wire.pb.base_define_pb2 import CLIENT_FILE_DONE
from hongyan.wire.pb.file_pb2 import IMFilePullDataReq, IMFilePullDataRsp, IMFileState

_log = structlog.get_logger("hongyan.file")


class _Wanted(NamedTuple):
    """A block that the client asked for."""

    offset: int
    size: int
    seq: int


class Download:
    """Reads blocks of a kept file for one client, each when the one before has left.

    A stock client begins at 0 and asks for one block after the other; a client of ours begins where it
    broke off, and asks for a few at once.
    """

    def __init__(self, session: FileSession, entry: Entry, shelf: Shelf) -> None:
        self._session = session
        self._entry = entry
        self._shelf = shelf
        self._wanted: deque[_Wanted] = deque()
        self._go_on = asyncio.Event()
        self._expected: int | None = None
        self._is_over = False
        entry.readers += 1
        session.connection.on_writable = self._go_on.set

    async def run(self) -> None:
        """Serve until the last block was sent, the client leaves, or the disk refuses."""
        try:
            await self._serve()
        except OSError as error:
            _log.error("a file could not be read", error=str(error))
            text = f"the file cannot be read: {error.strerror or 'the disk does not give it'}"
            self._session.give_up(ErrorCode.UNAVAILABLE, text, "file_not_read")
        finally:
            self._entry.readers -= 1

    async def _serve(self) -> None:
        transfer, shelf = self._entry.transfer, self._shelf
        descriptor = await shelf.on_disk(shelf.folder.open_whole, transfer)
        try:
            if not transfer.size:
                self._done()
            while not self._is_over:
                await self._go_on.wait()
                self._go_on.clear()
                while self._wanted and self._session.connection.is_writable and not self._is_over:
                    await self._send_wanted(descriptor)
        finally:
            os.close(descriptor)

    async def _send_wanted(self, descriptor: int) -> None:
        """Read everything that is asked for now with one trip to the disk, and send it."""
        wanted, self._wanted = list(self._wanted), deque()
        blocks = await self._shelf.on_disk(
            lambda: [read_block(descriptor, each.offset, each.size) for each in wanted]
        )
        self._entry.touched = time.time()
        for each, block in zip(wanted, blocks, strict=True):
            self._send(each, block)

    def _send(self, wanted: _Wanted, block: bytes) -> None:
        transfer = self._entry.transfer
        message = IMFilePullDataRsp(
            result_code=0,
            task_id=transfer.task_id,
            user_id=transfer.receiver,
            offset=wanted.offset,
        )
        self._session.send_pieces(BlockFrame(message, block, wanted.seq).pieces)
        if wanted.offset + wanted.size == transfer.size:
            self._done()

    def _done(self) -> None:
        self._is_over = True
        self._session.say(CLIENT_FILE_DONE, self._entry.transfer.sender)
        self._session.close("file_done")

    # What the client sends.

    def pull(self, message: IMFilePullDataReq, frame: Frame) -> None:
        """The client wants a block; a stock client's idea of its size is not looked at."""
        transfer, session = self._entry.transfer, self._session
        is_stock = not session.knows_notices
        if self._expected is None:
            self._expected = 0 if is_stock else message.offset
        if message.offset != self._expected or message.offset >= transfer.size:
            raise ProtocolError("file_pull_out_of_order")
        if len(self._wanted) >= MOST_BLOCKS:
            raise ProtocolError("file_too_many_pulls")
        asked = session.block_bytes if is_stock else min(max(message.data_size, 1), session.block_bytes)
        size = min(asked, transfer.size - message.offset)
        self._expected = message.offset + size
        self._wanted.append(_Wanted(message.offset, size, frame.seq))
        self._go_on.set()

    def block(self, _block: Block, _frame: Frame) -> None:
        """A downloader sends nothing."""
        raise ProtocolError("file_block_while_downloading")

    def state(self, _message: IMFileState, _frame: Frame) -> None:
        """The client has what it wants, or wants no more; the file stays until it is deleted."""
        self._session.close("file_ended")

    def left(self) -> None:
        """The connection is gone."""
        self._is_over = True
        self._go_on.set()
