"""On which core the threads run that share the interpreter.

Python lets one thread run at a time. The event loop and the journal's thread take turns, thousands of
times a second, and on two cores each turn drags the interpreter and the messages out of one core's
cache into the other's. That costs more than the second core gives, so the two share one core. Which
one is the scheduler's choice, made anew every few seconds, and at once when other programs crowd it:
threads that are tied to a core cannot make room. Threads of low priority, which make slow hashes
where nobody else does, stay off that core; all others, which read the database, run where there is room.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

STAY_S: Final = 5.0
LOOK_S: Final = 0.25
"""How often is looked whether others crowd the core."""
CHOOSE_S: Final = 0.03
"""How long the scheduler may move the threads before they stay where they are."""
CROWDED: Final = 0.1
"""The share of time that others may keep a thread from its core."""
_TASKS: Final = Path("/proc/self/task")
_CORE_FIELD: Final = 36
"""Field 39 of proc_pid_stat(5), counted from the one behind the name."""
_NS: Final = 1e-9


class Turns(NamedTuple):
    """How long threads that share a core ran and waited for it, in seconds, since they began.

    Attributes:
        waited: the event loop's thread, for the core.
        others_ran: the threads that it shares the core with.
    """

    waited: float
    others_ran: float

    def is_crowded(self, before: "Turns", seconds: float) -> bool:
        """Tell whether in the ``seconds`` since ``before`` it waited for more than those it shares with."""
        strangers = (self.waited - before.waited) - (self.others_ran - before.others_ran)
        return strangers > CROWDED * seconds


async def share_one_core(threads: Iterable[int]) -> None:
    """Keep these threads of the process on one core, for ever; does nothing where that is impossible.

    Args:
        threads: native ids; the event loop's is the first.
    """
    first, *others = threads
    allow: Callable[[int, set[int]], None] | None = getattr(os, "sched_setaffinity", None)
    cores = set(range(os.cpu_count() or 1)) if allow is None else os.sched_getaffinity(0)
    if allow is None or len(cores) == 1:
        return
    while True:
        # All of them: a thread that was started meanwhile has inherited its parent's one core.
        for thread in _threads():
            with suppress(ProcessLookupError):  # it ended a moment ago
                allow(thread, cores)
        await asyncio.sleep(CHOOSE_S)
        here = {_core_of(first)}
        for thread in _threads():
            with suppress(ProcessLookupError):
                if thread in (first, *others):
                    allow(thread, here)
                elif os.getpriority(os.PRIO_PROCESS, thread) > 0:
                    allow(thread, cores - here)
        await _stay(first, others)


async def _stay(first: int, others: list[int]) -> None:
    """Return after STAY_S, or when other programs crowd the core."""
    before = _turns(first, others)
    for _ in range(round(STAY_S / LOOK_S)):
        await asyncio.sleep(LOOK_S)
        now = _turns(first, others)
        if now.is_crowded(before, LOOK_S):
            return
        before = now


def _threads() -> list[int]:
    return [int(entry.name) for entry in _TASKS.iterdir()]


def _core_of(thread: int) -> int:
    fields = (_TASKS / str(thread) / "stat").read_text().rpartition(") ")[2].split()
    return int(fields[_CORE_FIELD])


def _turns(first: int, others: list[int]) -> Turns:
    return Turns(_ran_and_waited(first)[1], sum(_ran_and_waited(thread)[0] for thread in others))


def _ran_and_waited(thread: int) -> tuple[float, float]:
    """Return two figures of sched-stats.rst; zeros where the kernel does not count or the thread is gone."""
    try:
        ran, waited, _ = (_TASKS / str(thread) / "schedstat").read_text().split()
    except OSError:
        return 0.0, 0.0
    return int(ran) * _NS, int(waited) * _NS
