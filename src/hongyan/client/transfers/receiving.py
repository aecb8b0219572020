"""The side that gets the file: it asks for block after block, from where it is."""

import asyncio
import contextlib
from collections import deque
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from hongyan.client.convert import lenient
from hongyan.client.errors import ConnectionLost, TransferBroken, TransferRefused
from hongyan.client.options import Options
from hongyan.client.transfers.file_link import FileLink, Role, decode, decode_block
from hongyan.client.transfers.local import Sink
from hongyan.client.transfers.offer import FileOffer
from hongyan.client.transfers.patience import Patience
from hongyan.rules.pace import FIRST_BLOCK_BYTES, next_block_bytes
from hongyan.wire import commands
from hongyan.wire.blocks import Block
from hongyan.wire.frame import Frame
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2

_BLOCKS_AT_ONCE: Final = 4
_ORIGINALS_BLOCK_BYTES: Final = 32_768
"""An original file_server sends kept files in blocks of this, whatever is asked for (spec/flows.md 5)."""
_GOODBYE_S: Final = 5.0


class _Question(NamedTuple):
    """A block that is on its way: up to which byte, and since when."""

    end: int
    asked_at: float


class Receiving:
    """Receives one file.

    A server of ours, which shows by the token that comes with the offer, gives several long blocks at
    once and from anywhere in the file; of others, one block at a time is asked for, from the beginning.

    Args:
        offer: the file.
        sink: where it goes.
        role: how it is received.
        options: times and bounds.
        patience: is told how far it got.
    """

    def __init__(
        self, offer: FileOffer, sink: Sink, role: Role, options: Options, patience: Patience
    ) -> None:
        self._offer = offer
        self._sink = sink
        self._role = role
        self._options = options
        self._patience = patience
        self._asked = 0
        self._is_ours = bool(offer.token)
        self._block_bytes = _ORIGINALS_BLOCK_BYTES
        self._questions: deque[_Question] = deque()
        self._can_go_on = self._is_ours or offer.is_online
        self._path: Path | None = None

    async def run(self) -> Path:
        """Receive it, over broken connections, and return where it is.

        Raises:
            TransferBroken: it got no further for too long.
            TransferRefused: the sender or the server ended it.
            OSError: it cannot be written.
        """
        self._patience.reached(self._sink.received)
        try:
            await self._patience.run(self._attempt)
        except (TransferBroken, TransferRefused):
            # With the whole file here, only the sender may not have heard of it.
            if self._path is None:
                raise
        assert self._path is not None  # noqa: S101 - an attempt that succeeds has finished the file
        return self._path

    async def _attempt(self) -> None:
        is_online = self._offer.is_online
        if self._is_whole and not is_online:
            await self._finish()
            return
        link = await FileLink.open(self._offer, self._role, self._options)
        try:
            if is_online and self._path is None:
                await self._until_ready(link)
            await self._pull_all(link)
            await self._finish()
            if is_online:
                await self._say_done(link)
        finally:
            link.abort()

    @property
    def _is_whole(self) -> bool:
        return self._sink.received >= self._offer.size

    async def _finish(self) -> None:
        if self._path is None:
            self._path = await asyncio.to_thread(self._sink.finish)

    @staticmethod
    async def _until_ready(link: FileLink) -> None:
        """Wait until the sender is there too."""
        while True:
            for frame in await link.read():
                if frame.command_id == commands.FILE_STATE.id:
                    return

    @staticmethod
    async def _say_done(link: FileLink) -> None:
        """Tell the sender, and let the server close, which shows that it has heard."""
        await link.say(base.CLIENT_FILE_DONE)
        with contextlib.suppress(ConnectionLost, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                while True:
                    await link.read()

    async def _pull_all(self, link: FileLink) -> None:
        if not self._can_go_on and self._sink.received:
            await asyncio.to_thread(self._sink.start_over)
        self._begin_to_ask()
        while not self._is_whole:
            await self._ask(link)
            for frame in await link.read():
                await self._take(frame)

    def _begin_to_ask(self) -> None:
        self._asked = self._sink.received
        self._questions.clear()
        if self._is_ours:
            self._block_bytes = FIRST_BLOCK_BYTES

    async def _ask(self, link: FileLink) -> None:
        offer, at_once = self._offer, _BLOCKS_AT_ONCE if self._is_ours else 1
        while self._asked < offer.size and len(self._questions) < at_once:
            length = min(self._block_bytes, offer.size - self._asked)
            mode = base.FILE_TYPE_ONLINE if offer.is_online else base.FILE_TYPE_OFFLINE
            request = file_pb2.IMFilePullDataReq(
                task_id=offer.task_id,
                user_id=offer.receiver_id,
                trans_mode=mode,
                offset=self._asked,
                data_size=length,
            )
            self._asked += length
            self._questions.append(_Question(self._asked, monotonic()))
            await link.send(commands.FILE_PULL_DATA, request, 1)

    async def _take(self, frame: Frame) -> None:
        if frame.command_id == commands.FILE_STATE.id:
            if decode(frame, commands.FILE_STATE).state == base.CLIENT_FILE_PEER_READY:
                self._begin_to_ask()  # the sender came anew and knows of no question
        elif frame.command_id == commands.FILE_PULL_DATA_REPLY.id:
            await self._take_block(decode_block(frame))

    async def _take_block(self, found: Block) -> None:
        received, (block, data) = self._sink.received, found
        if block.result_code or lenient(block.task_id) != self._offer.task_id:
            raise ConnectionLost("the file_server answered with something else")
        if block.offset < received:
            return  # asked for twice
        if block.offset > received or not data or received + len(data) > self._asked:
            raise ConnectionLost("the file_server sent a block that was not asked for")
        await asyncio.to_thread(self._sink.write, data)
        self._answered(len(data))
        self._patience.reached(self._sink.received)

    def _answered(self, size: int) -> None:
        """Cross off what is here, and learn from the time it took."""
        while self._questions and self._questions[0].end <= self._sink.received:
            took_s = monotonic() - self._questions.popleft().asked_at
            if self._is_ours:
                self._block_bytes = next_block_bytes(size, took_s)
