"""Phones are pushed: from a login with a token to what a stand-in for APNs receives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from push.stand_in import apns_error

from .client import IOS, eventually
from .people import People
from .phones import HI, apns_table, kept_tokens, phone_of, push_to, pushes_until, token_of
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
        push = await push_to(token, stand_in)
        assert push.json["aps"]["badge"] == badge
        assert push.json["aps"]["alert"]["body"].endswith(":hello")
        assert f'"from_id": {anna.user_id}' in push.json["custom"]


async def test_somebody_at_a_pc_is_pushed_silently(people: People, stand_in: StandIn) -> None:
    user, token = await people.user(), "02" * 32
    phone = await phone_of(people, user, token)
    await people.online(user)
    await phone.arrived("IMPCLoginStatusNotify")
    await phone.close()
    anna = await people.online()
    await anna.say(user.user_id, HI)
    assert (await push_to(token, stand_in)).json["aps"] == {"badge": 1}


async def test_a_phone_that_logged_out_is_not_pushed_and_a_new_phone_takes_over(
    people: People, stand_in: StandIn
) -> None:
    gone, moved = await people.user(), await people.user()
    left, old, new = "03" * 32, "04" * 32, "05" * 32
    phone = await phone_of(people, gone, left)
    await phone.ask("IMLogoutReq")
    await phone_of(people, moved, old)
    await phone_of(people, moved, new)  # kicks the first
    anna = await people.online()
    pushed: list[str] = []
    for _ in range(2):  # the second push is the proof that nothing else came of the first message
        await anna.say(gone.user_id, HI)
        await anna.say(moved.user_id, HI)
        pushed += [token_of(push) for push in await pushes_until(new, stand_in)]
    assert pushed.count(new) == 2
    assert not {left, old} & {*pushed}


async def test_a_group_is_pushed_once_each_but_not_to_the_sender_nor_who_muted_it(
    people: People, stand_in: StandIn
) -> None:
    awake, quiet, anna = await people.user(), await people.user(), await people.online(kind=IOS)
    of_anna, of_awake, of_quiet = "06" * 32, "07" * 32, "08" * 32
    await anna.ask("IMDeviceTokenReq", user_id=0, device_token=of_anna)
    group = (await anna.create_group(anna.user_id, awake.user_id, quiet.user_id)).group_id
    await phone_of(people, awake, of_awake)
    muted = await phone_of(people, quiet, of_quiet)
    await muted.ask("IMGroupShieldReq", user_id=0, group_id=group, shield_status=1)
    await anna.say_to_group(group, HI)
    pushes = await pushes_until(of_awake, stand_in)
    assert f'"group_id": {group}' in pushes[-1].json["custom"]
    # A later push is the proof that nothing else came of the first message.
    await anna.say(awake.user_id, HI)
    pushes += await pushes_until(of_awake, stand_in)
    assert "group_id" not in pushes[-1].json["custom"]
    assert not {of_anna, of_quiet} & {token_of(push) for push in pushes}


async def test_a_token_that_apple_calls_dead_is_forgotten(
    people: People, suite: Suite, stand_in: StandIn
) -> None:
    user, other, dead, alive = await people.user(), await people.user(), "09" * 32, "10" * 32
    await phone_of(people, user, dead)
    await phone_of(people, other, alive)
    anna = await people.online()
    stand_in.answers[dead].append(apns_error(410, "Unregistered"))
    await anna.say(user.user_id, HI)
    await push_to(dead, stand_in)

    async def kept() -> set[str]:
        return await kept_tokens(suite.data / "hongyan.db", dead, alive)

    await eventually(kept, lambda tokens: tokens == {alive}, "forgetting")
    await anna.say(user.user_id, HI)
    await anna.say(other.user_id, HI)
    assert dead not in {token_of(push) for push in await pushes_until(alive, stand_in)}
