"""push_server: what it was asked in the recorded cluster, with providers that answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hongyan.cluster.memory import connect_in_process
from hongyan.config import PushConfig
from hongyan.roles.push.server import PushServer
from hongyan.testing import RecordingRole, open_runtime
from hongyan.testing.peers import decode
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.pb.base_define_pb2 import CLIENT_TYPE_ANDROID, CLIENT_TYPE_IOS
from hongyan.wire.pb.server_pb2 import IMPushToUserReq

from .making import PHONE, config
from .stand_in import StandIn, apns_error, fcm_error

DEADLINE_S = 20.0


class Desk:
    """A push_server and the msg_server that speaks to it."""

    def __init__(self, server: PushServer, msg: RecordingRole, counts: dict[tuple[str, str], int]) -> None:
        self.server = server
        self.msg = msg
        self.counts = counts

    async def push(self, *tokens: tuple[int, str], push_type: int = 1) -> dict[str, tuple[int, bool]]:
        request = IMPushToUserReq(flash=b"nick1:hi", data="{}")
        for user_id, (user_type, token) in enumerate(tokens, 1):
            request.user_token_list.add(
                user_id=user_id, user_type=user_type, token=token, push_count=1, push_type=push_type
            )
        self.msg.send(commands.PUSH_TO_USERS, request)
        async with asyncio.timeout(DEADLINE_S):
            while not self.msg.frames:  # noqa: ASYNC110 - a recorder is only looked at
                await asyncio.sleep(0.01)
        (frame,) = self.msg.take()
        assert (frame.command_id, frame.seq) == (0x0710, 0)
        return {
            result.user_token: (result.result_code, result.is_token_dead)
            for result in decode(frame).push_result_list
        }


async def desk_of(settings: PushConfig) -> AsyncIterator[Desk]:
    async with open_runtime() as runtime:
        server = PushServer(runtime, settings)
        await server.start()
        msg = RecordingRole(Node.MSG)
        connect_in_process(msg, server, runtime.metrics)
        yield Desk(server, msg, runtime.metrics.counts)
        server.stop()
        await server.drain(1.0)


@pytest.fixture
async def desk(stand_in: StandIn) -> AsyncIterator[Desk]:
    async for each in desk_of(config(stand_in.settings(), port=0)):
        yield each


@pytest.fixture
async def bare_desk() -> AsyncIterator[Desk]:
    async for each in desk_of(PushConfig(port=0)):
        yield each


async def test_every_token_of_a_request_has_its_result_in_one_answer(desk: Desk, stand_in: StandIn) -> None:
    stand_in.answers["dead"].append(fcm_error(404, "NOT_FOUND", "UNREGISTERED"))
    results = await desk.push(
        (CLIENT_TYPE_IOS, PHONE),
        (CLIENT_TYPE_IOS, "short"),
        (CLIENT_TYPE_ANDROID, "droid3"),
        (CLIENT_TYPE_ANDROID, "dead"),
    )
    assert results == {PHONE: (0, False), "short": (1, True), "droid3": (0, False), "dead": (1, True)}
    assert desk.counts["pushes", "apns_sent"] == desk.counts["pushes", "fcm_sent"] == 1


async def test_what_a_provider_cannot_take_now_is_pushed_again(desk: Desk, stand_in: StandIn) -> None:
    stand_in.answers[PHONE].append(apns_error(503, "ServiceUnavailable"))
    assert await desk.push((CLIENT_TYPE_IOS, PHONE)) == {PHONE: (0, False)}
    first, second = await stand_in.take(), await stand_in.take()
    assert first.headers["apns-id"] == second.headers["apns-id"]
    assert desk.counts["pushes", "apns_again"] == 1


async def test_silent_pushes_are_silent(desk: Desk, stand_in: StandIn) -> None:
    assert await desk.push((CLIENT_TYPE_IOS, PHONE), push_type=2) == {PHONE: (0, False)}
    assert (await stand_in.take()).json["aps"] == {"badge": 1}


async def test_many_pushes_share_the_connection_and_all_arrive(desk: Desk, stand_in: StandIn) -> None:
    tokens = [f"{number:064x}" for number in range(200)]
    results = await desk.push(*((CLIENT_TYPE_IOS, token) for token in tokens))
    assert results == dict.fromkeys(tokens, (0, False))
    paths: set[Any] = {(await stand_in.take()).path for _ in tokens}
    assert paths == {f"/3/device/{token}" for token in tokens}


async def test_without_a_provider_nobody_is_told_that_it_worked(bare_desk: Desk) -> None:
    assert await bare_desk.push((CLIENT_TYPE_IOS, PHONE)) == {PHONE: (1, False)}


async def test_more_than_may_wait_is_refused_at_once(stand_in: StandIn) -> None:
    async for desk in desk_of(config(stand_in.settings(), port=0, max_pending=1)):
        other = "b2" * 32
        results = await desk.push((CLIENT_TYPE_IOS, PHONE), (CLIENT_TYPE_IOS, other))
        assert results == {PHONE: (0, False), other: (1, False)}
