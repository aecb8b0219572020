"""Real SQLite databases, empty or with the recorded company."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hongyan.store import Database, open_database

from .replay import load_fixture
from .writing import Writer, running, wipe

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One open database for all tests that do not close theirs: opening costs a tenth of a second."""
    path = tmp_path_factory.mktemp("shared") / "hongyan.db"
    # No power is cut in these tests, so they need not wait for the disk.
    database = asyncio.run(open_database(path, synchronous="OFF"))
    yield database
    asyncio.run(database.close())


@pytest.fixture
async def database(shared: Database) -> Database:
    """An open database without rows."""
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
