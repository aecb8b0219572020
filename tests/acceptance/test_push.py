"""Phones are pushed: from a login with a token to what a stand-in for APNs receives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from push.stand_in import apns_error

from .client import IOS
from .people import People
from .phones import HI, apns_table, phone_of
from .suite import Suite, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from push.stand_in import StandIn


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, stand_in: StandIn) -> Iterator[Suite]:
    with running(Suite(tmp_path_factory.mktemp("suite"), apns_table(stand_in))) as suite:
        yield suite
        assert not suite.server.tracebacks(), "the suite logged an exception"


@pytest.fixture
async def people(suite: Suite, stand_in: StandIn) -> AsyncIterator[People]:
    stand_in.reset()
    people = People(suite)
    yield people
    await people.close()


async def test_a_phone_that_is_away_is_pushed_with_text_and_badge(people: People, stand_in: StandIn) -> None:
    user, token = await people.user(), "01" * 32
    phone = await phone_of(people, user, token)
    await phone.close()
    anna = await people.online()
    for badge in (1, 2):
        await anna.say(user.user_id, HI)
        push = await stand_in.take()
        assert push.path == f"/3/device/{token}"
        assert push.json["aps"]["badge"] == badge
        assert push.json["aps"]["alert"]["body"].endswith(":hello")
        assert f'"from_id": {anna.user_id}' in push.json["custom"]


async def test_somebody_at_a_pc_is_pushed_silently(people: People, stand_in: StandIn) -> None:
    user = await people.user()
    phone = await phone_of(people, user, "02" * 32)
    await people.online(user)
    await phone.arrived("IMPCLoginStatusNotify")
    await phone.close()
    anna = await people.online()
    await anna.say(user.user_id, HI)
    assert (await stand_in.take()).json["aps"] == {"badge": 1}


async def test_a_phone_that_logged_out_is_not_pushed_and_a_new_phone_takes_over(
    people: People, stand_in: StandIn
) -> None:
    gone, moved = await people.user(), await people.user()
    phone = await phone_of(people, gone, "03" * 32)
    await phone.ask("IMLogoutReq")
    await phone_of(people, moved, "04" * 32)
    await phone_of(people, moved, "05" * 32)  # kicks the first
    anna = await people.online()
    await anna.say(gone.user_id, HI)
    await anna.say(moved.user_id, HI)
    assert (await stand_in.take()).path == f"/3/device/{'05' * 32}"
    assert stand_in.requests.empty()


async def test_a_group_is_pushed_once_each_but_not_to_the_sender_nor_who_muted_it(
    people: People, stand_in: StandIn
) -> None:
    awake, quiet, anna = await people.user(), await people.user(), await people.online(kind=IOS)
    await anna.ask("IMDeviceTokenReq", user_id=0, device_token="06" * 32)
    group = (await anna.create_group(anna.user_id, awake.user_id, quiet.user_id)).group_id
    await phone_of(people, awake, "07" * 32)
    muted = await phone_of(people, quiet, "08" * 32)
    await muted.ask("IMGroupShieldReq", user_id=0, group_id=group, shield_status=1)
    await anna.say_to_group(group, HI)
    push = await stand_in.take()
    assert push.path == f"/3/device/{'07' * 32}"
    assert f'"group_id": {group}' in push.json["custom"]
    # A later push is the proof that nothing else came of the first message.
    await anna.say(awake.user_id, HI)
    assert "group_id" not in (await stand_in.take()).json["custom"]
    assert stand_in.requests.empty()


async def test_a_token_that_apple_calls_dead_is_forgotten(people: People, stand_in: StandIn) -> None:
    user, token = await people.user(), "09" * 32
    await phone_of(people, user, token)
    anna = await people.online()
    stand_in.answers[token].append(apns_error(410, "Unregistered"))
    await anna.say(user.user_id, HI)
    await stand_in.take()
    other = await people.user()
    await phone_of(people, other, "10" * 32)
    async with asyncio.timeout(20):
        while True:  # until the token is gone, each message is pushed to it
            await anna.say(user.user_id, HI)
            await anna.say(other.user_id, HI)
            paths = {(await stand_in.take()).path}
            if paths == {f"/3/device/{'10' * 32}"}:
                break
    while not stand_in.requests.empty():
        stand_in.requests.get_nowait()
    await anna.say(user.user_id, HI)
    await anna.say(other.user_id, HI)
    assert (await stand_in.take()).path == f"/3/device/{'10' * 32}"
