"""Logins of one user on two msg_servers at once: the later one stays, whichever kick comes first."""

import pytest

from hongyan.roles.msg import login
from hongyan.testing import RecordingClient
from hongyan.wire import commands
from hongyan.wire.pb.base_define_pb2 import CLIENT_TYPE_MAC, KICK_REASON_DUPLICATE_USER
from hongyan.wire.pb.server_pb2 import IMServerKickUser

from .neighbours import Place, open_place

ANNA = 1
SECOND_US = 1_000_000


class Clock:
    """Unix microseconds, as the test wants them."""

    def __init__(self) -> None:
        self.now_us = 1_800_000_000 * SECOND_US

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(login, "_now_us", clock)
    return clock


def kick(login_time_us: int | None) -> IMServerKickUser:
    return IMServerKickUser(
        user_id=ANNA,
        client_type=CLIENT_TYPE_MAC,
        reason=KICK_REASON_DUPLICATE_USER,
        login_time_us=login_time_us,
    )


async def is_put_out(place: Place, client: RecordingClient, message: IMServerKickUser) -> bool:
    place.route.send(commands.SERVER_KICK_USER, message)
    await place.settle()
    return commands.KICK_USER.id in [frame.command_id for frame in client.take()]


async def test_a_login_tells_the_others_when_it_was(clock: Clock) -> None:
    async with open_place("aa") as place:
        place.route.take()
        await place.log_in(ANNA)
        kicks = [frame for frame in place.route.take() if frame.command_id == commands.SERVER_KICK_USER.id]
        assert [frame.decode(commands.SERVER_KICK_USER).login_time_us for frame in kicks] == [clock.now_us]


async def test_a_kick_that_was_long_on_its_way_leaves_the_later_login_alone(clock: Clock) -> None:
    async with open_place("aa") as place:
        client = await place.log_in(ANNA)
        assert not await is_put_out(place, client, kick(clock.now_us - 1))
        assert await is_put_out(place, client, kick(clock.now_us + 1))


async def test_a_kick_without_a_time_is_an_originals_and_counts(clock: Clock) -> None:
    async with open_place("aa") as place:
        client = await place.log_in(ANNA)
        assert await is_put_out(place, client, kick(None))


async def test_a_server_whose_clock_is_behind_wins_all_the_same_after_a_moment(clock: Clock) -> None:
    async with open_place("aa") as place:
        client = await place.log_in(ANNA)
        logged_in_us = clock.now_us
        clock.now_us += login.JUST_LOGGED_IN_US
        assert await is_put_out(place, client, kick(logged_in_us - 10 * SECOND_US))
