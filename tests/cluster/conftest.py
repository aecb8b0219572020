from collections.abc import Iterator

import pytest

from .etcd_server import EtcdServer


@pytest.fixture(scope="module")
def etcd_server() -> Iterator[EtcdServer]:
    """One etcd for a module whose tests leave it running; each test has a prefix of its own."""
    with EtcdServer() as server:
        yield server


@pytest.fixture
def own_etcd() -> Iterator[EtcdServer]:
    """An etcd that one test may kill."""
    with EtcdServer() as server:
        yield server
