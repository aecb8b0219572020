"""Several db_proxies: which one a request takes, and what becomes of it when that one dies."""

import pytest

from hongyan.errors import ErrorCode
from hongyan.testing import RecordingClient
from hongyan.wire import commands
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame
from hongyan.wire.pb.base_define_pb2 import (
    GROUP_TYPE_TMP,
    MSG_TYPE_GROUP_TEXT,
    MSG_TYPE_SINGLE_TEXT,
    REFUSE_REASON_NO_DB_SERVER,
)
from hongyan.wire.pb.buddy_pb2 import IMAllUserReq
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.group_pb2 import IMGroupCreateReq
from hongyan.wire.pb.message_pb2 import IMMsgData, IMUnreadMsgCntReq, IMUnreadMsgCntRsp
from hongyan.wire.pb.server_pb2 import IMStopReceivePacket

from .neighbours import DbProxy, Place, login_request, open_place

ANNA, BOB = 1, 2


def say(client: RecordingClient, to: int, text: str, client_msg_id: str = "", seq: int = 7) -> None:
    message = IMMsgData(
        from_user_id=0,
        to_session_id=to,
        msg_id=0,
        create_time=0,
        msg_type=MSG_TYPE_SINGLE_TEXT,
        msg_data=text.encode(),
    )
    if client_msg_id:
        message.client_msg_id = client_msg_id
    client.send(commands.MSG_DATA, message, seq)


def only(frames: list[Frame], command: Command) -> list[Frame]:
    return [frame for frame in frames if frame.command_id == command.id]


def texts(messages: list[IMMsgData]) -> list[str]:
    return [message.msg_data.decode() for message in messages]


def notices(client: RecordingClient) -> list[IMErrorNotice]:
    return [frame.decode(commands.ERROR_NOTICE) for frame in only(client.take(), commands.ERROR_NOTICE)]


async def proxy_with(place: Place, command: Command) -> DbProxy:
    await place.settle()
    (proxy,) = [each for each in place.proxies if only(each.frames, command)]
    return proxy


async def test_logins_and_reading_take_the_first_half_and_everything_else_the_second() -> None:
    async with open_place("ab") as place:
        first, second = place.proxies
        anna = await place.log_in(ANNA)
        anna.send(commands.UNREAD_COUNT, IMUnreadMsgCntReq(user_id=0), 1)
        anna.send(commands.ALL_USERS, IMAllUserReq(user_id=0, latest_update_time=0), 2)
        say(anna, BOB, "hello")
        await place.settle()
        assert [frame.command_id for frame in first.take()] == [commands.UNREAD_COUNT.id]
        assert [frame.command_id for frame in second.take()] == [commands.ALL_USERS.id, commands.MSG_DATA.id]


@pytest.mark.parametrize("living", ["a", "b"])
async def test_one_half_stands_in_for_the_other(living: str) -> None:
    async with open_place("ab", running=living) as place:
        anna = await place.log_in(ANNA)
        say(anna, BOB, "hello")
        anna.send(commands.UNREAD_COUNT, IMUnreadMsgCntReq(user_id=0))
        await place.settle()
        assert len(place.proxies["ab".index(living)].take()) == 2


async def test_conversations_are_spread_and_each_stays_where_it_is() -> None:
    async with open_place("abab") as place:
        anna = await place.log_in(ANNA)
        for _ in range(3):
            for peer in range(100, 200):
                say(anna, peer, f"to {peer}")
        await place.settle()
        peers = [[message.to_session_id for message in proxy.take_messages()] for proxy in place.proxies]
        assert all(len(set(each)) > 20 for each in peers)
        assert not set(peers[0]) & set(peers[1])
        assert sorted(peers[0] + peers[1]) == sorted([*range(100, 200)] * 3)


async def test_a_conversation_moves_only_when_nothing_of_it_is_under_way() -> None:
    async with open_place("abab", running="a") as place:
        first, second = place.proxies
        anna = await place.log_in(ANNA)
        for peer in range(100, 200):
            say(anna, peer, "before")
        await place.settle()
        before = only(first.take(), commands.MSG_DATA)
        await second.start()
        await place.loop.advance(10)
        for peer in range(100, 200):
            say(anna, peer, "after")
        await place.settle()
        stayed = {message.to_session_id for message in first.take_messages()}
        assert not second.take_messages()
        for frame in before:
            first.store(frame, 1)
        await place.settle()
        moved = {message.to_session_id for message in second.take_messages()}
        assert moved | stayed == set(range(100, 200))
        assert len(moved) > 20


async def test_what_the_dead_one_had_is_sent_again_if_it_has_an_id_and_else_refused() -> None:
    async with open_place("abab") as place:
        anna = await place.log_in(ANNA)
        for number in range(4):
            say(anna, BOB, f"{number}", client_msg_id=f"id {number}" if number % 2 else "", seq=number)
        dying = await proxy_with(place, commands.MSG_DATA)
        (other,) = set(place.proxies) - {dying}
        dying.take()
        dying.die()
        await place.settle()
        say(anna, BOB, "4")
        await place.settle()
        assert texts(other.take_messages()) == ["1", "3", "4"]
        refused = notices(anna)
        assert [(notice.seq, notice.code) for notice in refused] == [
            (0, ErrorCode.NOT_STORED),
            (2, ErrorCode.NOT_STORED),
        ]


async def test_what_the_dead_one_had_stored_already_is_acked_and_delivered_once() -> None:
    async with open_place("abab") as place:
        anna, bob = await place.log_in(ANNA), await place.log_in(BOB)
        say(anna, BOB, "hello", client_msg_id="x")
        dying = await proxy_with(place, commands.MSG_DATA)
        (other,) = set(place.proxies) - {dying}
        dying.die()
        await place.settle()
        (again,) = only(other.take(), commands.MSG_DATA)
        other.store(again, 5, duplicate=True)
        await place.settle()
        (ack,) = only(anna.take(), commands.MSG_DATA_ACK)
        assert (ack.seq, ack.decode(commands.MSG_DATA_ACK).msg_id) == (7, 5)
        (heard,) = only(bob.take(), commands.MSG_DATA)
        message = heard.decode(commands.MSG_DATA)
        assert (message.msg_id, message.msg_data, message.HasField("duplicate")) == (5, b"hello", False)


async def test_a_repeat_of_the_clients_own_is_acked_and_not_delivered() -> None:
    async with open_place("aa") as place:
        anna, bob = await place.log_in(ANNA), await place.log_in(BOB)
        say(anna, BOB, "hello", client_msg_id="x")
        await place.settle()
        (frame,) = only(place.proxies[0].take(), commands.MSG_DATA)
        place.proxies[0].store(frame, 5, duplicate=True)
        await place.settle()
        assert only(anna.take(), commands.MSG_DATA_ACK)
        assert not bob.take()


async def test_a_query_is_answered_by_the_other_one() -> None:
    async with open_place("ab") as place:
        first, second = place.proxies
        anna = await place.log_in(ANNA)
        anna.send(commands.UNREAD_COUNT, IMUnreadMsgCntReq(user_id=0), 9)
        await place.settle()
        first.die()
        await place.settle()
        (frame,) = second.take()
        attach = frame.decode(commands.UNREAD_COUNT).attach_data
        answer = IMUnreadMsgCntRsp(user_id=ANNA, total_cnt=0, attach_data=attach)
        second.send(commands.UNREAD_COUNT_REPLY, answer, frame.seq)
        await place.settle()
        (reply,) = anna.take()
        assert (reply.command_id, reply.seq) == (commands.UNREAD_COUNT_REPLY.id, 9)


async def test_a_group_is_not_made_twice() -> None:
    async with open_place("ab") as place:
        first, second = place.proxies
        anna = await place.log_in(ANNA)
        request = IMGroupCreateReq(
            user_id=0, group_type=GROUP_TYPE_TMP, group_name="g", group_avatar="", member_id_list=[1, 2]
        )
        anna.send(commands.GROUP_CREATE, request, 9)
        await place.settle()
        second.die()
        await place.settle()
        assert not first.take()
        (reply,) = anna.take()
        assert (reply.command_id, reply.seq) == (commands.GROUP_CREATE_REPLY.id, 9)
        assert reply.decode(commands.GROUP_CREATE_REPLY).result_code == 1


async def test_when_the_last_one_dies_everybody_who_asked_hears_so() -> None:
    async with open_place("aa") as place:
        (proxy,) = place.proxies
        anna, stranger = await place.log_in(ANNA), place.client()
        say(anna, BOB, "hello", client_msg_id="x")
        anna.send(commands.ALL_USERS, IMAllUserReq(user_id=0, latest_update_time=0), 9)
        stranger.send(commands.LOGIN, login_request("somebody"), 3)
        await place.settle()
        proxy.die()
        await place.settle()
        refused = {notice.command_id: notice for notice in notices(anna)}
        assert refused[commands.MSG_DATA.id].client_msg_id == "x"
        assert refused[commands.ALL_USERS.id].code == ErrorCode.UNAVAILABLE
        (reply,) = stranger.take()
        assert reply.decode(commands.LOGIN_REPLY).result_code == REFUSE_REASON_NO_DB_SERVER
        assert stranger.is_closed


async def test_what_one_that_stops_no_longer_takes_goes_to_the_other_in_order() -> None:
    async with open_place("abab") as place:
        anna = await place.log_in(ANNA)
        for number in range(3):
            say(anna, BOB, f"{number}")
        stopping = await proxy_with(place, commands.MSG_DATA)
        (other,) = set(place.proxies) - {stopping}
        frames = only(stopping.take(), commands.MSG_DATA)
        for link in stopping.links:
            stopping.send(commands.STOP_RECEIVING, IMStopReceivePacket(result=0), link=link)
        await place.settle()
        say(anna, BOB, "3")
        await place.settle()
        assert not other.take_messages()
        stopping.store(frames[0], 1)
        for frame in frames[1:]:
            stopping.store(frame, 0, refusal=ErrorCode.UNAVAILABLE)
        await place.settle()
        assert texts(other.take_messages()) == ["1", "2", "3"]
        assert not notices(anna)


async def test_a_request_that_nobody_answers_is_refused_in_the_end() -> None:
    async with open_place("aa") as place:
        anna = await place.log_in(ANNA)
        say(anna, BOB, "hello")
        await place.settle()
        (frame,) = only(place.proxies[0].take(), commands.MSG_DATA)
        for _ in range(7):
            await place.loop.advance(9)
            assert not anna.is_closed
            for link in place.proxies[0].links:
                place.proxies[0].send(commands.ERROR_NOTICE, IMErrorNotice(code=1, text="alive"), link=link)
        (notice,) = notices(anna)
        assert (notice.code, notice.command_id, notice.seq) == (ErrorCode.NOT_STORED, commands.MSG_DATA.id, 7)
        place.proxies[0].store(frame, 1)
        await place.settle()
        assert only(anna.take(), commands.MSG_DATA_ACK)


async def test_the_receivers_of_a_stored_group_message_are_asked_again() -> None:
    async with open_place("abab") as place:
        anna = await place.log_in(ANNA)
        message = IMMsgData(
            from_user_id=0,
            to_session_id=5,
            msg_id=0,
            create_time=0,
            msg_type=MSG_TYPE_GROUP_TEXT,
            msg_data=b"all",
        )
        anna.send(commands.MSG_DATA, message, 1)
        dying = await proxy_with(place, commands.MSG_DATA)
        (other,) = set(place.proxies) - {dying}
        dying.store(only(dying.take(), commands.MSG_DATA)[0], 1)
        await place.settle()
        assert only(dying.take(), commands.GROUP_INFO)
        dying.die()
        await place.settle()
        assert only(other.take(), commands.GROUP_INFO)
