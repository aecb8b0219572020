"""On which core the threads run that share the interpreter.

Python lets one thread run at a time. The event loop and the journal's thread take turns, thousands of
times a second, and on two cores each turn drags the interpreter and the messages out of one core's
cache into the other's. That costs more than the second core gives, so the two share one core. Which
one is the scheduler's choice, made anew every few seconds; all other threads run on the other cores, so
that what takes long, the slow hash of a password above all, does not stand in the way of the two.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

STAY_S: Final = 5.0
CHOOSE_S: Final = 0.03
"""How long the scheduler may move the threads before they stay where they are."""
_TASKS: Final = Path("/proc/self/task")
_CORE_FIELD: Final = 36
"""Field 39 of proc_pid_stat(5), counted from the one behind the name."""


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
                allow(thread, here if thread in (first, *others) else cores - here)
        await asyncio.sleep(STAY_S)


def _threads() -> list[int]:
    return [int(entry.name) for entry in _TASKS.iterdir()]


def _core_of(thread: int) -> int:
    fields = (_TASKS / str(thread) / "stat").read_text().rpartition(") ")[2].split()
    return int(fields[_CORE_FIELD])
