"""All roles, in one process or each in its own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hongyan.config import Config
from hongyan.demo import DemoUser, prepare_demo
from hongyan.roles.db_proxy.server import DbProxyServer
from hongyan.store import open_database
from hongyan.suite.process import ALL_ROLES, SuiteProcess
from hongyan.suite.running import Addresses, run_process
from hongyan.suite.supervision.supervisor import Supervisor
from hongyan.wire.commands import Node

Announce = Callable[[Addresses, Sequence[DemoUser]], None]


def run_up(config: Config, ready_files: Sequence[Path], *, demo: bool, announce: Announce) -> None:
    """Run the suite in this process until it is told to stop.

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


def run_processes(
    config: Config,
    data_dir: Path,
    ready_files: Sequence[Path],
    *,
    counts: Mapping[Node, int],
    options: Sequence[str],
    demo: bool,
    announce: Announce,
) -> None:
    """Run each role in its own process, and keep them running until this one is told to stop.

    Args:
        config: everything.
        data_dir: the data folder.
        ready_files: written when every role accepts connections.
        counts: how many servers there are of a role, where that is not one.
        options: what each process gets on its command line.
        demo: fill an empty database first, and print who can log in.
        announce: called, when everybody is let in, with the addresses and who can log in to the demo.

    Raises:
        HongyanError: something could not be started.
    """
    people = asyncio.run(_made_demo(config)) if demo else []

    async def ready(addresses: Addresses) -> None:
        announce(addresses, people)

    run_process(lambda: Supervisor(config, data_dir, counts, options), ready_files, ready)


async def _made_demo(config: Config) -> list[DemoUser]:
    config.db_proxy.data_folder.mkdir(parents=True, exist_ok=True)
    database = await open_database(config.db_proxy.database)
    try:
        return await prepare_demo(database)
    finally:
        await database.close()
