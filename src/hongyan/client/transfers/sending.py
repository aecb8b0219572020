"""The side that has the file: it answers what it is asked for, whoever asks."""

import asyncio
from typing import Final

from hongyan.client.convert import lenient
from hongyan.client.errors import ConnectionLost
from hongyan.client.options import Options
from hongyan.client.transfers.file_link import FileLink, Role, decode
from hongyan.client.transfers.local import Source
from hongyan.client.transfers.offer import FileOffer
from hongyan.client.transfers.patience import Patience
from hongyan.wire import commands
from hongyan.wire.frame import Frame
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2

_MOST_BYTES: Final = 1024 * 1024
"""However much is asked for at a time, no more is read."""


class Sending:
    """Sends one file.

    Args:
        offer: what the msg_server answered.
        source: the file.
        role: how it is sent.
        options: times and bounds.
        patience: is told how far it got.
    """

    def __init__(
        self, offer: FileOffer, source: Source, role: Role, options: Options, patience: Patience
    ) -> None:
        self._offer = offer
        self._source = source
        self._role = role
        self._options = options
        self._patience = patience
        self._farthest = 0

    async def attempt(self) -> None:
        """Join and answer until the other side, or the server, has everything.

        Raises:
            ConnectFailed, ConnectionLost: to be tried again.
            TransferRefused: it is over.
            OSError: the file cannot be read.
        """
        link = await FileLink.open(self._offer, self._role, self._options)
        try:
            is_done = False
            while not is_done:
                for frame in await link.read():
                    is_done = is_done or await self._take(link, frame)
        finally:
            link.abort()

    async def _take(self, link: FileLink, frame: Frame) -> bool:
        """Answer a frame; true when it says that everything has arrived."""
        if frame.command_id == commands.FILE_PULL_DATA.id:
            await self._answer(link, decode(frame, commands.FILE_PULL_DATA), frame.seq)
        if frame.command_id == commands.FILE_STATE.id:
            return decode(frame, commands.FILE_STATE).state == base.CLIENT_FILE_DONE
        return False

    async def _answer(self, link: FileLink, asked: file_pb2.IMFilePullDataReq, seq: int) -> None:
        offer = self._offer
        if lenient(asked.task_id) != offer.task_id or asked.offset > offer.size:
            raise ConnectionLost("the file_server asked for what is not in the file")
        length = min(asked.data_size, _MOST_BYTES)
        data = await asyncio.to_thread(self._source.read, asked.offset, length)
        answer = file_pb2.IMFilePullDataRsp(
            result_code=0,
            task_id=offer.task_id,
            user_id=offer.sender_id,
            offset=asked.offset,
        )
        await link.send_block(answer, data, seq)
        if asked.offset + len(data) > self._farthest:  # what is asked for again got nowhere
            self._farthest = asked.offset + len(data)
            self._patience.reached(self._farthest)
