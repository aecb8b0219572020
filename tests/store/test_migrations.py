"""The schema: made once, left alone afterwards, and never touched by older code."""

import asyncio
import logging
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, create_mock_engine, inspect, text
from sqlalchemy.schema import CreateTable

from hongyan.errors import BackendError, ConfigError
from hongyan.store import migrations, open_database
from hongyan.store.migrations import current_revision
from hongyan.store.schema import TEAMTALK_TABLES
from hongyan.store.teamtalk import USER, metadata


def shape(tables: MetaData) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, table in tables.tables.items():
        columns = {
            column.name: (str(column.type), column.nullable, column.primary_key) for column in table.columns
        }
        found[name] = (columns, sorted(str(index.name) for index in table.indexes))
    return found


def reflected(connection: Connection) -> dict[str, object]:
    tables = MetaData()
    tables.reflect(connection)
    tables.remove(tables.tables["HyVersion"])
    return shape(tables)


async def test_the_migrations_make_what_the_schema_says(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "hongyan.db")
    made = await database.read(reflected)
    await database.close()
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        wanted = MetaData()
        wanted.reflect(connection)
    engine.dispose()
    assert made == shape(wanted)


async def test_opening_again_changes_nothing_and_needs_no_alembic(tmp_path: Path) -> None:
    path = tmp_path / "hongyan.db"
    await (await open_database(path)).close()
    before = path.read_bytes()
    script = (
        "import asyncio, sys, pathlib\n"
        "from hongyan.store import open_database\n"
        "async def main():\n"
        "    await (await open_database(pathlib.Path(sys.argv[1]))).close()\n"
        "asyncio.run(main())\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, path)
    assert await process.wait() == 0
    assert path.read_bytes() == before


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hongyan.db"
    database = await open_database(path)
    newer = text("UPDATE \"HyVersion\" SET version_num = '9999'")
    await database.write(lambda connection: connection.execute(newer) and None)
    await database.close()
    with pytest.raises(ConfigError, match="9999"):
        await open_database(path)


async def test_what_is_no_database_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("not a database, but long enough to be read as one " * 20)
    with pytest.raises(ConfigError, match=r"note\.txt"):
        await open_database(path)
    with pytest.raises(ConfigError, match="missing"):
        await open_database(tmp_path / "missing" / "hongyan.db")


async def test_an_existing_teamtalk_database_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "teamtalk.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for table in TEAMTALK_TABLES:
            connection.execute(CreateTable(table))
        row = {"name": "u1", "departId": 1, "created": 1, "updated": 1}
        connection.execute(USER.insert().values(row))
    engine.dispose()
    database = await open_database(path)
    assert await database.read(lambda c: c.execute(USER.select()).one().name) == "u1"
    indexes = await database.read(lambda c: inspect(c).get_indexes("IMUser"))
    assert "uq_hy_user_name" in {index["name"] for index in indexes}
    await database.close()


async def test_migrating_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await (await open_database(tmp_path / "hongyan.db")).close()
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("alembic")]


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_only_its_owner_may_read_the_database(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "hongyan.db")
    modes = modes_in(tmp_path)
    await database.close()
    assert modes == dict.fromkeys(("hongyan.db", "hongyan.db-wal", "hongyan.db-shm"), 0o600)


def test_the_known_revisions_are_the_scripts() -> None:
    folder = Path(migrations.__file__).parent
    config = Config(attributes={})
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(reversed([script.revision for script in scripts])) == migrations.REVISIONS


def ddl(url: str) -> str:
    """Everything that would be made on another engine."""
    made: list[str] = []
    engine = create_mock_engine(
        url, lambda statement, *_: made.append(str(statement.compile(dialect=engine.dialect)))
    )
    metadata.create_all(engine, checkfirst=False)
    return "\n".join(made)


@pytest.mark.parametrize("url", ["mysql://", "mariadb://"])
def test_mysql_gets_the_originals_types_and_indexes(url: str) -> None:
    made = ddl(url)
    assert "`relateId` INTEGER UNSIGNED NOT NULL" in made
    assert "TINYINT(1) UNSIGNED" in made
    assert "COLLATE utf8mb4_bin" in made
    assert "CREATE INDEX `idx_relateId_status_created` ON `IMMessage_3`" in made
    unique = [line for line in made.splitlines() if "UNIQUE" in line]
    assert unique, "our own tables have some"
    assert not any("`IM" in line for line in unique)
    assert "CREATE INDEX idx_name ON `IMGroup` (name(191))" in made


def test_postgresql_pays_for_one_index_per_message() -> None:
    made = ddl("postgresql://").splitlines()
    indexes = [line for line in made if line.startswith("CREATE") and '"IMMessage_0"' in line]
    assert [line.split()[:4] for line in indexes[1:]] == [["CREATE", "UNIQUE", "INDEX", "uq_hy_message_0"]]
    assert '\t"relateId" BIGINT NOT NULL, ' in made


async def test_a_closed_database_says_so(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "hongyan.db")
    await database.close()
    await database.close()
    for attempt in (database.read, database.write):
        with pytest.raises(BackendError, match="closed"):
            await attempt(current_revision)
