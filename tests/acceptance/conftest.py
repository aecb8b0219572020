"""One suite for most modules, fresh people per test, and the server's log beside each failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from push.stand_in import StandIn

from .people import People, people_of
from .suite import RUNNING, Cluster, Suite, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def usual_suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The suite that modules without wishes share: to start one takes longer than most of their tests."""
    with running(Suite(tmp_path_factory.mktemp("suite"))) as suite:
        yield suite


@pytest.fixture(scope="module")
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The module's suite; a module that needs a configuration has it in CONFIG, and a suite of its own."""
    config: str | None = getattr(request.module, "CONFIG", None)
    if config is None:
        yield from _unharmed(request.getfixturevalue("usual_suite"))
        return
    with running(Suite(tmp_path_factory.mktemp("suite"), config)) as suite:
        yield from _unharmed(suite)


def _unharmed(suite: Suite) -> Iterator[Suite]:
    before = len(suite.server.tracebacks())
    yield suite
    assert suite.server.alive, "the suite died during the tests"
    assert not suite.server.tracebacks()[before:], "the suite logged an exception"


@pytest.fixture
def own_suite(tmp_path: Path) -> Iterator[Suite]:
    """A suite that one test may kill, stop and start."""
    with running(Suite(tmp_path)) as suite:
        yield suite


@pytest.fixture
async def people(suite: Suite) -> AsyncIterator[People]:
    people = People(suite)
    yield people
    await people.close()


@pytest.fixture
async def own_people(own_suite: Suite) -> AsyncIterator[People]:
    people = People(own_suite)
    yield people
    await people.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Every role in a process of its own, two msg_servers."""
    with running(Cluster(tmp_path_factory.mktemp("cluster"))) as cluster:
        yield cluster


@pytest.fixture
async def cluster_people(cluster: Cluster) -> AsyncIterator[People]:
    async with people_of(cluster) as people:
        yield people


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """What push_server takes for Apple's service."""
    stand_in = StandIn(tmp_path_factory.mktemp("apns"))
    yield stand_in
    stand_in.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [(f"log of {server.name}", server.log_tail()) for server in RUNNING]
    return report
