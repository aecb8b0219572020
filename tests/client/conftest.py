"""A fake suite, and clients that are quick to repeat and slow to give up, for the machine may be busy."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hongyan.client import Client, Options, Timing

from .fake_suite import PASSWORD, FakeSuite
from .real_suite import RealSuite

QUICK = Timing(
    heartbeat_s=0.1,
    dead_after_s=30.0,
    connect_s=30.0,
    login_s=30.0,
    request_s=30.0,
    ack_s=0.2,
    send_s=30.0,
    reconnect_first_s=0.02,
    reconnect_longest_s=0.1,
    gap_s=0.05,
)


@dataclass
class Fake:
    """The fake suite and how to log in to it."""

    suite: FakeSuite
    url: str

    def client(self, password: str = PASSWORD, **options: Any) -> Client:
        resume_after = options.pop("resume_after", {})
        options.setdefault("timing", QUICK)
        return Client(self.url, "alice", password, options=Options(**options), resume_after=resume_after)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSuite]:
    """The real suite, for the tests of a module."""
    suite = RealSuite(tmp_path_factory.mktemp("suite"))
    suite.add_users()
    suite.start()
    yield suite
    suite.stop()


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    suite = FakeSuite()
    async with suite.running() as url:
        yield Fake(suite, url)
