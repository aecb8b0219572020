"""How often somebody may ask: so many a minute, and a burst of them when he was quiet before."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

MINUTE_S: Final = 60.0
MAX_KNOWN: Final = 10_000


class Rates:
    """The allowances of everybody who asked lately; who asked least lately is forgotten first."""

    def __init__(self, max_known: int = MAX_KNOWN) -> None:
        self._max_known = max_known
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, who: Hashable, per_minute: int, now: float) -> float:
        """Use one of ``who``'s requests; return 0, or the seconds to wait when he has none left.

        Args:
            who: whatever names him.
            per_minute: how many come back in a minute; so many he has at most.
            now: a clock's seconds that never go back.
        """
        left = self.left(who, per_minute, now)
        if left < 1:
            return (1 - left) * MINUTE_S / per_minute
        self._left[who] = left - 1, now
        self._left.move_to_end(who)
        if len(self._left) > self._max_known:
            self._left.popitem(last=False)
        return 0.0

    def left(self, who: Hashable, per_minute: int, now: float) -> float:
        """Return how many requests ``who`` has left."""
        left, since = self._left.get(who, (float(per_minute), now))
        return min(float(per_minute), left + (now - since) * per_minute / MINUTE_S)
