"""Links in memory, on a clock of their own."""

from collections.abc import Callable, Mapping

from hongyan.testing import FakeClockLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], FakeClockLoop]]:
    return {"fake clock": FakeClockLoop}
