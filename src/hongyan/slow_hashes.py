"""Slow hashes of what clients send for a password; as a program, it makes them for another process.

It imports nothing of the suite, so that such a process is small and starts quickly.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first recommendation for argon2id: 19 MiB and two passes, some 30 ms of one core.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
LEAST: Final = 19
"""The lowest priority."""


def slow_hash(offered: str) -> str:
    """What is stored for what a client sends; takes some 30 ms."""
    return _HASHER.hash(_bytes(offered))


def fits(stored: str, offered: str) -> bool:
    """Whether what a client sends fits a slow hash; takes as long."""
    try:
        return _HASHER.verify(stored, _bytes(offered))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(offered: str) -> bytes:
    return offered.encode("utf-8", "surrogatepass")


WORK: Final[dict[str, Callable[..., Any]]] = {"slow_hash": slow_hash, "fits": fits}
"""What the program can be asked for: a line of JSON with the name and the arguments; so is the answer."""


def main() -> None:
    """Answer what is asked on standard input until that ends, which it does with whoever asks."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # sent to all of a group, and some hashes are still wanted
    _give_way()
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(WORK[name](*arguments)) + "\n")
        sys.stdout.flush()


def _give_way() -> None:
    """Take only what the cores have to spare; niceness alone was measured, and messages waited for it."""
    with suppress(OSError):  # a sandbox may forbid it
        os.nice(LEAST)
        if sys.platform == "linux":
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    main()
