"""One stand-in for the providers of a module."""

from collections.abc import Iterator

import pytest

from .stand_in import StandIn


@pytest.fixture(scope="module")
def running_stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path_factory.mktemp("providers"))
    yield stand_in
    stand_in.close()


@pytest.fixture
def stand_in(running_stand_in: StandIn) -> StandIn:
    running_stand_in.reset()
    return running_stand_in
