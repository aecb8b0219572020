"""How long an ack takes: one message at a time is timed, so that the others cost nothing."""

from collections.abc import Callable
from typing import Final

from hongyan.metrics import Metrics

GIVE_UP_S: Final = 60
"""A message that is not acknowledged after so long is timed no more: it was refused, or is lost."""


class AckTime:
    """Times messages from their arrival here to the ack.

    Attributes:
        handle: the session whose message is being timed; 0 while there is none.
        seq: the sequence number of its frame.
        until: when it is given up, in seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float], metrics: Metrics) -> None:
        self._clock = clock
        self._begun = 0.0
        self._seconds = 0.0
        self._times = 0
        self.handle = 0
        self.seq = 0
        self.until = 0
        metrics.gauge("ack_seconds", "Time from message to ack, of those that were timed", self._read_seconds)
        metrics.gauge("acks_timed", "Messages that were timed", self._read_times)

    def begin(self, handle: int, seq: int, now: int) -> None:
        """A message arrived, at ``now`` in seconds since 1970, and no other is being timed."""
        self.handle, self.seq, self.until = handle, seq, now + GIVE_UP_S
        self._begun = self._clock()

    def end(self) -> None:
        """It is acknowledged."""
        self.handle = 0
        self._seconds += self._clock() - self._begun
        self._times += 1

    def _read_seconds(self) -> float:
        return self._seconds

    def _read_times(self) -> float:
        return self._times
