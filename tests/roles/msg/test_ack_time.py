"""Timing acks."""

from hongyan.metrics import Metrics
from hongyan.roles.msg.ack_time import GIVE_UP_S, AckTime


def test_what_was_timed_is_added_up() -> None:
    clock = iter([10.0, 10.5, 20.0, 21.0])
    metrics = Metrics()
    timed = AckTime(lambda: next(clock), metrics)
    for seq in (1, 2):
        assert not timed.handle
        timed.begin(7, seq, 1000)
        assert (timed.handle, timed.seq, timed.until) == (7, seq, 1000 + GIVE_UP_S)
        timed.end()
    assert metrics.gauges("ack") == {"ack_seconds": 1.5, "acks_timed": 2}
