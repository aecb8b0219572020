"""Latencies: as cheap to add to as a list, kept as a histogram with steps of a hundredth of a millisecond."""

from array import array
from collections import Counter
from typing import Final

_STEPS_PER_S: Final = 100_000.0
_MS_PER_STEP: Final = 1000 / _STEPS_PER_S


class Latencies:
    """Counts durations in seconds.

    Attributes:
        add: takes one duration; it is the array's own method, because it is called for every message.
    """

    __slots__ = ("_new", "_steps", "add")

    def __init__(self) -> None:
        self._steps: Counter[int] = Counter()
        self._new = array("d")
        self.add = self._new.append

    def clear(self) -> None:
        """Forget everything."""
        self._steps.clear()
        del self._new[:]

    def fold(self) -> None:
        """Move what was added into the histogram; call it now and then to keep the memory small."""
        self._steps.update(map(int, map(_STEPS_PER_S.__mul__, self._new)))
        del self._new[:]

    def steps(self) -> Counter[int]:
        """Return the histogram."""
        self.fold()
        return self._steps

    def merge(self, steps: Counter[int]) -> None:
        """Take over another's histogram."""
        self._steps.update(steps)

    def percentile_ms(self, percent: float) -> float:
        """Return the duration that ``percent`` of all do not exceed, in milliseconds; 0 if there are none."""
        steps = self.steps()
        wanted = steps.total() * percent / 100
        seen = 0
        for step, count in sorted(steps.items()):
            seen += count
            if seen >= wanted:
                return round((step + 1) * _MS_PER_STEP, 2)
        return 0.0
