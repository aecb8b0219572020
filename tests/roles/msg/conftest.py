"""msg_server alone, in memory and on a clock of its own; the test plays everybody else."""

from collections.abc import Callable, Mapping

from hongyan.testing import FakeClockLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], FakeClockLoop]]:
    return {"fake clock": FakeClockLoop}
