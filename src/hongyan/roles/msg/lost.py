"""What a client hears of a request that db_proxy will not answer."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.msg.directory import SessionDirectory
from hongyan.roles.msg.lanes import Request
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.attach import AttachType, unpack_attach
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame, OutboundFrame

M = TypeVar("M", bound=Message)
Answer = Callable[[ClientSession, M, Frame], Message | None]
"""Takes who asked, the request and its frame; returns what the protocol has for a failure."""

_UNKNOWN: Final = RefusedError(
    ErrorCode.NOT_STORED, "the database server was lost; the history shows whether it has the message"
)
_NO_ANSWER: Final = RefusedError(
    ErrorCode.UNAVAILABLE, "the database server does not answer; try again later"
)


class LostRequests:
    """Answers in the place of db_proxy: with the command's own failure, or else with an error notice."""

    def __init__(self, directory: SessionDirectory) -> None:
        self._directory = directory
        self._answers: dict[int, Answer[Any]] = {}

    def on(self, command: Command[M], answer: Answer[M]) -> None:
        """Let ``answer`` tell who asked that ``command`` failed."""
        self._answers[command.id] = answer

    def fail(self, request: Request) -> None:
        """Tell who asked, if a client did and is still there."""
        frame, command = request.frame, request.command
        asker = unpack_attach(frame.attach_data)
        session = self._directory.find(asker.handle)
        if session is None or asker.type != AttachType.HANDLE:
            return  # the client is gone, or it was asked for the receivers of a message, which is stored
        answer = self._answers.get(command.id)
        if answer is None:
            error = _UNKNOWN if command is commands.MSG_DATA else _NO_ANSWER
            session.notify_refusal(error, command.id, frame.seq, frame.message)
            return
        reply = answer(session, frame.message, frame)
        if reply is not None:
            assert command.reply is not None, command.name  # noqa: S101 - only requests are lost
            session.send(OutboundFrame(command.reply, reply, frame.seq))
