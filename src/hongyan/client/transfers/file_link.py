"""A connection to a file_server that has joined a transfer."""

import asyncio
import contextlib
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, TypeVar

from google.protobuf.message import Message

from hongyan.client.errors import ConnectFailed, ConnectionLost, TransferRefused
from hongyan.client.link import Link
from hongyan.client.options import Options
from hongyan.client.transfers.offer import FileOffer
from hongyan.client.waiting import refusal
from hongyan.errors import ErrorCode, RefusedError
from hongyan.rules.pace import LARGEST_BLOCK_BYTES
from hongyan.wire import commands
from hongyan.wire.blocks import Block, BlockFrame, read_block
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2
from hongyan.wire.pb.other_pb2 import IMHeartBeat

M = TypeVar("M", bound=Message)

HEARTBEAT_S: Final = 5.0
"""As stock clients do on this connection (spec/clients.md 8)."""
_LOGIN_SEQ: Final = 1
_ENDINGS: Final = {
    base.CLIENT_FILE_REFUSE: "the receiver does not want the file",
    base.CLIENT_FILE_CANCEL: "the transfer was cancelled",
}
_PASSING: Final = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.BUSY})
"""What a server says that may take the transfer a little later, such as one whose disk is full."""


class Role(IntEnum):
    """What a client does in a transfer (ClientFileRole)."""

    ONLINE_SENDER = base.CLIENT_REALTIME_SENDER
    ONLINE_RECEIVER = base.CLIENT_REALTIME_RECVER
    UPLOADER = base.CLIENT_OFFLINE_UPLOAD
    DOWNLOADER = base.CLIENT_OFFLINE_DOWNLOAD

    @property
    def is_sender(self) -> bool:
        """Tell whether this is the side that has the file."""
        return self in (Role.ONLINE_SENDER, Role.UPLOADER)


def role_in(offer: FileOffer, user_id: int) -> Role:
    """Tell what a user does in a transfer.

    Raises:
        ValueError: nothing, it is between others.
    """
    if user_id == offer.sender_id:
        return Role.ONLINE_SENDER if offer.is_online else Role.UPLOADER
    if user_id == offer.receiver_id:
        return Role.ONLINE_RECEIVER if offer.is_online else Role.DOWNLOADER
    raise ValueError("this file is neither from nor for the user who is logged in")


class FileLink:
    """A connection that has joined. Whoever opened it closes it."""

    def __init__(self, link: Link, offer: FileOffer, role: Role, options: Options) -> None:
        self._link = link
        self._offer = offer
        self._user_id = offer.sender_id if role.is_sender else offer.receiver_id
        self._role = role
        self._beat_s = min(HEARTBEAT_S, options.timing.heartbeat_s)
        self._dead_after_s = options.timing.dead_after_s

    @classmethod
    async def open(cls, offer: FileOffer, role: Role, options: Options) -> "FileLink":
        """Join at the first server that can be reached and knows the transfer.

        Raises:
            ConnectFailed: none could be reached.
            TransferRefused: those that could be reached do not know it, or not this user in it.
        """
        failure: ConnectFailed | TransferRefused = ConnectFailed("no file_server was named")
        for host, port in offer.servers:
            try:
                return await cls._open_at(host, port, offer, role, options)
            except (ConnectFailed, TransferRefused) as error:
                # A server that is away may know what the others do not.
                failure = failure if offer.servers[0] != (host, port) and _is_away(failure) else error
        raise failure

    @classmethod
    async def _open_at(
        cls, host: str, port: int, offer: FileOffer, role: Role, options: Options
    ) -> "FileLink":
        link = cls(await Link.open(host, port, options, "file_server"), offer, role, options)
        try:
            async with asyncio.timeout(options.timing.login_s):
                await link._log_in()
        except (ConnectionLost, TimeoutError) as error:
            link.abort()
            raise ConnectFailed(f"the file_server at {host}:{port} did not answer: {error}") from error
        except BaseException:
            link.abort()
            raise
        return link

    async def _log_in(self) -> None:
        offer = self._offer
        request = file_pb2.IMFileLoginReq(
            user_id=self._user_id,
            task_id=offer.task_id,
            file_role=base.ClientFileRole.ValueType(self._role),
            file_token=offer.token or None,
            max_block_bytes=LARGEST_BLOCK_BYTES,
        )
        self._link.send(commands.FILE_LOGIN, request, _LOGIN_SEQ)
        while True:
            frames = await self._link.read()
            for place, frame in enumerate(frames):
                if frame.command_id == commands.FILE_LOGIN_REPLY.id:
                    self._link.unread(frames[place + 1 :])
                    if decode(frame, commands.FILE_LOGIN_REPLY).result_code:
                        raise TransferRefused(
                            "the file_server does not know this transfer, or not this user in it"
                        )
                    return

    async def read(self) -> list[Frame]:
        """Wait for frames; heartbeats are sent meanwhile.

        Raises:
            ConnectionLost: the connection is gone, or nothing was heard for too long.
            TransferRefused: the other side, or the server, ended the transfer.
        """
        silent_s = 0.0
        while silent_s < self._dead_after_s:
            try:
                async with asyncio.timeout(self._beat_s):
                    frames = await self._link.read()
            except TimeoutError:
                silent_s += self._beat_s
                self._link.send(commands.HEARTBEAT, IMHeartBeat())
                continue
            return [frame for frame in frames if self._is_news(frame)]
        raise ConnectionLost(f"the file_server was silent for {silent_s:g} s")

    def _is_news(self, frame: Frame) -> bool:
        if frame.command_id == commands.ERROR_NOTICE.id:
            refused = refusal(decode(frame, commands.ERROR_NOTICE))
            if refused.code in _PASSING:
                raise ConnectionLost(refused.text)
            raise TransferRefused(refused.text, refused.code)
        if frame.command_id == commands.FILE_STATE.id:
            state = decode(frame, commands.FILE_STATE).state
            if state in _ENDINGS:
                raise TransferRefused(_ENDINGS[state])
        return frame.command_id != commands.HEARTBEAT.id

    async def send(self, command: Command[M], message: M, seq: int = 0) -> None:
        """Send, and wait until the server takes more.

        Raises:
            ConnectionLost: the connection is gone, or the server does not read.
        """
        self._link.send(command, message, seq)
        await self._link.drain()

    async def send_block(self, message: file_pb2.IMFilePullDataRsp, data: bytes, seq: int) -> None:
        """Send a block of which the message says everything but the content.

        Raises:
            ConnectionLost: as for ``send``.
        """
        self._link.send_pieces(BlockFrame(message, data, seq).pieces)
        await self._link.drain()

    async def say(self, state: base.ClientFileState.ValueType) -> None:
        """Tell the other side how it ends, from where we are."""
        message = file_pb2.IMFileState(state=state, task_id=self._offer.task_id, user_id=self._user_id)
        await self.send(commands.FILE_STATE, message)

    def abort(self) -> None:
        """Close at once."""
        self._link.abort()

    async def close(self) -> None:
        """Flush and close."""
        await self._link.close()


def _is_away(error: ConnectFailed | TransferRefused) -> bool:
    return isinstance(error, ConnectFailed)


def decode(frame: Frame, command: Command[M]) -> M:
    """Read what a server or the other side sent.

    Raises:
        ConnectionLost: it cannot be read, so that nothing on this connection can be trusted.
    """
    with _sane():
        return frame.decode(command)


def decode_block(frame: Frame) -> Block:
    """Read a block.

    Raises:
        ConnectionLost: as for ``decode``.
    """
    with _sane():
        return read_block(frame)


@contextlib.contextmanager
def _sane() -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        raise ConnectionLost(f"the file_server sent nonsense ({error})") from error
