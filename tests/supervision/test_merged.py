"""What the supervisor tells of its processes, while they come."""

import asyncio
from types import SimpleNamespace
from typing import cast

from hongyan.metrics import Metrics
from hongyan.suite.supervision.child import Child
from hongyan.suite.supervision.merged import MergedReporter
from hongyan.suite.supervision.plan import Member
from hongyan.wire.commands import Node


def silent(name: str) -> Child:
    """A process that runs, but nobody listens at its address."""
    about = {"pid": 1, "started": 0.0, "restarts": 0, "addresses": {"metrics": ("127.0.0.1", 1)}}
    return cast("Child", SimpleNamespace(name=name, **about))


async def test_a_process_that_comes_while_the_others_are_asked_is_told_of_next_time():
    children = {Member(Node.ROUTE): silent("route")}
    reporter = MergedReporter(children, Metrics())
    asked = asyncio.gather(reporter.report(), reporter.metrics())
    await asyncio.sleep(0)
    children[Member(Node.MSG)] = silent("msg")
    report, _ = await asked
    assert [process["name"] for process in report["processes"]] == ["route"]
    assert [process["name"] for process in (await reporter.report())["processes"]] == ["route", "msg"]
    await reporter.close()
