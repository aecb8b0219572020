"""Who is looked at when, by a clock that the test moves."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hongyan.reactor.wheel import TimerWheel
from hongyan.testing.clock import EPOCH_S, FakeClockLoop

Play = Callable[[TimerWheel, FakeClockLoop], Awaitable[None]]


class Member:
    """Notes in which second it was looked at."""

    def __init__(self, again_in_s: float | None = None) -> None:
        self.wheel_slot: int | None = None
        self.looks: list[int] = []
        self._again_in_s = again_in_s

    def due(self, now: float) -> float | None:
        self.looks.append(int(now - EPOCH_S))
        again_in_s, self._again_in_s = self._again_in_s, None
        return again_in_s


def play(turning: Play) -> None:
    with asyncio.Runner(loop_factory=FakeClockLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, FakeClockLoop)

        async def run() -> None:
            wheel = TimerWheel(loop)
            wheel.start()
            await turning(wheel, loop)
            wheel.stop()

        runner.run(run())


def test_a_member_comes_when_it_wished_to_and_again() -> None:
    member = Member(again_in_s=2.0)

    async def turning(wheel: TimerWheel, loop: FakeClockLoop) -> None:
        wheel.watch(member, 3.0)
        await loop.advance(20)

    play(turning)
    assert member.looks == [3, 5]


@pytest.mark.parametrize(("first_s", "then_s", "looks"), [(9.0, 3.0, [3]), (3.0, 9.0, [9])])
def test_a_new_wish_replaces_the_old_one(first_s: float, then_s: float, looks: list[int]) -> None:
    member = Member()

    async def turning(wheel: TimerWheel, loop: FakeClockLoop) -> None:
        wheel.watch(member, first_s)
        wheel.watch(member, then_s)
        await loop.advance(20)

    play(turning)
    assert member.looks == looks


@pytest.mark.parametrize(("first_s", "then_s", "looks"), [(9.0, 3.0, [3]), (3.0, 9.0, [3])])
def test_or_the_earlier_of_both_stands(first_s: float, then_s: float, looks: list[int]) -> None:
    member = Member()

    async def turning(wheel: TimerWheel, loop: FakeClockLoop) -> None:
        wheel.watch_by(member, first_s)
        wheel.watch_by(member, then_s)
        await loop.advance(20)

    play(turning)
    assert member.looks == looks


def test_whoever_is_forgotten_never_comes() -> None:
    member = Member()

    async def turning(wheel: TimerWheel, loop: FakeClockLoop) -> None:
        wheel.watch_by(member, 3.0)
        wheel.forget(member)
        await loop.advance(20)

    play(turning)
    assert member.looks == []
