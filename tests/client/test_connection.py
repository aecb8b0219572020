"""Logging in, staying logged in, and ending."""

import asyncio
from dataclasses import replace

import pytest

from hongyan.client import (
    Client,
    ClientClosed,
    ClientState,
    ConnectFailed,
    Conversation,
    DeviceKind,
    Kicked,
    KickReason,
    LoginRefused,
    LoginResult,
    StateChanged,
)
from hongyan.wire import commands
from hongyan.wire.passwords import password_digest
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import login_pb2

from .conftest import QUICK, Fake
from .fake_suite import ALICE, PASSWORD, FakeConnection

BOB = Conversation.with_user(2)


async def next_state(events: object, state: ClientState) -> StateChanged:
    async with asyncio.timeout(30):
        async for event in events:  # type: ignore[attr-defined]
            if isinstance(event, StateChanged) and event.state is state:
                return event
    raise AssertionError(f"never became {state}")


async def test_logs_in_through_the_login_server_and_asks_for_redelivery(fake: Fake) -> None:
    async with fake.client(device=DeviceKind.ANDROID, device_kind="bot") as client:
        assert client.state is ClientState.ONLINE
        assert client.user_id == ALICE
        assert client.user.display_name == "Alice"
        assert client.file_store_url == "http://files/"
    login = fake.suite.of(commands.LOGIN)[0]
    assert login.acks_deliveries
    assert login.client_type == base.CLIENT_TYPE_ANDROID
    assert login.device_kind == "bot"


async def test_a_ready_digest_is_taken_for_the_password(fake: Fake) -> None:
    async with fake.client(password_digest(PASSWORD)) as client:
        assert client.user_id == ALICE


async def test_a_wrong_password_is_a_typed_refusal_with_the_servers_words(fake: Fake) -> None:
    with pytest.raises(LoginRefused) as refused:
        async with fake.client("wrong"):
            pass
    assert refused.value.result is LoginResult.WRONG_NAME_OR_PASSWORD
    assert refused.value.text == "用户名/密码错误"
    assert refused.value.is_final


async def test_the_login_servers_refusal_is_a_login_refusal(fake: Fake) -> None:
    fake.suite.http_answer = '{"code": 2, "msg": "负载过高"}'.encode()
    with pytest.raises(LoginRefused) as refused:
        async with fake.client():
            pass
    assert refused.value.result is LoginResult.MSG_SERVERS_FULL
    assert not refused.value.is_final


@pytest.mark.parametrize(
    "answer", [b"<html>", b"[]", b'{"code": 0}', b'{"code": 0, "priorIP": "x"}', b"\xff"]
)
async def test_something_else_on_the_login_port_is_named(fake: Fake, answer: bytes) -> None:
    fake.suite.http_answer = answer
    with pytest.raises(ConnectFailed, match="did not answer as a login server"):
        async with fake.client():
            pass


async def test_a_login_server_that_is_not_there_is_named() -> None:
    with pytest.raises(
        ConnectFailed, match=r"cannot reach the login server at http://127\.0\.0\.1:9/msg_server"
    ):
        async with Client("http://127.0.0.1:9/", "alice", PASSWORD):
            pass


async def test_a_msg_server_that_does_not_answer_the_login_is_given_up(fake: Fake) -> None:
    fake.suite.script[commands.LOGIN.id] = lambda *_: None
    with pytest.raises(ConnectFailed, match="no answer to the login"):
        async with fake.client(timing=replace(QUICK, login_s=0.5)):
            pass


async def test_a_kick_ends_the_client_without_a_reconnect(fake: Fake) -> None:
    async with fake.client() as client:
        events = client.events()
        kick = login_pb2.IMKickUser(user_id=ALICE, kick_reason=base.KICK_REASON_MOBILE_KICK)
        fake.suite.connection.send(commands.KICK_USER, kick)
        with pytest.raises(Kicked) as kicked:
            await anext(client.messages())
        assert kicked.value.reason is KickReason.KICKED_FROM_PHONE
        await next_state(events, ClientState.CLOSED)
        with pytest.raises(Kicked):
            await client.send(BOB, "too late")
    assert len(fake.suite.connections) == 1


async def test_heartbeats_keep_a_quiet_link_alive(fake: Fake) -> None:
    async with fake.client(timing=replace(QUICK, dead_after_s=2.0)):
        await fake.suite.until_received(commands.HEARTBEAT, 22)
    assert len(fake.suite.connections) == 1


async def test_a_silent_server_is_left_for_a_new_connection(fake: Fake) -> None:
    fake.suite.script[commands.HEARTBEAT.id] = lambda *_: None
    async with fake.client(timing=replace(QUICK, dead_after_s=0.8)) as client:
        waiting = await next_state(client.events(), ClientState.WAITING)
        assert "nothing heard" in str(waiting.error)
        await fake.suite.until_received(commands.LOGIN, 2)


async def test_a_cut_link_is_replaced_and_every_step_is_an_event(fake: Fake) -> None:
    async with fake.client() as client:
        events = client.events()
        fake.suite.connection.cut()
        for state in (ClientState.WAITING, ClientState.CONNECTING, ClientState.ONLINE):
            await next_state(events, state)
        assert client.state is ClientState.ONLINE
    assert len(fake.suite.of(commands.LOGIN)) == 2


async def test_a_server_that_is_away_is_tried_until_it_is_back(fake: Fake) -> None:
    async with fake.client() as client:
        events = client.events()
        await fake.suite.stop()
        for _ in range(3):
            assert (await next_state(events, ClientState.WAITING)).error is not None
        await fake.suite.start()
        await next_state(events, ClientState.ONLINE)


async def test_a_password_that_was_changed_ends_the_reconnecting(fake: Fake) -> None:
    def refuse(connection: FakeConnection, frame: object, request: login_pb2.IMLoginReq) -> None:
        request.password = "changed"
        fake.suite.answer_login(connection, frame, request)  # type: ignore[arg-type]

    async with fake.client() as client:
        fake.suite.script[commands.LOGIN.id] = refuse
        fake.suite.connection.cut()
        with pytest.raises(LoginRefused):
            await anext(client.messages())


async def test_logout_is_answered_and_closes_everything(fake: Fake) -> None:
    async with fake.client() as client:
        await client.logout()
        assert client.state is ClientState.CLOSED
        assert [message async for message in client.messages()] == []
        with pytest.raises(ClientClosed):
            await client.server_time()
    assert len(fake.suite.connections) == 1


async def test_an_error_in_the_body_is_raised_as_it_is(fake: Fake) -> None:
    with pytest.raises(ZeroDivisionError):
        async with fake.client():
            raise ZeroDivisionError


async def test_a_cancelled_body_is_cancelled(fake: Fake) -> None:
    async def wait_for_ever() -> None:
        async with fake.client():
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await wait_for_ever()


async def test_a_client_that_is_not_open_says_so(fake: Fake) -> None:
    with pytest.raises(ClientClosed, match="async with"):
        await fake.client().server_time()


async def test_nonsense_instead_of_frames_is_a_lost_connection(fake: Fake) -> None:
    async with fake.client() as client:
        events = client.events()
        fake.suite.connection.writer.write(b"\xff" * 64)
        assert "nonsense" in str((await next_state(events, ClientState.WAITING)).error)
        await next_state(events, ClientState.ONLINE)
