"""Requests over links whose answers the caller awaits, for roles that serve people and not frames."""

import asyncio
import itertools
from typing import Any, Final

from google.protobuf.message import Message

from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, ProtocolError, RefusedError
from hongyan.wire.attach import attach_ids, pack_db_attach
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.extension_pb2 import IMErrorNotice

MAX_WAITING: Final = 2000
DEFAULT_LIMIT_S: Final = 15.0
_HANDLES: Final = 2**32 - 1


class Calls:
    """The requests of one role that wait for an answer, found again by their attach_data."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Link, asyncio.Future[Any]]] = {}
        self._handles = itertools.cycle(range(1, _HANDLES))

    async def ask(
        self, link: Link, command: Command[Any], message: Any, limit_s: float = DEFAULT_LIMIT_S
    ) -> Any:
        """Send a request and return the answer's message.

        Args:
            link: an open link.
            command: the request.
            message: its body; attach_data is filled in here.
            limit_s: how long to wait.

        Raises:
            RefusedError: declined, no answer in time, the link was lost, or too many wait.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise RefusedError(ErrorCode.BUSY, "too many requests are waiting; try again later")
        handle = next(handle for handle in self._handles if handle not in self._waiting)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[handle] = link, future
        message.attach_data = pack_db_attach(handle)
        link.send(OutboundFrame(command, message))
        try:
            async with asyncio.timeout(limit_s):
                return await future
        except TimeoutError as error:
            raise RefusedError(ErrorCode.UNAVAILABLE, f"no answer within {limit_s:g} s") from error
        finally:
            del self._waiting[handle]

    def answered(self, _link: Link, message: Any, _frame: Frame) -> None:
        """An answer arrived: wake who waits for it, if he still does."""
        future = self._find(message)
        if future is not None:
            future.set_result(message)

    def refused(self, _link: Link, notice: IMErrorNotice, _frame: Frame) -> None:
        """A request was declined."""
        future = self._find(notice)
        if future is not None:
            known = notice.code in ErrorCode.__members__.values()
            code = ErrorCode(notice.code) if known else ErrorCode.UNAVAILABLE
            future.set_exception(RefusedError(code, notice.text))

    def lost(self, link: Link) -> None:
        """A link is gone, and with it the answers."""
        for waited_on, future in self._waiting.values():
            if waited_on is link and not future.done():
                future.set_exception(RefusedError(ErrorCode.UNAVAILABLE, "the connection was lost"))

    def _find(self, message: Message) -> "asyncio.Future[Any] | None":
        try:
            handle, _ = attach_ids(message.attach_data)  # type: ignore[attr-defined] # every answer has it
        except ProtocolError:
            return None  # an answer that nobody here asked for
        _, future = self._waiting.get(handle, (None, None))
        return future if future is not None and not future.done() else None
