"""A client of file_server: its connection and the transfer that it has joined."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

import structlog

from hongyan.errors import ErrorCode, RefusedError
from hongyan.metrics import Metrics
from hongyan.reactor.connection import Connection
from hongyan.reactor.dispatch import Routes
from hongyan.roles.file.shelf import Entry
from hongyan.wire import commands
from hongyan.wire.blocks import Block, Buffer
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import CLIENT_FILE_CANCEL, ClientFileState
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.file_pb2 import IMFilePullDataReq, IMFileState

_log = structlog.get_logger("hongyan.file")

STOCK_BLOCK_BYTES: Final = 32_768
"""What a stock client is asked for and given at a time."""
MOST_BLOCKS: Final = 4
"""Blocks that may be asked for and not have come."""


class Part(Protocol):
    """What a client does in its transfer."""

    def pull(self, message: IMFilePullDataReq, frame: Frame) -> None:
        """The client asks for a block."""

    def block(self, block: Block, frame: Frame) -> None:
        """The client sends a block."""

    def state(self, message: IMFileState, frame: Frame) -> None:
        """The client says that it is done, or will not go on."""

    def left(self) -> None:
        """The connection is gone."""


class FileSession:
    """A client's connection, and once it has joined, what it does there.

    Attributes:
        user_id: as checked when it joined.
        role: likewise.
        entry: the transfer that it has joined.
        block_bytes: the longest block it takes or gives; a stock client does not say.
        blocks: how many of them it takes or gives at once.
    """

    def __init__(self, connection: Connection, routes: "Routes[FileSession]", metrics: Metrics) -> None:
        self.connection = connection
        self.user_id = 0
        self.role = 0
        self.entry: Entry | None = None
        self.part: Part | None = None
        self.block_bytes = STOCK_BLOCK_BYTES
        self.blocks = 1
        self.knows_notices = False
        self._metrics = metrics
        self.send: Callable[[Frame], None] = connection.send
        self.send_pieces: Callable[[Sequence[Buffer]], None] = connection.send_pieces
        connection.on_frame = partial(routes.dispatch, self)
        connection.on_closed = self._closed

    def refuse(self, frame: Frame, error: RefusedError) -> None:
        """Unknown commands are nothing to file_server; whatever else is wrong ends the connection."""
        self._metrics.count("requests_refused", error.code.name.lower())
        if error.code is not ErrorCode.UNKNOWN_COMMAND:
            _log.info("refused", user=self.user_id, command=f"0x{frame.command_id:04x}", why=error.text)
            self.close(error.code.name.lower())

    def close(self, reason: str) -> None:
        """Flush and close."""
        self.connection.close(reason)

    def say(self, state: ClientFileState.ValueType, user_id: int) -> None:
        """Send a state of the transfer, which is somebody's."""
        if self.entry is not None:
            message = IMFileState(state=state, task_id=self.entry.transfer.task_id, user_id=user_id)
            self.send(OutboundFrame(commands.FILE_STATE, message))

    def give_up(self, code: ErrorCode, text: str, reason: str) -> None:
        """Say that the transfer cannot go on, and why to those who understand it, and close."""
        if self.knows_notices:
            self.send(OutboundFrame(commands.ERROR_NOTICE, IMErrorNotice(code=code, text=text)))
        self.say(CLIENT_FILE_CANCEL, self.user_id)
        self.close(reason)

    def _closed(self, _reason: str) -> None:
        entry, part = self.entry, self.part
        if entry is not None and entry.members.get(self.role) is self:
            del entry.members[self.role]
        self.part = None
        if part is not None:
            part.left()
