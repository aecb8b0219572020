"""One role in one process."""

from collections.abc import Callable
from pathlib import Path

from hongyan.config import Config
from hongyan.suite.process import SuiteProcess
from hongyan.suite.running import Addresses, run_process
from hongyan.wire.commands import Node


def run_serve(
    config: Config,
    role: str,
    ready_file: Path | None,
    *,
    announce: Callable[[Addresses], None],
    ends_with_input: bool = False,
) -> None:
    """Run one role until it is told to stop or, if so wanted, its standard input ends.

    Raises:
        HongyanError: it could not be started.
    """

    async def ready(addresses: Addresses) -> None:
        announce(addresses)

    roles = frozenset({Node[role.upper()]})
    run_process(
        lambda: SuiteProcess(config, roles),
        [ready_file] if ready_file else [],
        ready,
        ends_with_input=ends_with_input,
    )
