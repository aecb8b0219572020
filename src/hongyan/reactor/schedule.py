"""When a lost server link is tried again (spec/wire.md 3.1)."""

from typing import Final

FIRST_WAIT_S: Final = 4
LONGEST_WAIT_S: Final = 64


class ReconnectSchedule:
    """Waits of 4, 8, 16, 32, 64, then 4 again; a successful connect starts over."""

    def __init__(self) -> None:
        self._wait_s = FIRST_WAIT_S // 2

    def succeeded(self) -> None:
        """The link is up."""
        self._wait_s = FIRST_WAIT_S // 2

    def next_wait_s(self) -> int:
        """The link was lost or could not be made: how long to wait now."""
        self._wait_s *= 2
        if self._wait_s > LONGEST_WAIT_S:
            self._wait_s = FIRST_WAIT_S
        return self._wait_s
