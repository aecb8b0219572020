"""When a process that ended is started again."""

from hongyan.suite.supervision.schedule import HEALTHY_AFTER_S, RestartSchedule


def test_delays_grow_from_one_to_thirty_seconds():
    schedule = RestartSchedule()
    assert [schedule.delay_s(0.5) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_time_of_health_starts_over():
    schedule = RestartSchedule()
    for _ in range(4):
        schedule.delay_s(1)
    assert [schedule.delay_s(HEALTHY_AFTER_S), schedule.delay_s(1)] == [1, 2]
