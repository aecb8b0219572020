"""One process of a supervised suite: starts it, passes on what it writes, starts it again, stops it."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from time import monotonic, time
from typing import Final

import structlog

from hongyan.errors import BackendError
from hongyan.logs import Relay
from hongyan.metrics import Metrics
from hongyan.suite.supervision.schedule import RestartSchedule
from hongyan.tasks import Tasks

_log = structlog.get_logger("hongyan.supervisor")

READY_LIMIT_S: Final = 60.0
KILL_LIMIT_S: Final = 5.0
"""How long the system may take to end a process that was killed."""
CHUNK_BYTES: Final = 65536
MAX_LINE_BYTES: Final = 1024 * 1024
"""A longer line of a log is cut into several."""
SETTINGS: Final = "HONGYAN_"
"""Settings in the environment are in the files of the processes already; there they would win again."""


class Child:
    """A process that is kept running. It inherits ``lock``; its standard input ends with this process.

    Args:
        name: what it is called.
        command: writes its files and returns its command line; called before every start.
        lock: a descriptor that it inherits.
        relay: takes what it writes.
        tasks: run what is done beside it.
        metrics: counts.
        schedule: when it is started again.

    Attributes:
        addresses: where it listens, since it was first ready.
        restarts: how often it was started again.
        started: when, in seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[], Sequence[str]],
        lock: int,
        relay: Relay,
        tasks: Tasks,
        metrics: Metrics,
        schedule: RestartSchedule | None = None,
    ) -> None:
        self.name = name
        self._command = command
        self._lock = lock
        self._relay = relay
        self._tasks = tasks
        self._metrics = metrics
        self._schedule = schedule or RestartSchedule()
        self._process: Process | None = None
        self._is_ready = False
        self._begun = 0.0
        self._spawning = asyncio.Lock()
        self._stopping = asyncio.Event()
        self.addresses: dict[str, tuple[str, int]] = {}
        self.restarts = 0
        self.started = 0.0

    @property
    def pid(self) -> int:
        """The id of the process; 0 while there is none, or none that is ready."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running and self._is_ready else 0

    async def start(self) -> None:
        """Start the process and return when it is ready.

        Raises:
            BackendError: it ended before that, or is not to be started any more.
        """
        process = await self._spawn()
        self._tasks.start(f"log of {self.name}", self._pass_on(process))
        assert process.stdout is not None  # noqa: S101 - it was asked for
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                told = await process.stdout.readline()
        except TimeoutError:
            told = b""
            await self._kill(process, "not ready in time")
        if not told:
            raise BackendError(f"{self.name} {_ended(await process.wait())} while it started; see its log")
        self.addresses = {name: (host, port) for name, (host, port) in json.loads(told).items()}
        self._is_ready = True
        self.started = time()
        _log.info("a process is ready", name=self.name, pid=process.pid)

    async def keep(self) -> None:
        """Start the process again whenever it ends, until it is stopped."""
        while True:
            assert self._process is not None  # noqa: S101 - it was started
            code = await self._process.wait()
            self._is_ready = False
            if self._stopping.is_set():
                return
            delay_s = self._schedule.delay_s(monotonic() - self._begun)
            _log.error(
                "a process ended; it will be started again", name=self.name, how=_ended(code), in_s=delay_s
            )
            if await self._is_stopped_within(delay_s):
                return
            self.restarts += 1
            self._metrics.count("processes_restarted", self.name)
            try:
                await self.start()
            except BackendError as error:
                if not self._stopping.is_set():
                    _log.error("a process cannot be started", error=str(error))

    async def stop(self, limit_s: float) -> None:
        """Have the process end, and kill it when it does not in time. Safe to call twice."""
        self._stopping.set()
        async with self._spawning:
            process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(limit_s):
                await process.wait()
        except TimeoutError:
            await self._kill(process, "did not stop in time")

    def kill(self, reason: str) -> None:
        """End the process at once, which ``keep`` will notice; nothing happens when there is none."""
        if self._process is not None and self._process.returncode is None:
            self._send_kill(self._process, reason)

    async def _spawn(self) -> Process:
        async with self._spawning:
            if self._stopping.is_set():
                raise BackendError(f"{self.name} is not started: the suite stops")
            self._begun = monotonic()
            # A session of its own: Ctrl-C in a terminal is for the supervisor, which knows the order.
            self._process = process = await asyncio.create_subprocess_exec(
                *self._command(),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=_environment(),
                pass_fds=(self._lock,),
                start_new_session=True,
                limit=MAX_LINE_BYTES,
            )
        return process

    async def _pass_on(self, process: Process) -> None:
        assert process.stderr is not None  # noqa: S101 - it was asked for
        async for line in _lines(process.stderr):
            self._relay.write(self.name, line)

    async def _is_stopped_within(self, delay_s: float) -> bool:
        try:
            async with asyncio.timeout(delay_s):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    async def _kill(self, process: Process, reason: str) -> None:
        self._send_kill(process, reason)
        async with asyncio.timeout(KILL_LIMIT_S):
            await process.wait()

    def _send_kill(self, process: Process, reason: str) -> None:
        _log.error("killing a process", name=self.name, pid=process.pid, reason=reason)
        self._metrics.count("processes_killed", f"{self.name}: {reason}")
        process.kill()


def serve_command(role: str, config_file: str, options: Sequence[str]) -> list[str]:
    """Return the command line of one role's process."""
    program = [sys.executable, "-m", "hongyan.cli.main"]
    return [*program, "serve", role, "--config", config_file, "--supervised", *options]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}


def _ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Yield whole lines, until the stream ends; one that is too long comes in pieces."""
    rest = b""
    while chunk := await stream.read(CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
        if len(rest) > MAX_LINE_BYTES:
            yield rest.decode(errors="replace")
            rest = b""
    if rest:
        yield rest.decode(errors="replace")
