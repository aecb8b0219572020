"""What one message costs as everything around it grows; flat curves are what is wanted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hongyan.bench.plan import Plan, Users
from hongyan.bench.run import run

from . import filling
from .suite import PASSWORD, Meter, Suite, add_users, folder, in_the_background, running

Point = dict[str, float]
CHATTING: Final = 200


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes:
        name: of its section and its picture.
        grows: what is on the axis below.
        cost: what is on the axis beside it.
        measure: takes the seconds of each run; returns the points.
    """

    name: str
    grows: str
    cost: str
    measure: Callable[[float], list[Point]]


def clients(seconds: float) -> list[Point]:
    """100 pairs chat while more and more others are connected."""
    counts = (100, 300, 1000, 3000, 10_000)
    points = []
    for count in counts:
        with folder() as data:
            add_users(data, "bench", CHATTING)
            if count > CHATTING:
                add_users(data, "online", count - CHATTING)
            with running(data) as target:
                points.append({"size": float(count), **_among(target, count, seconds)})
    return points


def _among(target: Suite, count: int, seconds: float) -> Point:
    base = Plan("p2p", target.login_url, Users("bench", CHATTING, PASSWORD), seconds=seconds, window=8)
    pairs = replace(base, pairs=min(CHATTING, count) // 2)
    silent = count - CHATTING
    if silent <= 0:
        return _cost(target, pairs)
    others = replace(base, scenario="idle", users=Users("online", silent, PASSWORD), connections=silent)
    with in_the_background(replace(others, seconds=seconds + 3, grace_s=1.0)):
        return _cost(target, pairs)


def stored(seconds: float) -> list[Point]:
    """One user writes to another, in conversations that were longer and longer before."""
    points = []
    with folder() as data:
        for size in (10, 100, 1000, 10_000, 100_000, 1_000_000):
            users = Users(f"{size}from", 2, PASSWORD)
            add_users(data, users.prefix, users.count)
            with filling.database(data) as connection:
                one, other = (filling.user_id(connection, users.name(number)) for number in range(2))
                filling.fill_conversation(connection, one, other, size)
            with running(data) as target:
                plan = Plan("p2p", target.login_url, users, seconds=seconds, window=256)
                points.append({"size": float(size), **_cost(target, plan)})
    return points


def groups(seconds: float) -> list[Point]:
    """One writes to a group that is larger and larger; the cost is that of a delivery."""
    points = []
    with folder() as data:
        add_users(data, "bench", 2000)
        with running(data) as target:
            for size in (5, 20, 50, 200, 500, 1000, 2000):
                users = Users("bench", 2000, PASSWORD)
                plan = Plan("group", target.login_url, users, seconds=seconds, members=size, window=8)
                points.append({"size": float(size), **_cost(target, plan)})
    return points


def _cost(target: Suite, plan: Plan) -> Point:
    meter = Meter(target)
    report = run(plan, meter)
    us_each = meter.cpu_s_per_1000(deliveries=True) * 1000
    return {"us_each": us_each, "per_s": report.delivered_per_s, "faults": float(not report.is_clean)}


CURVES = {
    "clients": Curve("clients", "connected clients", "CPU µs a message, 100 pairs writing", clients),
    "stored": Curve("stored", "messages stored in the conversation", "CPU µs a message", stored),
    "groups": Curve("groups", "members of the group", "CPU µs a delivery", groups),
}
