"""TCP segments put together to a stream again; enough for captures that lost little or nothing."""

from typing import Final, NamedTuple

from hongyan.sniff.tap import Tap

SEQ_SPACE: Final = 1 << 32
MAX_WAITING: Final = 256
"""So many later segments arrive before a missing one is given up."""


class Segment(NamedTuple):
    """What matters of one TCP segment.

    Attributes:
        source: address and port.
        target: the same of the receiver.
        opens: it is the first of a connection, from the client.
        starts: it carries SYN, so that its sequence number counts one for that.
    """

    time: float
    source: tuple[bytes, int]
    target: tuple[bytes, int]
    seq: int
    data: bytes
    opens: bool = False
    starts: bool = False


class Stream:
    """One direction: orders segments, drops what comes twice, and feeds a tap."""

    def __init__(self, tap: Tap) -> None:
        self.tap = tap
        self._first: int | None = None
        self._next: int | None = None
        self._waiting: dict[int, Segment] = {}

    def is_over_before(self, segment: Segment) -> bool:
        """Tell whether ``segment`` is the start of another connection between the same ends."""
        return segment.starts and segment.seq != self._first

    def take(self, segment: Segment) -> None:
        """Take a segment in whatever order it was captured."""
        if segment.starts and self._first is None:
            self._first = segment.seq
            self._next = (segment.seq + 1) % SEQ_SPACE
        if not segment.data:
            return
        if self._next is None:
            self._next = segment.seq  # the capture began in the middle
        self._waiting.setdefault(segment.seq, segment)
        self._feed_waiting()
        if len(self._waiting) > MAX_WAITING:
            self._give_up(segment.time)

    def _feed_waiting(self) -> None:
        while self._waiting:
            seq, behind = min(((seq, self._behind(seq)) for seq in self._waiting), key=lambda pair: -pair[1])
            if behind < 0:
                return
            self._feed(self._waiting.pop(seq), behind)

    def _behind(self, seq: int) -> int:
        """How far ``seq`` is behind the next expected; negative when it is ahead."""
        distance = ((self._next or 0) - seq) % SEQ_SPACE
        return distance if distance < SEQ_SPACE // 2 else distance - SEQ_SPACE

    def _feed(self, segment: Segment, known: int) -> None:
        """Feed the part of a segment that is new."""
        data = segment.data[known:]
        if not data:
            return
        self._next = (segment.seq + len(segment.data)) % SEQ_SPACE
        fault = self.tap.feed(data, segment.time)
        if fault and self.tap.frames:
            self.tap.note(fault, segment.time)

    def _give_up(self, time: float) -> None:
        if not self.tap.is_broken:
            self.tap.note("the capture lacks a part; what follows is not decoded", time)
        self.tap.is_broken = True
        self._waiting.clear()
