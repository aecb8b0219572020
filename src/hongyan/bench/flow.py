"""Messages under way: the sender that keeps its window full, and the receiver that checks them in."""

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Final

from hongyan.bench.client import Client
from hongyan.bench.frames import MARK_BYTES, NUMBER_END, MessageFrames, index_of_seq
from hongyan.bench.ledger import Conversation, Inbox, Outgoing
from hongyan.bench.tally import Tally
from hongyan.wire.commands import ERROR_NOTICE, MSG_DATA, MSG_DATA_ACK
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.message_pb2 import IMMsgData, IMMsgDataAck

_parse_ack: Final = IMMsgDataAck.FromString
_parse_message: Final = IMMsgData.FromString


class Sender:
    """Sends whenever fewer than ``window`` messages wait for their ack.

    Attributes:
        limit: how many messages may be sent in all; lowered to stop, raised step by step to pace.
    """

    __slots__ = ("_books", "_client", "_frames", "_in_flight", "_oldest", "_tally", "_window", "limit")

    def __init__(
        self, client: Client, frames: MessageFrames, books: Outgoing, window: int, tally: Tally
    ) -> None:
        self._client = client
        self._frames = frames
        self._books = books
        self._window = window
        self._tally = tally
        self._in_flight = 0
        self._oldest = 0  # the first message that has neither ack nor refusal
        self.limit = sys.maxsize
        client.handlers[MSG_DATA_ACK.id] = self._on_ack
        client.handlers[ERROR_NOTICE.id] = self._on_notice
        client.after_read = self.refill

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for an ack, or nothing can come any more."""
        return self._in_flight == 0 or not self._client.is_open

    def refill(self, now: float) -> None:
        """Send what the window and the limit allow, in one write."""
        books = self._books
        count = min(self._window - self._in_flight, self.limit - len(books.sent_at))
        if count <= 0:
            return
        frame = self._frames.frame
        self._client.write(b"".join([frame(books.sent(now)) for _ in range(count)]))
        self._in_flight += count
        self._tally.counts.sent += count

    def _on_ack(self, seq: int, body: bytes, now: float) -> None:
        books, index = self._books, index_of_seq(seq, self._oldest)
        if index >= len(books.sent_at) or books.ack_ids[index]:
            self._tally.errors["stray_ack"] += 1
            return
        books.ack_ids[index] = _parse_ack(body).msg_id
        self._tally.counts.acked += 1
        self._tally.ack.add(now - books.sent_at[index])
        self._settle(index)

    def _on_notice(self, _seq: int, body: bytes, _now: float) -> None:
        notice = IMErrorNotice.FromString(body)
        self._tally.errors[f"refused_{notice.code}"] += 1
        index = index_of_seq(notice.seq, self._oldest)
        if notice.command_id == MSG_DATA.id and index < len(self._books.sent_at):
            self._books.refused.add(index)
            self._settle(index)

    def _settle(self, index: int) -> None:
        self._in_flight -= 1
        if index != self._oldest:
            return
        books, oldest = self._books, index + 1
        while oldest < len(books.ack_ids) and (books.ack_ids[oldest] or oldest in books.refused):
            oldest += 1
        self._oldest = oldest


class EchoSender(Sender):
    """A sender whose messages come back as they are, which counts as their ack and their delivery."""

    __slots__ = ()

    def __init__(
        self, client: Client, frames: MessageFrames, books: Outgoing, window: int, tally: Tally
    ) -> None:
        super().__init__(client, frames, books, window, tally)
        client.handlers[MSG_DATA.id] = self._on_echo

    def _on_echo(self, seq: int, body: bytes, now: float) -> None:
        books, index = self._books, index_of_seq(seq, self._oldest)
        number = int(_parse_message(body).msg_data[MARK_BYTES:NUMBER_END])
        if number != index or index >= len(books.sent_at) or books.ack_ids[index]:
            self._tally.errors["stray_echo"] += 1
            return
        books.ack_ids[index] = index + 1
        self._tally.counts.acked += 1
        self._tally.counts.delivered += 1
        self._tally.delivery.add(now - books.sent_at[index])
        self._settle(index)


class Reader:
    """Reads the deliveries of one conversation.

    Args:
        shared: several receivers get the same bytes; then each message is parsed once for all.
    """

    _KEPT: Final = 1024

    def __init__(self, conversation: Conversation, *, shared: bool) -> None:
        self._senders = conversation.senders
        self._read: dict[bytes, tuple[int, float]] = {}
        self.read: Callable[[bytes], tuple[int, float]] = self._read_shared if shared else self._parse

    def _read_shared(self, body: bytes) -> tuple[int, float]:
        known = self._read.get(body)
        if known is None:
            if len(self._read) >= self._KEPT:
                self._read.clear()
            known = self._read[body] = self._parse(body)
        return known

    def _parse(self, body: bytes) -> tuple[int, float]:
        """Return msg_id, and when it was sent; msg_id 0 for a message that no sender of this run sent."""
        message = _parse_message(body)
        data, msg_id = message.msg_data, message.msg_id
        books = self._senders.get(data[:MARK_BYTES])
        if books is None:
            return 0, 0.0
        index = int(data[MARK_BYTES:NUMBER_END])
        books.delivered_ids[index] = msg_id
        return msg_id, books.sent_at[index]


class Receiver:
    """Checks in what one connection is given of one conversation."""

    __slots__ = ("_inbox", "_read", "_tally")

    def __init__(self, client: Client, reader: Reader, inbox: Inbox, tally: Tally) -> None:
        self._read = reader.read
        self._inbox = inbox
        self._tally = tally
        client.handlers[MSG_DATA.id] = self._on_message

    def _on_message(self, _seq: int, body: bytes, now: float) -> None:
        msg_id, sent_at = self._read(body)
        if not msg_id:
            self._tally.errors["foreign_message"] += 1
            return
        self._inbox.take(msg_id)
        self._tally.delivery.add(now - sent_at)
        self._tally.counts.delivered += 1


class Pacer:
    """Raises the senders' limits in turn, so that all together send ``rate`` messages a second."""

    def __init__(self, senders: list[Sender], rate: int) -> None:
        self._senders = senders
        self._rate = rate
        self._granted = 0
        self._started = 0.0
        for sender in senders:
            sender.limit = 0

    def start(self) -> None:
        """Begin; grants count from now."""
        self._started = perf_counter()

    def tick(self) -> None:
        """Grant what is due by now."""
        now = perf_counter()
        due = int((now - self._started) * self._rate)
        for number in range(self._granted, due):
            sender = self._senders[number % len(self._senders)]
            sender.limit += 1
            sender.refill(now)
        self._granted = due
