"""Whole runs against a small server that works, or does one thing wrong."""

from dataclasses import replace

import pytest

from hongyan.bench.plan import Plan, Users
from hongyan.bench.report import Report
from hongyan.bench.run import run
from hongyan.errors import BackendError, ConfigError

from .small_server import Faults, running

USERS = Users("u", 40, "pw")
SHORT = Plan("p2p", "", USERS, seconds=0.3, warmup_s=0.1, grace_s=20, processes=1)
FAULTY = replace(SHORT, seconds=1.0, grace_s=3, pairs=2)
"""Long enough for a busy machine to come to the fault, and to deliver what is not lost."""
TRIES = 5


def _run(plan: Plan, faults: Faults | None = None) -> Report:
    with running(faults) as (url, _):
        return run(replace(plan, login_url=url))


@pytest.mark.parametrize(
    "plan",
    [
        replace(SHORT, pairs=5, window=1),
        replace(SHORT, pairs=5, window=8, client_ids=True, processes=2),
        replace(SHORT, pairs=5, window=8, rate=200),
        replace(SHORT, scenario="group", members=10, senders=3, groups=2, window=4),
    ],
    ids=["pairs", "window and two processes", "paced", "groups"],
)
def test_a_server_that_works_gets_a_clean_report(plan: Plan) -> None:
    report = _run(plan)
    assert report.is_clean, report
    assert report.acked == report.sent > 0
    each = plan.members - 1 if plan.scenario == "group" else 1
    assert report.delivered == report.acked * each
    assert report.acked_per_s > 0
    assert 0 < report.p50_ms <= report.p99_ms


def test_a_rate_that_is_asked_for_is_kept() -> None:
    plan = replace(SHORT, pairs=5, window=8, rate=200)
    found = []
    for _ in range(TRIES):  # other programs may have the machine for a moment
        found.append(_run(plan).acked_per_s)
        if found[-1] == pytest.approx(plan.rate, rel=0.3):
            return
    pytest.fail(f"{found} messages a second instead of {plan.rate}")


def test_what_a_server_does_wrong_is_found() -> None:
    faults = Faults(not_delivered={20}, delivered_twice={30}, held_back={40}, skipped_ids={50}, refused={60})
    report = _run(replace(FAULTY, window=8), faults)
    assert not report.is_clean
    assert (report.lost, report.duplicated, report.id_gaps) == (2, 2, 2)
    # A message that is held back is overtaken only if another is under way behind it.
    assert report.reordered in {1, 2}
    assert report.error_kinds == {"refused_7": 1}


def test_a_connection_that_is_cut_is_an_error_and_the_run_goes_on() -> None:
    report = _run(replace(FAULTY, window=4), Faults(cut_off={30}))
    assert report.error_kinds["connection_lost"] == 2
    assert report.acked > 0


def test_logins_and_idle_connections_are_measured() -> None:
    logins = _run(replace(SHORT, scenario="login", connections=4, seconds=1.0))
    assert logins.is_clean
    assert logins.acked > 4
    stay = _run(replace(SHORT, scenario="login", connections=4, stay=True, seconds=60))  # at most
    assert stay.acked == USERS.count
    idle = _run(replace(SHORT, scenario="idle", connections=10))
    assert idle.is_clean
    assert idle.connections == 10
    assert idle.p99_ms > 0


def test_the_echo_needs_no_suite() -> None:
    report = run(replace(SHORT, scenario="echo", connections=4, window=8))
    assert report.is_clean
    assert report.delivered == report.sent > 0


def test_a_refused_login_says_who_and_why() -> None:
    with pytest.raises(BackendError, match=r"login of u1: refused with 6 用户名/密码错误"):
        _run(replace(SHORT, pairs=1), Faults(wrong_password=True))


def test_no_login_server_is_said_at_once() -> None:
    with pytest.raises(BackendError, match=r"127\.0\.0\.1:1/msg_server"):
        run(replace(SHORT, login_url="127.0.0.1:1"))


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (replace(SHORT, pairs=21), "p2p needs 42 users and has 40"),
        (replace(SHORT, payload_bytes=10), "payload must be from 24 to 4096"),
        (replace(SHORT, window=0), "window must be"),
        (replace(SHORT, scenario="group", members=5, senders=6), "senders must be"),
        (replace(SHORT, scenario="group", members=5, groups=2, group_id=7), "used alone"),
    ],
)
def test_a_plan_that_cannot_be_run_says_why(plan: Plan, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        run(plan)
