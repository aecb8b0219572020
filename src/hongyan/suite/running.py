"""Runs a process from its first signal handler to its last: the loop, the ready files, the orderly end."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import structlog
import uvloop

from hongyan import compiled
from hongyan.errors import HongyanError
from hongyan.suite.files import write_ready_file

_log = structlog.get_logger("hongyan.suite")

SWITCH_INTERVAL_S: Final = 0.0002
"""How long a thread may keep the interpreter when another wants it. The journal's thread takes it
for microseconds between long calls into SQLite; with Python's 5 ms each of these would cost 5 ms."""

Addresses = Mapping[str, tuple[str, int]]
"""Host and port by the names in the ready file."""
WhenReady = Callable[[Addresses], Awaitable[None]]


class Stoppable(Protocol):
    """What runs until it is told to stop."""

    def stop(self) -> None:
        """Ask for an orderly end."""

    async def run(self, when_ready: WhenReady) -> None:
        """Start, call ``when_ready`` with the addresses, run."""


def run_process(
    process_of: Callable[[], Stoppable],
    ready_files: Sequence[Path],
    when_ready: WhenReady,
    *,
    ends_with_input: bool = False,
) -> None:
    """Run a process on uvloop until SIGTERM, SIGINT or SIGHUP.

    Args:
        process_of: makes the process, inside the loop.
        ready_files: written when every role accepts connections, removed at the end.
        when_ready: called with the addresses after that.
        ends_with_input: stop, too, when standard input ends.

    Raises:
        HongyanError: something could not be started.
    """

    async def main() -> None:
        process = process_of()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                loop.add_signal_handler(number, process.stop)
        if ends_with_input:
            loop.add_reader(sys.stdin.fileno(), _stop_at_the_end_of_input, loop, process)

        async def ready(addresses: Addresses) -> None:
            for ready_file in ready_files:
                write_ready_file(ready_file, addresses)
            await when_ready(addresses)

        await process.run(ready)

    _log.info("start", hot_path="compiled" if compiled.are_used() else "interpreted")
    _allow_many_sockets()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        uvloop.run(main())
    finally:
        for ready_file in ready_files:
            ready_file.unlink(missing_ok=True)


def _stop_at_the_end_of_input(loop: asyncio.AbstractEventLoop, process: Stoppable) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        process.stop()


def _allow_many_sockets() -> None:
    """Raise the limit of open files as far as the system lets us: every client is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def first_cause(failures: BaseExceptionGroup) -> BaseException:
    """Find what the operator should read: one of our errors, or else the first bug."""
    leaves: list[BaseException] = []
    pending: list[BaseException] = [failures]
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseExceptionGroup):
            pending += error.exceptions
        else:
            leaves.append(error)
    return next((leaf for leaf in leaves if isinstance(leaf, HongyanError)), leaves[0])
