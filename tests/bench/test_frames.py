"""The patched frames are what protobuf would have made."""

import pytest

from hongyan.bench.frames import HEARTBEAT_FRAME, SEQS, MessageFrames, commands_of, index_of_seq, sender_mark
from hongyan.bench.latency import Latencies
from hongyan.wire.commands import HEARTBEAT, MSG_DATA
from hongyan.wire.frame import Framer
from hongyan.wire.pb.message_pb2 import IMMsgData


@pytest.mark.parametrize("index", [0, 1, 37, SEQS - 1, SEQS, 2_000_000])
@pytest.mark.parametrize("client_ids", [False, True])
def test_a_frame_carries_mark_and_number_and_has_the_asked_size(index: int, client_ids: bool) -> None:
    # The session id's bytes hold a percent sign, which must survive the formatting.
    template = IMMsgData(from_user_id=0, to_session_id=0x25, msg_id=0, create_time=0, msg_type=1)
    mark = sender_mark("abcde", 17)
    raw = MessageFrames(template, mark, 64, client_ids=client_ids).frame(index)
    (frame,) = Framer().feed(raw)
    message = frame.decode(MSG_DATA)
    assert frame.command_id == MSG_DATA.id
    assert frame.seq == index % SEQS + 1
    assert message.to_session_id == 0x25
    assert len(message.msg_data) == 64
    assert message.msg_data.startswith(mark + b"%010d" % index)
    assert message.client_msg_id == (f"{mark.decode()}{index:010d}" if client_ids else "")


def test_a_read_says_what_it_holds_unless_it_ends_within_a_frame() -> None:
    template = IMMsgData(from_user_id=0, to_session_id=1, msg_id=0, create_time=0, msg_type=1)
    message = MessageFrames(template, sender_mark("abcde", 1), 64, client_ids=False).frame(0)
    assert commands_of(2 * HEARTBEAT_FRAME + message) == {HEARTBEAT.id, MSG_DATA.id}
    assert commands_of(HEARTBEAT_FRAME + message[:-1]) == frozenset()
    assert commands_of(HEARTBEAT_FRAME + message[:7]) == frozenset()


def test_a_seq_names_the_message_next_to_the_oldest_that_is_open() -> None:
    for oldest in (0, 5, SEQS - 2, SEQS, 3 * SEQS + 7):
        for index in (oldest, oldest + 1, oldest + 1000):
            assert index_of_seq(index % SEQS + 1, oldest) == index


def test_percentiles_are_exact_to_a_hundredth_of_a_millisecond() -> None:
    latencies = Latencies()
    for ms in range(1, 101):
        latencies.add(ms / 1000)
    assert latencies.percentile_ms(50) == pytest.approx(50, abs=0.02)
    assert latencies.percentile_ms(99) == pytest.approx(99, abs=0.02)
    latencies.add(12.5)
    assert latencies.percentile_ms(100) == pytest.approx(12_500, abs=0.02)
    latencies.clear()
    assert latencies.percentile_ms(50) == 0
