"""Messages on their way out: sent in order, sent again until acknowledged, stored once.

Each message carries an id of its own (client_msg_id). The server stores a message once however
often it comes, so a message whose ack is late or whose connection broke is simply sent again.
"""

import asyncio
import uuid
from collections.abc import Callable
from typing import Final

from hongyan.client.errors import ClientError, ConnectionLost, RequestTimedOut
from hongyan.client.exchange import Exchange
from hongyan.client.models import Conversation, SentMessage
from hongyan.client.options import Options
from hongyan.errors import RefusedError
from hongyan.wire import commands
from hongyan.wire.frame import Frame
from hongyan.wire.pb.message_pb2 import IMMsgData


class Outgoing:
    """A message that waits for its ack, over as many links as it takes."""

    reply: Final = commands.MSG_DATA_ACK

    def __init__(
        self, conversation: Conversation, data: IMMsgData, on_acked: Callable[[Conversation, int], None]
    ) -> None:
        self.conversation = conversation
        self.data = data
        self._on_acked = on_acked
        self.seq = 0
        self.sent_at = 0.0
        self.acked: asyncio.Future[SentMessage] = asyncio.get_running_loop().create_future()

    def settle(self, frame: Frame) -> None:
        """Take the ack; one for another message that used the same seq before is not ours."""
        try:
            ack = frame.decode(self.reply)
        except RefusedError:
            return
        client_msg_id = self.data.client_msg_id
        if self.acked.done() or (ack.client_msg_id and ack.client_msg_id != client_msg_id):
            return
        self._on_acked(self.conversation, ack.msg_id)
        self.acked.set_result(SentMessage(self.conversation, ack.msg_id, client_msg_id))

    def fail(self, error: ClientError) -> None:
        """Give up, unless only the link is gone: then it is sent again on the next one."""
        self.seq = 0
        if not self.acked.done() and not isinstance(error, ConnectionLost):
            self.acked.set_exception(error)


class Outbox:
    """All messages that wait for their ack, oldest first.

    Args:
        exchange: the way to the server.
        options: the times and bounds.
        on_acked: told the id of each message the moment its ack is read, before any later frame is.
    """

    def __init__(
        self, exchange: Exchange, options: Options, on_acked: Callable[[Conversation, int], None]
    ) -> None:
        self._exchange = exchange
        self._on_acked = on_acked
        self._ack_s = options.timing.ack_s
        self._send_s = options.timing.send_s
        self._turns = asyncio.Semaphore(options.limits.max_in_flight)
        self._waiting: dict[Outgoing, None] = {}  # ordered, oldest first

    async def send(self, conversation: Conversation, data: IMMsgData) -> SentMessage:
        """Send a message and return when it is stored.

        Calls that are made one after the other for one conversation are stored in that order.

        Args:
            conversation: where it goes.
            data: complete but for its client_msg_id, which is set here unless the caller chose one.

        Raises:
            RequestRefused: the server did not take it.
            RequestTimedOut: no ack in time; it may have been stored all the same.
        """
        data.client_msg_id = data.client_msg_id or uuid.uuid4().hex
        outgoing = Outgoing(conversation, data, self._on_acked)
        try:
            async with asyncio.timeout(self._send_s), self._turns:
                return await self._send_until_acked(outgoing)
        except TimeoutError as error:
            raise RequestTimedOut(f"the message to {conversation} was not acknowledged in time") from error

    async def _send_until_acked(self, outgoing: Outgoing) -> SentMessage:
        self._exchange.ensure_open()
        self._waiting[outgoing] = None
        try:
            self._transmit(outgoing)
            while not outgoing.acked.done():
                await asyncio.wait([outgoing.acked], timeout=self._ack_s)
                self._transmit_if_due(outgoing)
            return outgoing.acked.result()
        finally:
            del self._waiting[outgoing]
            self._exchange.drop(outgoing.seq)

    def resend_all(self) -> None:
        """A new link is there: send everything that waits, in its order, before anything newer."""
        for outgoing in self._waiting:
            self._transmit(outgoing)

    def end(self, error: ClientError) -> None:
        """Let everything that waits fail."""
        for outgoing in self._waiting:
            outgoing.fail(error)

    async def settled(self, conversation: Conversation) -> None:
        """Wait until what is on its way to ``conversation`` now is acknowledged, or an ack is overdue."""
        acks = [out.acked for out in self._waiting if out.conversation == conversation]
        if acks:
            await asyncio.wait(acks, timeout=self._ack_s)

    def _transmit_if_due(self, outgoing: Outgoing) -> None:
        waited_s = asyncio.get_running_loop().time() - outgoing.sent_at
        if not outgoing.acked.done() and waited_s >= self._ack_s:
            self._transmit(outgoing)

    def _transmit(self, outgoing: Outgoing) -> None:
        if outgoing.acked.done() or not self._exchange.is_attached:
            return  # the next link sends it
        try:
            outgoing.seq = self._exchange.post(commands.MSG_DATA, outgoing.data, outgoing, outgoing.seq)
        except ConnectionLost:
            outgoing.seq = 0
            return
        outgoing.sent_at = asyncio.get_running_loop().time()
