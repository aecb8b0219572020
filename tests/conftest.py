"""What tests of several folders share, such as servers for a whole session, started when first asked for."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from servers.databases import MariaDb, PostgreSql, Redis

pytest_plugins = ["browsing"]
# How long an example takes says more about what else the machine does than about us.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A MariaDB server for tests that neither stop it nor mind each other's databases."""
    with MariaDb() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSql]:
    """The same of PostgreSQL."""
    with PostgreSql() as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """The same of Redis; each test wipes it first."""
    with Redis() as server:
        yield server
