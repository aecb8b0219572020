"""What a server says unasked becomes a typed event."""

import asyncio
from typing import Any

import pytest
from google.protobuf.message import Message

from hongyan.client import (
    AvatarChanged,
    Conversation,
    ConversationRemoved,
    Event,
    Limits,
    MembersChanged,
    PcLoginChanged,
    PeerCommand,
    Presence,
    ReadElsewhere,
    ServerNotice,
    SignatureChanged,
    StatusChanged,
    Typing,
)
from hongyan.wire import commands
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import buddy_pb2, extension_pb2, group_pb2, message_pb2, switch_service_pb2

from .conftest import Fake
from .fake_suite import ALICE, BOB


def p2p(data: str, sender: int = BOB) -> Message:
    return switch_service_pb2.IMP2PCmdMsg(from_user_id=sender, to_user_id=ALICE, cmd_msg_data=data)


CASES: list[tuple[Any, Message, Event]] = [
    (
        commands.STATUS_NOTIFY,
        buddy_pb2.IMUserStatNotify(user_stat=base.UserStat(user_id=BOB, status=1)),
        StatusChanged(BOB, Presence.ONLINE),
    ),
    (
        commands.MSG_READ_NOTIFY,
        message_pb2.IMMsgDataReadNotify(user_id=ALICE, session_id=BOB, msg_id=4, session_type=1),
        ReadElsewhere(Conversation.with_user(BOB), 4),
    ),
    (
        commands.REMOVE_SESSION_NOTIFY,
        buddy_pb2.IMRemoveSessionNotify(user_id=ALICE, session_type=2, session_id=9),
        ConversationRemoved(Conversation.of_group(9)),
    ),
    (
        commands.GROUP_CHANGE_MEMBER_NOTIFY,
        group_pb2.IMGroupChangeMemberNotify(
            user_id=BOB, change_type=1, group_id=9, cur_user_id_list=[1, 2, 3], chg_user_id_list=[3]
        ),
        MembersChanged(9, BOB, True, (1, 2, 3), (3,)),  # noqa: FBT003 - reads as the fields do
    ),
    (
        commands.SIGN_INFO_CHANGED_NOTIFY,
        buddy_pb2.IMSignInfoChangedNotify(changed_user_id=BOB, sign_info="忙"),
        SignatureChanged(BOB, "忙"),
    ),
    (
        commands.AVATAR_CHANGED_NOTIFY,
        buddy_pb2.IMAvatarChangedNotify(changed_user_id=BOB, avatar_url="a.png"),
        AvatarChanged(BOB, "a.png"),
    ),
    (
        commands.PC_LOGIN_STATUS_NOTIFY,
        buddy_pb2.IMPCLoginStatusNotify(user_id=ALICE, login_stat=1),
        PcLoginChanged(is_online=True),
    ),
    (commands.P2P_COMMAND, p2p('{"cmd_id": 131073, "service_id": 2}'), Typing(BOB, is_typing=True)),
    (commands.P2P_COMMAND, p2p('{"cmd_id": 131074}'), Typing(BOB, is_typing=False)),
    (commands.P2P_COMMAND, p2p('{"cmd_id": 65537}'), PeerCommand(BOB, '{"cmd_id": 65537}')),
    (commands.P2P_COMMAND, p2p("[1]"), PeerCommand(BOB, "[1]")),
    (commands.P2P_COMMAND, p2p("no json"), PeerCommand(BOB, "no json")),
    (
        commands.ERROR_NOTICE,
        extension_pb2.IMErrorNotice(code=3, text="no", command_id=0x0303),
        ServerNotice(3, "no", 0x0303),
    ),
]


@pytest.mark.parametrize(("command", "notify", "event"), CASES)
async def test_a_notification_is_an_event(fake: Fake, command: Any, notify: Message, event: Event) -> None:
    async with fake.client() as client:
        events = client.events()
        fake.suite.connection.send(command, notify)
        async with asyncio.timeout(30):
            assert await anext(events) == event


async def test_what_another_device_of_ours_typed_is_no_event(fake: Fake) -> None:
    async with fake.client() as client:
        events = client.events()
        fake.suite.connection.send(commands.P2P_COMMAND, p2p('{"cmd_id": 131073}', ALICE))
        fake.suite.connection.send(commands.P2P_COMMAND, p2p('{"cmd_id": 131074}'))
        async with asyncio.timeout(30):
            assert await anext(events) == Typing(BOB, is_typing=False)


async def test_frames_that_nobody_understands_do_no_harm(fake: Fake) -> None:
    async with fake.client() as client:
        events = client.events()
        writer = fake.suite.connection.writer
        writer.write(bytes.fromhex("00000010 0001 0000 0009 0999 0000 0000"))
        writer.write(bytes.fromhex("00000010 0001 0000 0003 0301 0000 0000"))
        fake.suite.connection.send(commands.P2P_COMMAND, p2p("x"))
        async with asyncio.timeout(30):
            assert await anext(events) == PeerCommand(BOB, "x")


async def test_a_subscription_that_nobody_reads_keeps_the_newest_events(fake: Fake) -> None:
    async with fake.client(limits=Limits(max_waiting_events=3)) as client:
        events = client.events()
        for number in range(10):
            fake.suite.connection.send(commands.P2P_COMMAND, p2p(str(number)))
        await client.server_time()
    assert [event async for event in events][-2:-1] == [PeerCommand(BOB, "9")]
