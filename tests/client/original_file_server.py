"""A file_server that does what the original does with kept files, and nothing more (spec/flows.md 5)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google.protobuf.message import Message

from hongyan.wire import commands
from hongyan.wire.commands import COMMANDS, Command
from hongyan.wire.frame import Framer, OutboundFrame
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2

BLOCK = 32768


class OriginalFileServer:
    """Keeps one file of one task.

    Attributes:
        content: what was uploaded, or is to be downloaded.
        size: of the file.
        cut_after: how many more blocks pass before the connection is cut, once.
        offsets: what was asked for, in order.
    """

    def __init__(self, task_id: str, size: int, content: bytes = b"") -> None:
        self.task_id = task_id
        self.size = size
        self.content = content
        self.cut_after: int | None = None
        self.offsets: list[int] = []
        self.address = ("", 0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = server.sockets[0].getsockname()[:2]
        try:
            yield
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer, conversation = Framer(), _Conversation(self, writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(65536):
                for frame in framer.feed(data):
                    conversation.take(frame.command_id, frame.decode(COMMANDS[frame.command_id]), frame.seq)
        writer.close()

    def counts_a_block(self) -> bool:
        """Tell whether a block may pass; false when the connection is to be cut."""
        if self.cut_after is None:
            return True
        self.cut_after -= 1
        if self.cut_after >= 0:
            return True
        self.cut_after = None
        return False


class _Conversation:
    def __init__(self, server: OriginalFileServer, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._writer = writer
        self._next = 0

    def take(self, command_id: int, message: Any, seq: int) -> None:
        if command_id == commands.FILE_LOGIN.id:
            self._log_in(message, seq)
        elif command_id == commands.HEARTBEAT.id:
            self._send(commands.HEARTBEAT, message, seq)
        elif not self._server.counts_a_block():
            self._writer.transport.abort()
        elif command_id == commands.FILE_PULL_DATA.id:
            self._give(message, seq)
        elif command_id == commands.FILE_PULL_DATA_REPLY.id:
            self._keep(message)

    def _log_in(self, message: file_pb2.IMFileLoginReq, seq: int) -> None:
        is_known = message.task_id == self._server.task_id
        answer = file_pb2.IMFileLoginRsp(result_code=0 if is_known else 1, task_id=message.task_id)
        self._send(commands.FILE_LOGIN_REPLY, answer, seq)
        if not is_known:
            self._writer.close()
        elif message.file_role == base.CLIENT_OFFLINE_UPLOAD:
            self._server.content = b""
            self._ask()

    def _give(self, message: file_pb2.IMFilePullDataReq, seq: int) -> None:
        server = self._server
        server.offsets.append(message.offset)
        if message.offset != self._next:
            self._writer.close()
            return
        data = server.content[self._next : self._next + BLOCK]
        self._next += len(data)
        answer = file_pb2.IMFilePullDataRsp(
            result_code=0,
            task_id=server.task_id,
            user_id=message.user_id,
            offset=message.offset,
            file_data=data,
        )
        self._send(commands.FILE_PULL_DATA_REPLY, answer, seq)
        if self._next == server.size:
            self._done()

    def _keep(self, message: file_pb2.IMFilePullDataRsp) -> None:
        server = self._server
        wanted = min(BLOCK, server.size - self._next)
        if message.offset != self._next or len(message.file_data) != wanted:
            self._writer.close()
            return
        server.content += message.file_data
        self._next += wanted
        if self._next == server.size:
            self._done()
        else:
            self._ask()

    def _ask(self) -> None:
        server = self._server
        server.offsets.append(self._next)
        question = file_pb2.IMFilePullDataReq(
            task_id=server.task_id,
            user_id=1,
            trans_mode=base.FILE_TYPE_OFFLINE,
            offset=self._next,
            data_size=min(BLOCK, server.size - self._next),
        )
        self._send(commands.FILE_PULL_DATA, question, 0)

    def _done(self) -> None:
        state = file_pb2.IMFileState(state=base.CLIENT_FILE_DONE, task_id=self._server.task_id, user_id=1)
        self._send(commands.FILE_STATE, state, 0)
        self._writer.close()

    def _send(self, command: Command[Any], message: Message, seq: int) -> None:
        self._writer.write(OutboundFrame(command, message, seq).raw)
