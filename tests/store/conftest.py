"""Real databases of every engine, empty or with the recorded company."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from hongyan.store import Database, open_database

from .replay import load_fixture
from .writing import Writer, running, wipe

DATA = Path(__file__).parent / "data"


ENGINES = ("sqlite", "mariadb", "postgresql")


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


@pytest.fixture(scope="session")
def places(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The URL of the database that an engine's tests share; its tables are made once."""
    made: dict[str, str] = {}

    def place(engine: str) -> str:
        if engine not in made:
            made[engine] = request.getfixturevalue(engine).create("shared")
        return made[engine]

    return place


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One open SQLite database for all tests that do not close theirs: opening it takes long."""
    path = tmp_path_factory.mktemp("shared") / "hongyan.db"
    # No power is cut in these tests, so they need not wait for the disk.
    database = asyncio.run(open_database(path, synchronous="OFF"))
    yield database
    asyncio.run(database.close())


@pytest.fixture
async def database(engine: str, places: Callable[[str], str], shared: Database) -> AsyncIterator[Database]:
    """An open database without rows."""
    # A server's connections belong to the event loop of one test.
    opened = shared if engine == "sqlite" else await open_database(places(engine), readers=4)
    await opened.write(wipe)
    yield opened
    if opened is not shared:
        await opened.close()


@pytest.fixture
async def sqlite(shared: Database) -> Database:
    """The same, of SQLite only."""
    await shared.write(wipe)
    return shared


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    """A journal on an empty database."""
    async with running(database) as writer:
        yield writer


@pytest.fixture
async def company(database: Database) -> AsyncIterator[Writer]:
    """A journal on the recorded fixture: users 1 to 6 and 10, groups 1 to 3."""
    fixture = json.loads((DATA / "fixture_a.json").read_text())
    await database.write(load_fixture, fixture)
    async with running(database) as writer:
        yield writer
