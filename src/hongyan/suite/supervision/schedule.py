"""When a process that ended is started again."""

from typing import Final

FIRST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 30.0
HEALTHY_AFTER_S: Final = 60.0
"""A process that ran for so long is well again: its next end is treated like the first."""


class RestartSchedule:
    """Delays of 1, 2, 4, 8, 16, 30 and again 30 seconds; a time of health starts over."""

    def __init__(self) -> None:
        self._next_s = FIRST_DELAY_S

    def delay_s(self, ran_for_s: float) -> float:
        """Return how long to wait after a process that ran for ``ran_for_s`` has ended."""
        delay_s = FIRST_DELAY_S if ran_for_s >= HEALTHY_AFTER_S else self._next_s
        self._next_s = min(delay_s * 2, LONGEST_DELAY_S)
        return delay_s
