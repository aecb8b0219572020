"""One worker process: prepares its share, waits for the word, runs, waits for the rest, reports."""

import asyncio
import gc
import resource
import signal
from copy import copy
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import perf_counter, process_time
from typing import Final

import uvloop

from hongyan.bench.echo import Echo
from hongyan.bench.messages import Groups, Pairs
from hongyan.bench.plan import Plan, Share
from hongyan.bench.presence import Idle, Logins
from hongyan.bench.scenario import Scenario
from hongyan.bench.tally import Counts, WorkerResult
from hongyan.errors import HongyanError

SCENARIOS: Final[dict[str, type[Scenario]]] = {
    "login": Logins,
    "p2p": Pairs,
    "group": Groups,
    "idle": Idle,
    "echo": Echo,
}
REPORT_EVERY_S: Final = 0.1
SETTLE_LOOK_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has made its connections."""

    connections: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the worker is; ``phase`` is warm-up, measuring or settling."""

    phase: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker cannot go on."""

    reason: str


def work(pipe: Connection, plan: Plan, share: Share) -> None:
    """Run one worker; the entry point of its process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends us
    _allow_many_sockets()
    try:
        pipe.send(uvloop.run(_Worker(pipe, plan, share).run()))
    except EOFError:
        return  # the parent is gone
    except BaseExceptionGroup as group:
        errors, bugs = group.split(HongyanError)
        if errors is None or bugs is not None:
            raise
        pipe.send(Failed(str(_first(errors))))
    except HongyanError as error:
        pipe.send(Failed(str(error)))


class _Worker:
    def __init__(self, pipe: Connection, plan: Plan, share: Share) -> None:
        self._pipe = pipe
        self._plan = plan
        self._scenario = SCENARIOS[plan.scenario](plan, share)

    async def run(self) -> WorkerResult:
        """Carry the plan out."""
        scenario = self._scenario
        await scenario.prepare()
        self._pipe.send(Ready(len(scenario.clients)))
        await asyncio.to_thread(self._pipe.recv)
        # What exists now stays; collecting it over and over would only show up as latency.
        gc.collect()
        gc.freeze()
        gc.disable()
        async with asyncio.TaskGroup() as group:
            scenario.start(group)
            result = await self._measure()
        result.findings = scenario.audit()
        scenario.close()
        await scenario.directory.close()
        return result

    async def _measure(self) -> WorkerResult:
        plan, scenario = self._plan, self._scenario
        tally = scenario.tally
        # Nothing of what happens only once may be left out.
        await self._spend(0 if plan.stay else plan.warmup_s, "warm-up")
        tally.forget_latencies()
        before, started, cpu = copy(tally.counts), perf_counter(), process_time()
        await self._spend(plan.seconds, "measuring")
        seconds, cpu_s = perf_counter() - started, process_time() - cpu
        measured = tally.counts.minus(before)
        scenario.stop()
        await self._settle()
        return WorkerResult(
            measured=measured,
            total=tally.counts,
            seconds=seconds,
            cpu_s=cpu_s,
            delivery=tally.delivery.steps(),
            ack=tally.ack.steps(),
            heartbeat=tally.heartbeat.steps(),
            errors=tally.errors,
        )

    async def _spend(self, seconds: float, phase: str) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0 and not self._scenario.is_done():
            self._report(phase)
            await asyncio.sleep(min(left, REPORT_EVERY_S))

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._plan.grace_s
        self._report("settling")
        # Looked at, not told: an event would be one more thing to do per message.
        while not self._scenario.is_settled() and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(SETTLE_LOOK_S)

    def _report(self, phase: str) -> None:
        tally = self._scenario.tally
        tally.fold_latencies()
        self._pipe.send(Progress(phase, copy(tally.counts)))


def _allow_many_sockets() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
