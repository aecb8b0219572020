"""Starts the processes of a suite in their order, keeps them running, and stops them in order."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog

from hongyan.config import LOOPBACK, Config
from hongyan.errors import BackendError
from hongyan.logs import Relay
from hongyan.metrics import Metrics
from hongyan.reactor.http import HttpServer
from hongyan.roles.login.reply import UNSPECIFIED, host_in_url
from hongyan.suite.inside_http import InsideHttp
from hongyan.suite.process import ORDER
from hongyan.suite.running import WhenReady, first_cause
from hongyan.suite.supervision.child import Child, serve_command
from hongyan.suite.supervision.folder import RuntimeFolder
from hongyan.suite.supervision.merged import MergedReporter
from hongyan.suite.supervision.plan import Addresses, Member, Plan, merged_addresses
from hongyan.suite.supervision.watchdog import Watchdog
from hongyan.tasks import Tasks
from hongyan.wire.commands import Node

_log = structlog.get_logger("hongyan.supervisor")

STOP_LIMITS_S: Final = {Node.MSG: 4.0, Node.MSFS: 1.0}
"""How long a process may take to stop; all stages together stay under 10 seconds."""
STOP_LIMIT_S: Final = 2.2


class Supervisor:
    """Runs every role in its own process until it is told to stop.

    Args:
        config: everything.
        data_dir: the data folder, for the files of the processes.
        counts: how many servers there are of a role, where that is not one.
        options: what every process gets on its command line.

    Raises:
        ConfigError: so many cannot be.
    """

    def __init__(
        self, config: Config, data_dir: Path, counts: Mapping[Node, int], options: Sequence[str]
    ) -> None:
        self._config = config
        self._options = options
        self._plan = Plan(config, counts)
        self._folder = RuntimeFolder(data_dir)
        self._metrics = Metrics()
        self._relay = Relay()
        self._children: dict[Member, Child] = {}
        self._stop = asyncio.Event()
        self._watch = ""
        self._reporter = MergedReporter(self._children, self._metrics)

    def stop(self) -> None:
        """Ask for an orderly end; safe to call twice, also from a signal handler."""
        self._stop.set()

    async def run(self, when_ready: WhenReady) -> None:
        """Start everything, call ``when_ready`` with the addresses, run until stopped.

        Raises:
            HongyanError: a process could not be started.
        """
        try:
            async with self._folder, asyncio.TaskGroup() as group:
                tasks = Tasks(group, self._metrics)
                try:
                    tasks.start("starting", self._start(tasks, when_ready))
                    await self._stop.wait()
                finally:
                    await self._stop_all()
                    tasks.cancel()
        except BaseExceptionGroup as failures:
            raise first_cause(failures) from failures
        finally:
            await self._reporter.close()

    # Starting.

    async def _start(self, tasks: Tasks, when_ready: WhenReady) -> None:
        metrics = await self._start_metrics(tasks)
        try:
            for stage in self._plan.starting():
                fresh = {member: self._child(member, tasks) for member in stage}
                self._children |= fresh
                await asyncio.gather(*(child.start() for child in fresh.values()))
                for child in fresh.values():
                    tasks.start(f"keeping {child.name}", child.keep())
                    self._watch_over(child, tasks)
        except BackendError:
            if self._stop.is_set():
                return
            raise
        await when_ready({**_in_order(merged_addresses(self._known())), "metrics": metrics})

    async def _start_metrics(self, tasks: Tasks) -> tuple[str, int]:
        where = self._config.metrics
        server = HttpServer(InsideHttp(self._reporter.metrics, self._reporter.report), where.host, where.port)
        tasks.start("metrics http", server.run())
        await server.wait_ready()
        host, port = server.address
        self._watch = f"{host_in_url(LOOPBACK[0] if host in UNSPECIFIED else host)}:{port}"
        return server.address

    def _watch_over(self, child: Child, tasks: Tasks) -> None:
        limit_s = self._config.supervisor.hung_after_s
        if limit_s:
            tasks.start(f"watching {child.name}", Watchdog(child, self._reporter.answers, limit_s).run())

    def _child(self, member: Member, tasks: Tasks) -> Child:
        return Child(
            member.name, self._command_of(member), self._folder.lock, self._relay, tasks, self._metrics
        )

    def _command_of(self, member: Member) -> Callable[[], list[str]]:
        def command() -> list[str]:
            file = self._folder.write(
                f"{member.name}.toml", self._plan.toml(member, self._known(), self._watch)
            )
            return serve_command(member.role.name.lower(), str(file), self._options)

        return command

    def _known(self) -> dict[Member, Addresses]:
        return {member: child.addresses for member, child in self._children.items() if child.addresses}

    # Stopping.

    async def _stop_all(self) -> None:
        _log.info("stopping")
        for stage in self._plan.stopping():
            children = [self._children[member] for member in stage if member in self._children]
            limit_s = max(STOP_LIMITS_S.get(member.role, STOP_LIMIT_S) for member in stage)
            await asyncio.gather(*(child.stop(limit_s) for child in children))
        _log.info("stopped")


def _in_order(addresses: Addresses) -> dict[str, tuple[str, int]]:
    """Sort addresses as they are listed: what clients need comes first, a second server behind the first."""
    names = sorted(addresses, key=lambda name: (ORDER.index(name.rstrip("0123456789")), name))
    return {name: addresses[name] for name in names}
