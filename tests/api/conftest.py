"""A running suite with users u1 to u9, and keys for its API."""

from collections.abc import AsyncIterator, Iterator

import pytest

from push.stand_in import StandIn

from .receiver import Receiver
from .running import ALL_SCOPES, Api, ApiSuite


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path_factory.mktemp("apns"))
    yield stand_in
    stand_in.close()


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory, stand_in: StandIn) -> Iterator[ApiSuite]:
    suite = ApiSuite(tmp_path_factory.mktemp("api"), {"push.apns": stand_in.settings()["apns"]})
    suite.start()
    yield suite
    suite.stop()


@pytest.fixture(scope="session")
def whole_key(suite: ApiSuite) -> str:
    return suite.key("everything", ALL_SCOPES)


@pytest.fixture
async def api(suite: ApiSuite, whole_key: str) -> AsyncIterator[Api]:
    async with suite.api(whole_key) as api:
        yield api


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
