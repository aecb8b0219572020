"""Runs a plan: starts the workers, gives them the word together, collects what they report."""

import multiprocessing
import secrets
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

from hongyan.bench.echo import echo_server
from hongyan.bench.plan import Plan, Share
from hongyan.bench.report import Report, merge
from hongyan.bench.tally import Counts, WorkerResult
from hongyan.bench.worker import Failed, Progress, Ready, work
from hongyan.errors import BackendError

Listener = Callable[[str, Counts], None]
"""Called with the phase and what was done so far; several times a second."""


def run(plan: Plan, on_progress: Listener = lambda _phase, _counts: None) -> Report:
    """Carry out ``plan`` and return what came of it.

    Raises:
        ConfigError: the plan cannot be run.
        BackendError: a login failed, or a worker died.
    """
    plan.check()
    plan = replace(plan, run=secrets.token_hex(3)[:5])
    server = echo_server() if plan.scenario == "echo" else nullcontext(plan.login_url)
    with server as url, _Workers(replace(plan, login_url=url), on_progress) as workers:
        connections = workers.prepare()
        return merge(plan, connections, workers.measure())


class _Workers:
    """The worker processes of one run; they end with it, whatever happens."""

    def __init__(self, plan: Plan, on_progress: Listener) -> None:
        self._on_progress = on_progress
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        self._counts: dict[Connection, Counts] = {}
        self._phase = "logging in"
        self._stack = ExitStack()
        count = plan.process_count()
        for index in range(count):
            self._start(plan, Share(index, count))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def prepare(self) -> int:
        """Wait until every worker has its connections; return how many there are."""
        self._on_progress(self._phase, Counts())
        return sum(message.connections for message in self._collect(Ready))

    def measure(self) -> list[WorkerResult]:
        """Give the word and wait for the results."""
        for pipe in self._pipes:
            pipe.send("go")
        return self._collect(WorkerResult)

    def _start(self, plan: Plan, share: Share) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, plan, share), daemon=True, name="bench worker")
        process.start()
        theirs.close()  # the worker has its own copy; with ours closed, its death is an end of file
        self._stack.callback(_end, process)
        self._stack.callback(ours.close)
        self._pipes.append(ours)
        self._processes.append(process)

    def _collect(self, kind: type[Any]) -> list[Any]:
        """Read what the workers say until each has said something of ``kind``."""
        collected, waiting = [], set(self._pipes)
        while waiting:
            for pipe in wait(list(waiting)):
                assert isinstance(pipe, Connection)  # noqa: S101 - only these are waited for
                message = self._receive(pipe)
                if isinstance(message, kind):
                    collected.append(message)
                    waiting.discard(pipe)
        return collected

    def _receive(self, pipe: Connection) -> object:
        try:
            message: object = pipe.recv()
        except EOFError as error:
            raise BackendError("bench: a worker process died; its last words are above") from error
        if isinstance(message, Failed):
            raise BackendError(f"bench: {message.reason}")
        if isinstance(message, Progress):
            self._counts[pipe] = message.counts
            self._tell(message.phase)
        return message

    def _tell(self, phase: str) -> None:
        total = Counts()
        for counts in self._counts.values():
            total = total.plus(counts)
        self._on_progress(phase, total)


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join()
    process.close()
