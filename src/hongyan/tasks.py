"""Background tasks that nobody can lose: named, in a TaskGroup, and heard when they fail."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from hongyan.metrics import Metrics

_log = structlog.get_logger("hongyan.tasks")


class Tasks:
    """The tasks of one role, inside a TaskGroup that the role's runner owns.

    ``start`` is for what the role cannot live without: its failure ends the group and so the role.
    ``attempt`` is for one request among many: its failure is a bug, logged and counted, and harms no other.
    """

    def __init__(self, group: asyncio.TaskGroup, metrics: Metrics) -> None:
        self._group = group
        self._metrics = metrics
        self._running: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run ``work`` until it ends; an error in it ends the role."""
        return self._keep(self._group.create_task(work, name=name))

    def attempt(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run ``work``; an error in it is logged and goes no further."""
        return self._keep(self._group.create_task(self._guard(name, work), name=name))

    def cancel(self) -> None:
        """Ask every task to end; the TaskGroup waits for them."""
        for task in list(self._running):
            task.cancel()

    def _keep(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _guard(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - the one place for requests: a bug must not end the role
            self._metrics.count("faults", name)
            _log.exception("a background task failed", task=name)
