"""Finds processes that run and do nothing: who does not answer for too long is killed, and started again."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

import structlog

from hongyan.suite.supervision.child import Child

_log = structlog.get_logger("hongyan.supervisor")

PROBES: Final = 3
"""Questions in a row without an answer, so that one pause of the whole machine is not taken for a hang."""


class Watchdog:
    """Asks one process again and again.

    Args:
        child: the process.
        answers: asks it once, and waits so many seconds.
        limit_s: how long it may be silent.
    """

    def __init__(
        self, child: Child, answers: Callable[[Child, float], Awaitable[bool]], limit_s: float
    ) -> None:
        self._child = child
        self._answers = answers
        self._limit_s = limit_s
        self._silent = 0
        self._heard = monotonic()

    async def run(self) -> None:
        """Watch until cancelled; a process that is just starting is left alone."""
        turn_s = self._limit_s / PROBES
        while True:
            await asyncio.sleep(turn_s / 2)
            pid = self._child.pid
            if not pid or await self._answers(self._child, turn_s / 2) or pid != self._child.pid:
                self._begin_anew()
            else:
                self._is_silent(pid)

    def _is_silent(self, pid: int) -> None:
        self._silent += 1
        if self._silent == 1:
            _log.warning("a process does not answer", name=self._child.name, pid=pid)
        if self._silent >= PROBES and monotonic() - self._heard >= self._limit_s:
            self._child.kill("does not answer")
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._silent = 0
        self._heard = monotonic()
