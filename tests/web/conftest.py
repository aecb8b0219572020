"""A suite for the tests of the web client, and its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from acceptance.people import People
from acceptance.suite import Suite
from web.administrator import PASSWORD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """One suite for all; each test has users of its own."""
    suite = Suite(tmp_path_factory.mktemp("suite"))
    try:
        suite.start()
        yield suite
        assert not suite.server.tracebacks(), suite.server.log_tail()
    finally:
        suite.stop()


@pytest.fixture(scope="session")
def console_suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """One suite with an administrator for all tests of the console."""
    suite = Suite(tmp_path_factory.mktemp("console"))
    try:
        suite.start()
        suite.admin("admin", "add", "root", "--password", PASSWORD)
        yield suite
        assert not suite.server.tracebacks(), suite.server.log_tail()
    finally:
        suite.stop()


@pytest.fixture
def url(suite: Suite) -> str:
    """The address that one opens."""
    return f"http://{suite.addresses['login_http']}/"


@pytest_asyncio.fixture(loop_scope="session")
async def people(suite: Suite) -> AsyncIterator[People]:
    """Stock clients for the other side."""
    people = People(suite)
    yield people
    await people.close()
