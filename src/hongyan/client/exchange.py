"""Requests and answers over whichever link there is, across reconnects."""

import asyncio
from typing import Any, TypeVar

from google.protobuf.message import Message

from hongyan.client.errors import ClientClosed, ClientError, ConnectionLost, RequestRefused, RequestTimedOut
from hongyan.client.link import Link
from hongyan.client.options import Options
from hongyan.client.waiting import Reply, Waiter, WaitingTable
from hongyan.errors import ErrorCode
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame
from hongyan.wire.pb.extension_pb2 import IMErrorNotice

Q = TypeVar("Q", bound=Message)
M = TypeVar("M", bound=Message)


class Exchange:
    """Sends requests on the current link and matches what comes back.

    It is open between ``open`` and ``end``, and has a link between ``attach`` and ``detach``. Requests
    made between two links wait for the next one; ``end`` fails everything that waits or comes later.
    """

    def __init__(self, options: Options) -> None:
        self._timeout_s = options.timing.request_s
        self._turns = asyncio.Semaphore(options.limits.max_in_flight)
        self._attached = asyncio.Event()
        self._link: Link | None = None
        self._waiting = WaitingTable()
        self._end: ClientError | None = ClientClosed("the client is not open; use it in `async with`")

    @property
    def is_attached(self) -> bool:
        """Tell whether there is a link now."""
        return self._link is not None

    def open(self) -> None:
        """Accept requests from now on."""
        self._end = None

    def ensure_open(self) -> None:
        """Raise what ended the client, if it has ended."""
        if self._end is not None:
            raise self._end

    def attach(self, link: Link) -> None:
        """Use this link, which is logged in, from now on."""
        self._link = link
        self._attached.set()

    def detach(self, error: ConnectionLost) -> None:
        """The link is lost; what waits for an answer on it is told so."""
        self._link = None
        self._attached.clear()
        self._waiting.fail_all(error)

    def end(self, error: ClientError) -> None:
        """There will be no link any more."""
        self._end = error
        self._link = None
        self._waiting.fail_all(error)
        self._attached.set()  # so that those who wait for a link look at the end

    def settle(self, frame: Frame) -> bool:
        """Offer an incoming frame as an answer; false when nobody waits for it."""
        return self._waiting.settle(frame)

    def refuse(self, notice: IMErrorNotice) -> bool:
        """Offer an error notice; false when nobody waits for it."""
        return self._waiting.refuse(notice)

    async def ask(self, command: Command[Q], message: Q, reply: Command[M], *, repeatable: bool = True) -> M:
        """Send a request and wait for its answer.

        Args:
            command: the request's command.
            message: the request.
            reply: the answer's command.
            repeatable: ask again when the link breaks under way; only right for what may happen twice.

        Raises:
            RequestRefused: the server said no, and why.
            RequestTimedOut: no answer in time.
            ConnectionLost: the link broke and the request is not repeatable.
            ClientClosed, Kicked, LoginRefused: the client has ended.
        """
        try:
            async with asyncio.timeout(self._timeout_s), self._turns:
                return await self._ask_until_answered(command, message, reply, repeatable=repeatable)
        except TimeoutError as error:
            raise RequestTimedOut(f"{command.name}: no answer within {self._timeout_s:g} s") from error

    async def _ask_until_answered(
        self, command: Command[Q], message: Q, reply: Command[M], *, repeatable: bool
    ) -> M:
        while True:
            await self.until_attached()
            try:
                return await self._ask_once(command, message, reply)
            except ConnectionLost:
                if not repeatable:
                    raise

    async def _ask_once(self, command: Command[Q], message: Q, reply: Command[M]) -> M:
        waiter = Reply(reply)
        seq = self.post(command, message, waiter)
        try:
            return await waiter.future
        finally:
            self._waiting.drop(seq)

    async def until_attached(self) -> None:
        """Wait for a link; raises what ended the client if there will be none."""
        self.ensure_open()
        await self._attached.wait()
        self.ensure_open()

    def post(self, command: Command[Q], message: Q, waiter: Waiter, seq: int = 0) -> int:
        """Send a request without waiting, and return its sequence number for ``drop``.

        Args:
            command: the request's command.
            message: the request.
            waiter: is given the answer, or the failure.
            seq: the number of an earlier, unanswered attempt on this link, to be used again; 0 for a new one.
        """
        if self._link is None:
            raise self._end or ConnectionLost("not connected")
        seq = seq or self._waiting.take(waiter)
        try:
            self._link.send(command, message, seq)
        except ConnectionLost:
            self._waiting.drop(seq)
            raise
        return seq

    def drop(self, seq: int) -> None:
        """Stop waiting for an answer to ``seq``."""
        self._waiting.drop(seq)

    def tell(self, command: Command[Q], message: Q) -> None:
        """Send what has no answer.

        Raises:
            ConnectionLost: there is no link.
        """
        if self._link is None:
            raise self._end or ConnectionLost("not connected")
        self._link.send(command, message)


def require_success(result_code: int, command: Command[Any]) -> None:
    """Raise :class:`RequestRefused` unless an answer's result_code is 0."""
    if result_code:
        text = f"the server declined {command.name} (result {result_code})"
        raise RequestRefused(ErrorCode.NOT_ALLOWED, text)
