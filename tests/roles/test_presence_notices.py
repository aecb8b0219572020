"""Notices of presence: at once when little happens, in doses when much does."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest

from hongyan.roles.msg import presence
from hongyan.roles.msg.directory import SessionDirectory
from hongyan.roles.msg.presence import PresenceNotices
from hongyan.wire import commands
from hongyan.wire.frame import Frame, Framer, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import USER_STATUS_OFFLINE, USER_STATUS_ONLINE, UserStat, UserStatType
from hongyan.wire.pb.buddy_pb2 import IMUserStatNotify


class Watcher:
    """A client that notes what it is told and when."""

    def __init__(self, *, is_mobile: bool = False) -> None:
        self.is_mobile = is_mobile
        self.writes: list[list[tuple[int, int]]] = []

    def send(self, frame: Frame) -> None:
        stats = [told.decode(commands.STATUS_NOTIFY).user_stat for told in Framer().feed(frame.raw)]
        self.writes.append([(stat.user_id, stat.status) for stat in stats])


class Directory:
    def __init__(self, watchers: list[Watcher]) -> None:
        self.watchers = watchers

    def logged_in(self) -> Iterator[Watcher]:
        return iter(self.watchers)


def notices_to(watchers: list[Watcher]) -> PresenceNotices:
    return PresenceNotices(cast(SessionDirectory, Directory(watchers)), asyncio.get_running_loop())


def notice(user_id: int, status: UserStatType.ValueType = USER_STATUS_ONLINE) -> Frame:
    stat = UserStat(user_id=user_id, status=status)
    return OutboundFrame(commands.STATUS_NOTIFY, IMUserStatNotify(user_stat=stat))


async def told(watcher: Watcher, writes: int) -> list[list[tuple[int, int]]]:
    async with asyncio.timeout(20):
        while len(watcher.writes) < writes:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.001)
    return watcher.writes


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "EVERY_S", 0.05)
    monkeypatch.setattr(presence, "DOSE", 3)
    monkeypatch.setattr(presence, "CLIENTS_A_TURN", 2)


async def test_the_first_notice_leaves_at_once_and_the_next_ones_together() -> None:
    pc, phone = Watcher(), Watcher(is_mobile=True)
    notices = notices_to([pc, phone])
    notices.add(1, notice(1))
    assert await told(pc, 1) == [[(1, USER_STATUS_ONLINE)]]
    notices.add(2, notice(2))
    notices.add(2, notice(2, USER_STATUS_OFFLINE))
    both = [(2, USER_STATUS_ONLINE), (2, USER_STATUS_OFFLINE)]
    assert await told(pc, 2) == [[(1, USER_STATUS_ONLINE)], both]
    assert phone.writes == []


async def test_more_than_a_dose_is_only_the_latest_of_each_in_several_doses() -> None:
    pc = Watcher()
    notices = notices_to([pc])
    for user_id in (1, 2, 3, 4, 5, 1):
        notices.add(user_id, notice(user_id, USER_STATUS_OFFLINE if user_id == 1 else USER_STATUS_ONLINE))
    writes = await told(pc, 2)
    assert [user for write in writes for user, _ in write] == [2, 3, 4, 5, 1]
    assert [len(write) for write in writes] == [3, 2]


async def test_every_client_is_told_however_many_there_are() -> None:
    watchers: list[Any] = [Watcher() for _ in range(7)]
    notices_to(watchers).add(1, notice(1))
    for watcher in watchers:
        assert await told(watcher, 1) == [[(1, USER_STATUS_ONLINE)]]
