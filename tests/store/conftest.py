"""Real databases of every engine, empty or with the recorded company."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from hongyan.store import Database, open_database
from transcripts.storage import fixture, load_fixture

from .writing import Writer, running, wipe

on_one_loop = pytest_asyncio.fixture(loop_scope="session")
"""A server's connections belong to an event loop, so these tests share one."""

ENGINES = ("sqlite", "mariadb", "postgresql")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run this folder's tests on the loop of their fixtures."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name; asking for it runs a test on each of them."""
    name: str = request.param
    return name


@pytest.fixture
def new_place(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes an empty database of the engine and returns its URL."""

    def make(name: str = "fresh") -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path / name}.db"
        url: str = request.getfixturevalue(engine).create(name)
        return url

    return make


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Callable[[str], Awaitable[Database]]]:
    """One open database of each engine for all tests that do not close theirs: opening one takes long."""
    opened: dict[str, Database] = {}

    async def open_once(engine: str) -> Database:
        if engine not in opened:
            # No power is cut in these tests, so they need not wait for the disk.
            opened[engine] = await open_database(place(engine), synchronous="OFF")
        return opened[engine]

    def place(engine: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('shared') / 'hongyan.db'}"
        url: str = request.getfixturevalue(engine).create("shared")
        return url

    yield open_once
    for database in opened.values():
        await database.close()


@on_one_loop
async def database(engine: str, shared: Callable[[str], Awaitable[Database]]) -> Database:
    """An open database without rows."""
    opened = await shared(engine)
    await opened.write(wipe)
    return opened


@on_one_loop
async def sqlite(shared: Callable[[str], Awaitable[Database]]) -> Database:
    """The same, of SQLite only."""
    opened = await shared("sqlite")
    await opened.write(wipe)
    return opened


@on_one_loop
async def writer(database: Database) -> AsyncIterator[Writer]:
    """A journal on an empty database."""
    async with running(database) as writer:
        yield writer


@on_one_loop
async def company(database: Database) -> AsyncIterator[Writer]:
    """A journal on the recorded fixture: users 1 to 6 and 10, groups 1 to 3."""
    await database.write(load_fixture, fixture())
    async with running(database) as writer:
        yield writer
