"""A process of its own for slow hashes, with what the cores have to spare.

A thread of low priority delays everybody else: it stands still with the interpreter's lock, or with the
kernel's on the memory of the process, while others have its core. With the priority of the others it
takes their core. A process shares no lock, and one that the scheduler counts as idle takes nothing.

Where nothing is spared a login must not wait for ever: the hash is made by a thread of low priority after
all. Whoever waits for a hash does not have that priority, since it holds the interpreter's lock in between.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock, get_native_id
from typing import Any, Final

import structlog

from hongyan import slow_hashes

_log = structlog.get_logger("hongyan.store")

PATIENCE_S: Final = 0.3
"""How long an answer may take: 30 ms on an idle core, and the process starts in 100."""
_COMMAND: Final = (sys.executable, "-P", "-m", "hongyan.slow_hashes")
_TRIES: Final = 2
NICENESS: Final = 10
"""Of the thread: where all cores are busy it gets a tenth of one."""


class HashProcess:
    """Makes slow hashes, one after another; the process starts with the first and again when it dies.

    Every method waits, for some 30 ms and its turn: to be called in threads, and in any of them.
    """

    def __init__(self) -> None:
        self._turn = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread = ThreadPoolExecutor(1, "slow hashes", initializer=_let_others_go_first)
        self._is_late = False  # with an answer that nobody waits for any more
        # Threads are confined to some of them later, and a process inherits that.
        self._cores = _cores()

    @property
    def pid(self) -> int:
        """The id of the process; 0 while there is none."""
        return 0 if self._process is None else self._process.pid

    def fits(self, stored: str, offered: str) -> bool:
        """Whether what a client sends fits a slow hash."""
        return bool(self._ask("fits", stored, offered))

    def slow_hash(self, offered: str) -> str:
        """What is stored for what a client sends."""
        return str(self._ask("slow_hash", offered))

    def close(self) -> None:
        """End the process; nobody waits for what it is late with."""
        self._thread.shutdown()
        with self._turn:
            self._end()

    def _ask(self, name: str, *arguments: str) -> Any:
        with self._turn:
            answer = self._try(json.dumps((name, *arguments)))
        if answer is None:
            return self._thread.submit(slow_hashes.WORK[name], *arguments).result()
        return json.loads(answer)

    def _try(self, question: str) -> str | None:
        for _ in range(_TRIES):
            try:
                return self._answer(question)
            except (OSError, EOFError) as error:
                _log.warning("the process for slow hashes is lost", error=str(error))
                self._end()
        return None

    def _answer(self, question: str) -> str | None:
        """Return the answer, or None when it does not come in time."""
        process = self._process = self._process or self._started()
        if self._is_late and _line(process, 0.0) is None:
            return None
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.write(question + "\n")
        process.stdin.flush()
        answer = _line(process, PATIENCE_S)
        self._is_late = answer is None
        return answer

    def _started(self) -> "subprocess.Popen[str]":
        with _allowed(self._cores):
            # Not our standard error: whoever reads that would wait for the end of this process, too.
            return subprocess.Popen(  # noqa: S603 - our own program
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="ascii",
            )

    def _end(self) -> None:
        process, self._process, self._is_late = self._process, None, False
        if process is not None:
            process.kill()  # on a busy machine it would take seconds to end by itself
            process.communicate()


def _let_others_go_first() -> None:
    """Lower the priority of this thread, where threads have one of their own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


@contextmanager
def _allowed(cores: set[int]) -> Iterator[None]:
    """Let this thread, and what it starts, run on these cores; none are given where systems know none."""
    before = _cores()
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        if cores:
            os.sched_setaffinity(0, before)


def _line(process: "subprocess.Popen[str]", limit_s: float) -> str | None:
    """Return a line that the process writes in time."""
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    poll = select.poll()  # select() fails beyond a thousand connections
    poll.register(process.stdout, select.POLLIN)
    if not poll.poll(limit_s * 1000):
        return None
    line = process.stdout.readline()
    if not line:
        raise EOFError("it ended")
    return line
