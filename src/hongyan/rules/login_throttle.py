"""How long a login has to wait after wrong passwords, per name and address.

The original locks a name after eleven failures, so a stranger can lock anybody out. Here only
the pair of name and address is slowed down: attempts of one pair are spaced further and further
apart, a right password included, and nobody at another address notices.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

FREE_FAILURES: Final = 3
FIRST_PENALTY_S: Final = 0.25
LONGEST_PENALTY_S: Final = 3.0
LONGEST_WAIT_S: Final = 10.0
"""Beyond this an attempt is refused at once: clients give up after 5 to 15 seconds anyway."""
FORGET_AFTER_S: Final = 30 * 60.0
MAX_PAIRS: Final = 50_000


@dataclass(slots=True)
class _Pair:
    failures: int
    last_failure: float
    next_turn: float


class LoginThrottle:
    """The failures of each pair; the caller brings the clock (any monotonic one, in seconds)."""

    def __init__(self) -> None:
        self._pairs: OrderedDict[tuple[str, str], _Pair] = OrderedDict()

    def take_turn(self, name: str, address: str, now: float) -> float | None:
        """Return how many seconds this attempt has to wait, or None when it is refused."""
        pair = self._current((name, address), now)
        penalty_s = 0.0 if pair is None else _penalty_s(pair.failures)
        if pair is None or not penalty_s:
            return 0.0
        turn = max(now, pair.next_turn)
        if turn - now > LONGEST_WAIT_S:
            return None
        pair.next_turn = turn + penalty_s
        return turn - now

    def failed(self, name: str, address: str, now: float) -> None:
        """The attempt was wrong: the next one of this pair waits longer."""
        key = (name, address)
        pair = self._current(key, now)
        failures = 1 if pair is None else pair.failures + 1
        next_turn = now if pair is None else max(pair.next_turn, now)
        self._pairs[key] = _Pair(failures, now, max(next_turn, now + _penalty_s(failures)))
        self._pairs.move_to_end(key)
        while len(self._pairs) > MAX_PAIRS:
            self._pairs.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """The attempt was right: the pair starts over."""
        self._pairs.pop((name, address), None)

    def _current(self, key: tuple[str, str], now: float) -> _Pair | None:
        pair = self._pairs.get(key)
        if pair is not None and now - pair.last_failure > FORGET_AFTER_S:
            del self._pairs[key]
            return None
        return pair


def _penalty_s(failures: int) -> float:
    if failures < FREE_FAILURES:
        return 0.0
    # min() on the exponent too: a long series must not overflow a float.
    exponent = min(failures - FREE_FAILURES, 10)
    return min(FIRST_PENALTY_S * float(2**exponent), LONGEST_PENALTY_S)
