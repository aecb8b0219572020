"""Requests: matched by number and command, repeated where that is harmless, ended in time."""

import asyncio
from typing import Any

import pytest

from hongyan.client import (
    ClientState,
    ConnectionLost,
    Conversation,
    Department,
    Directory,
    ErrorCode,
    Presence,
    RequestRefused,
    RequestTimedOut,
)
from hongyan.client.waiting import MAX_SEQ, Reply, WaitingTable
from hongyan.errors import RefusedError
from hongyan.wire import commands
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import buddy_pb2, extension_pb2, group_pb2, login_pb2, message_pb2

from .conftest import Fake
from .fake_suite import ALICE, BOB, user_info


def answering(fake: Fake, command: Any, message: Any) -> None:
    """Answer ``command`` with ``message``."""
    fake.suite.script[command.id] = lambda connection, frame, _: connection.send(
        command.reply, message, frame.seq
    )


async def test_a_request_that_is_refused_raises_what_the_notice_says(fake: Fake) -> None:
    fake.suite.script[commands.MSG_LIST.id] = lambda connection, frame, _: fake.suite.refuse(
        connection, frame, ErrorCode.NOT_ALLOWED, "you are not a member"
    )
    async with fake.client() as client:
        with pytest.raises(RequestRefused, match="not a member") as refused:
            await client.history(Conversation.of_group(5))
        assert refused.value.code is ErrorCode.NOT_ALLOWED
        assert client.state is ClientState.ONLINE


async def test_a_result_code_that_is_not_zero_is_a_refusal(fake: Fake) -> None:
    answer = group_pb2.IMGroupCreateRsp(user_id=ALICE, result_code=1, group_name="")
    answering(fake, commands.GROUP_CREATE, answer)
    async with fake.client() as client:
        with pytest.raises(RequestRefused, match="GROUP_CREATE_REQUEST"):
            await client.create_group("", [BOB])


async def test_no_answer_is_a_timeout(fake: Fake) -> None:
    fake.suite.script[commands.TIME.id] = lambda *_: None
    async with fake.client() as client:
        client._exchange._timeout_s = 0.2
        with pytest.raises(RequestTimedOut, match="TIME_REQUEST"):
            await client.server_time()


async def test_an_answer_that_is_not_readable_fails_its_request_only(fake: Fake) -> None:
    async with fake.client() as client:
        answering(fake, commands.TIME, message_pb2.IMClientTimeRsp())  # without its required field
        with pytest.raises(RequestRefused, match="not readable"):
            await client.server_time()
        del fake.suite.script[commands.TIME.id]
        assert await client.server_time()


async def test_a_question_is_asked_again_on_the_next_link(fake: Fake) -> None:
    def cut_once(connection: Any, *_: Any) -> None:
        del fake.suite.script[commands.TIME.id]
        connection.cut()

    fake.suite.script[commands.TIME.id] = cut_once
    async with fake.client() as client:
        assert await client.server_time()


async def test_a_change_is_not_repeated_by_itself(fake: Fake) -> None:
    fake.suite.script[commands.GROUP_CREATE.id] = lambda connection, *_: connection.cut()
    async with fake.client() as client:
        with pytest.raises(ConnectionLost):
            await client.create_group("team", [BOB])
    assert len(fake.suite.of(commands.GROUP_CREATE)) == 1


async def test_answers_in_any_order_reach_who_asked(fake: Fake) -> None:
    waiting: list[Any] = []

    def answer_three_backwards(connection: Any, frame: Any, request: Any) -> None:
        waiting.append((frame, request))
        for asked, what in reversed(waiting if len(waiting) == 3 else []):
            fake.suite._answer_latest(connection, asked, what)

    for peer in (10, 11, 12):
        for _ in range(peer):
            fake.suite.store(peer, peer, "x")
    async with fake.client() as client:
        fake.suite.script[commands.LATEST_MSG_ID.id] = answer_three_backwards
        asks = (client.latest_msg_id(Conversation.with_user(peer)) for peer in (10, 11, 12))
        assert await asyncio.gather(*asks) == [10, 11, 12]


async def test_a_relayed_message_with_a_foreign_seq_is_no_answer(fake: Fake) -> None:
    data = message_pb2.IMMsgData(
        from_user_id=BOB, to_session_id=ALICE, msg_id=1, create_time=1, msg_type=1, msg_data=b"x"
    )

    def relay_then_answer(connection: Any, frame: Any, _: Any) -> None:
        connection.send(commands.MSG_DATA, data, frame.seq)
        answer = message_pb2.IMClientTimeRsp(server_time=1)
        connection.send(commands.TIME_REPLY, answer, frame.seq)

    fake.suite.script[commands.TIME.id] = relay_then_answer
    async with fake.client() as client:
        assert (await client.server_time()).year == 1970
        assert (await anext(client.messages())).text == "x"


async def test_sequence_numbers_wrap_past_zero_and_skip_those_in_use() -> None:
    table = WaitingTable()
    table._last_seq = MAX_SEQ - 1
    waiter = Reply(commands.TIME_REPLY)
    assert [table.take(waiter) for _ in range(3)] == [MAX_SEQ, 1, 2]
    table._last_seq = MAX_SEQ
    assert table.take(waiter) == 3
    table._waiters = dict.fromkeys(range(1, MAX_SEQ + 1), waiter)
    with pytest.raises(ConnectionLost):
        table.take(waiter)


async def test_an_answer_of_another_command_is_left_alone() -> None:
    table = WaitingTable()
    waiter = Reply(commands.TIME_REPLY)
    seq = table.take(waiter)
    other = OutboundFrame(commands.LOGOUT_REPLY, login_pb2.IMLogoutRsp(result_code=0), seq)
    assert not table.settle(other)
    assert table.refuse(extension_pb2.IMErrorNotice(code=77, text="new reason", seq=seq))
    with pytest.raises(RequestRefused) as refused:
        await waiter.future
    assert refused.value.code == 77
    assert not isinstance(refused.value, RefusedError)


async def test_a_directory_pulls_only_what_changed(fake: Fake) -> None:
    department = base.DepartInfo(dept_id=1, priority=1, dept_name="研发", parent_dept_id=0, dept_status=0)
    answering(
        fake,
        commands.DEPARTMENTS,
        buddy_pb2.IMDepartmentRsp(user_id=ALICE, latest_update_time=50, dept_list=[department]),
    )
    users = [user_info(ALICE, "alice"), user_info(BOB, "bob")]
    answering(
        fake,
        commands.ALL_USERS,
        buddy_pb2.IMAllUserRsp(user_id=ALICE, latest_update_time=60, user_list=users),
    )
    version = base.GroupVersionInfo(group_id=9, version=3)
    answering(
        fake,
        commands.GROUP_LIST,
        group_pb2.IMNormalGroupListRsp(user_id=ALICE, group_version_list=[version]),
    )
    group = base.GroupInfo(
        group_id=9,
        version=3,
        group_name="team",
        group_avatar="",
        group_creator_id=ALICE,
        group_type=1,
        shield_status=0,
        group_member_list=[ALICE, BOB],
    )
    answering(fake, commands.GROUP_INFO, group_pb2.IMGroupInfoListRsp(user_id=ALICE, group_info_list=[group]))
    status = base.UserStat(user_id=BOB, status=base.USER_STATUS_ONLINE)
    answering(fake, commands.USERS_STATUS, buddy_pb2.IMUsersStatRsp(user_id=ALICE, user_stat_list=[status]))
    fake.suite.store(BOB, BOB, "hi")

    async with fake.client() as client:
        directory = Directory()
        await directory.refresh(client)
        restored = Directory.restore(directory.snapshot())
        await restored.refresh(client)

    assert restored.departments == {1: Department(1, "研发", 0, 1)}
    assert restored.presences == {BOB: Presence.ONLINE}
    assert restored.name_of(Conversation.with_user(BOB)) == "Bob"
    assert restored.name_of(Conversation.of_group(9)) == "team"
    assert [user.name for user in restored.find("BO")] == ["bob"]
    assert [one.latest_update_time for one in fake.suite.of(commands.ALL_USERS)] == [0, 60]
    assert [one.latest_update_time for one in fake.suite.of(commands.DEPARTMENTS)] == [0, 50]
    asked = [one.group_version_list[0].version for one in fake.suite.of(commands.GROUP_INFO)]
    assert asked == [0, 3]
