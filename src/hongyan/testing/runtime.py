"""The surroundings of a role under test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from hongyan.cluster.pdu import ClusterTrust
from hongyan.metrics import Metrics
from hongyan.reactor.reactor import Reactor
from hongyan.roles.runtime import Runtime
from hongyan.tasks import Tasks
from hongyan.testing.network import MemoryReactor

SECRET: Final = "the secret of a cluster under test"  # noqa: S105 - of tests
CLOSE_LIMIT_S: Final = 1.0


@asynccontextmanager
async def open_runtime(
    reactor: Reactor | None = None, trust: ClusterTrust | None = None
) -> AsyncIterator[Runtime]:
    """Make a runtime, in memory unless a reactor is given; close its connections and end its tasks after.

    The tasks live in a task of their own, so the two halves may run in different tasks, as those of
    pytest fixtures do.
    """
    if reactor is None:
        reactor = MemoryReactor(Metrics())
    reactor.start()
    tasks, stop = asyncio.get_running_loop().create_future(), asyncio.Event()
    group = asyncio.get_running_loop().create_task(_hold_tasks(reactor.metrics, tasks, stop))
    try:
        yield Runtime(reactor, await tasks, reactor.metrics, trust or ClusterTrust(SECRET))
    finally:
        stop.set()
        await group
        for connection in list(reactor.connections):
            connection.abort("test_ended")
        await reactor.close(CLOSE_LIMIT_S)


async def _hold_tasks(metrics: Metrics, ready: asyncio.Future[Tasks], stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group, metrics)
        ready.set_result(tasks)
        await stop.wait()
        tasks.cancel()
