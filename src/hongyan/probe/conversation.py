"""A conversation with a server: frames over a TCP connection, behind the handshake where it is due."""

import asyncio
from typing import Any, Final, Self, TypeVar

from google.protobuf.message import Message

from hongyan.cluster.auth import ConnectingHandshake
from hongyan.errors import BackendError, ProtocolError, RefusedError
from hongyan.wire import commands
from hongyan.wire.commands import Command, Node
from hongyan.wire.frame import Frame, Framer, OutboundFrame

M = TypeVar("M", bound=Message)

SEQ: Final = 1
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
CHUNK_BYTES: Final = 65536


class Conversation:
    """An open connection; whoever opens it closes it, with ``async with``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._reader = reader
        self._writer = writer
        self._framer = Framer(MAX_ANSWER_BYTES)
        self._frames: list[Frame] = []

    @classmethod
    async def open(cls, address: tuple[str, int], timeout_s: float) -> Self:
        """Connect; this and every answer may take ``timeout_s``.

        Raises:
            OSError: nobody listens there.
            TimeoutError: nobody answers.
        """
        async with asyncio.timeout(timeout_s):
            return cls(*await asyncio.open_connection(*address), timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    async def prove(self, secret: str) -> None:
        """Do the cluster handshake as a msg_server.

        Raises:
            BackendError: the server does not know the secret, or thinks that we do not.
        """
        handshake = ConnectingHandshake(secret, Node.MSG)
        self.tell(commands.CLUSTER_HELLO, handshake.hello())
        try:
            proof = handshake.answer(await self._next(commands.CLUSTER_CHALLENGE))
        except ProtocolError as error:
            raise BackendError("the server has another cluster secret") from error
        except BackendError as error:
            raise BackendError(
                f"no cluster handshake (another secret, or no server of ours): {error}"
            ) from error
        self.tell(commands.CLUSTER_PROOF, proof)

    def tell(self, command: Command[M], message: M) -> None:
        """Send a frame."""
        self._writer.write(OutboundFrame(command, message, SEQ).raw)

    async def ask(self, command: Command[M], message: M, reply: Command[Any] | None = None) -> Any:
        """Send a request and return its answer.

        Args:
            command: what is asked.
            message: the request.
            reply: the command of the answer, where the table does not tell.

        Raises:
            BackendError: there is none, or a refusal.
            TimeoutError: it does not come.
        """
        self.tell(command, message)
        wanted = reply or command.reply
        assert wanted is not None  # noqa: S101 - only what has an answer is asked
        return await self._next(wanted)

    async def _next(self, wanted: Command[Any]) -> Any:
        async with asyncio.timeout(self._timeout_s):
            while True:
                for frame in await self._read():
                    if frame.command_id == commands.ERROR_NOTICE.id:
                        notice = frame.decode(commands.ERROR_NOTICE)
                        raise BackendError(f"refused with code {notice.code}: {notice.text}")
                    if frame.command_id == wanted.id:
                        return self._decoded(frame, wanted)

    async def _read(self) -> list[Frame]:
        data = await self._reader.read(CHUNK_BYTES)
        if not data:
            raise BackendError("the server closed the connection without an answer")
        frames = self._framer.feed(data)
        if self._framer.fault is not None:
            raise BackendError("the server answers with something that is not a frame")
        return frames

    @staticmethod
    def _decoded(frame: Frame, wanted: Command[Any]) -> Any:
        try:
            return frame.decode(wanted)
        except RefusedError as error:
            raise BackendError(f"the answer is not a whole {wanted.message.__name__}") from error
