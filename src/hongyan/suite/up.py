"""All roles in one process."""

from collections.abc import Callable, Sequence
from pathlib import Path

from hongyan.config import Config
from hongyan.demo import DemoUser, prepare_demo
from hongyan.roles.db_proxy.server import DbProxyServer
from hongyan.suite.process import ALL_ROLES, Addresses, SuiteProcess, run_process


def run_up(
    config: Config,
    ready_files: Sequence[Path],
    *,
    demo: bool,
    announce: Callable[[Addresses, Sequence[DemoUser]], None],
) -> None:
    """Run the suite until it is told to stop.

    Args:
        config: everything.
        ready_files: written when every role accepts connections.
        demo: fill an empty database first, and print who can log in.
        announce: called, when everybody is let in, with the addresses and who can log in to the demo.

    Raises:
        HongyanError: something could not be started.
    """
    people: list[DemoUser] = []

    async def prepare(db_proxy: DbProxyServer) -> None:
        if demo and db_proxy.database is not None:
            people.extend(await prepare_demo(db_proxy.database))

    async def ready(addresses: Addresses) -> None:
        announce(addresses, people)

    run_process(lambda: SuiteProcess(config, ALL_ROLES, prepare), ready_files, ready)
