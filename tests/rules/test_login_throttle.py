"""Wrong passwords are slowed down, and nobody can lock out anybody else."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.rules import login_throttle
from hongyan.rules.login_throttle import (
    FIRST_PENALTY_S,
    FORGET_AFTER_S,
    FREE_FAILURES,
    LONGEST_PENALTY_S,
    LONGEST_WAIT_S,
    LoginThrottle,
)

HOME, STRANGER = "192.0.2.1", "198.51.100.7"


def fail(throttle: LoginThrottle, times: int, *, address: str = STRANGER, now: float = 0.0) -> None:
    for _ in range(times):
        throttle.failed("alice", address, now)


def test_the_first_attempts_wait_for_nothing() -> None:
    throttle = LoginThrottle()
    for _ in range(FREE_FAILURES):
        assert throttle.take_turn("alice", HOME, 0.0) == 0.0
        throttle.failed("alice", HOME, 0.0)


def test_each_failure_after_that_doubles_the_wait_up_to_a_bound() -> None:
    throttle, now, waits = LoginThrottle(), 0.0, []
    fail(throttle, FREE_FAILURES - 1, address=HOME)
    for _ in range(8):
        throttle.failed("alice", HOME, now)
        wait_s = throttle.take_turn("alice", HOME, now)
        assert wait_s is not None
        waits.append(wait_s)
        now += wait_s
    assert waits[0] == FIRST_PENALTY_S
    assert all(later >= earlier for earlier, later in pairwise(waits))
    assert waits[-1] == LONGEST_PENALTY_S


def test_a_right_password_waits_too_so_that_the_wait_tells_nothing() -> None:
    throttle = LoginThrottle()
    fail(throttle, 5, address=HOME)
    wait_s = throttle.take_turn("alice", HOME, 0.0)
    assert wait_s


def test_a_right_password_starts_over() -> None:
    throttle = LoginThrottle()
    fail(throttle, 20, address=HOME)
    throttle.succeeded("alice", HOME)
    assert throttle.take_turn("alice", HOME, 0.0) == 0.0


def test_failures_are_forgotten_after_half_an_hour() -> None:
    throttle = LoginThrottle()
    fail(throttle, 20)
    assert throttle.take_turn("alice", STRANGER, FORGET_AFTER_S - 1) is not None
    assert throttle.take_turn("alice", STRANGER, FORGET_AFTER_S + 1) == 0.0


def test_another_name_from_the_same_address_waits_for_nothing() -> None:
    throttle = LoginThrottle()
    fail(throttle, 20, address=HOME)
    assert throttle.take_turn("bob", HOME, 0.0) == 0.0


def test_attempts_that_would_wait_too_long_are_refused_and_cost_nothing() -> None:
    throttle = LoginThrottle()
    fail(throttle, 10)
    granted = [throttle.take_turn("alice", STRANGER, 0.0) for _ in range(1000)]
    waits = [wait for wait in granted if wait is not None]
    assert len(waits) <= LONGEST_WAIT_S / LONGEST_PENALTY_S + 1
    assert max(waits) <= LONGEST_WAIT_S
    assert granted[-1] is None
    wait_s = throttle.take_turn("alice", STRANGER, 3 * LONGEST_WAIT_S)
    assert wait_s == 0.0, "the refused ones have not put the next turn off"


@given(st.integers(FREE_FAILURES, 10_000))
def test_a_very_long_series_has_the_longest_penalty(failures: int) -> None:
    assert FIRST_PENALTY_S <= login_throttle._penalty_s(failures) <= LONGEST_PENALTY_S


ATTEMPTS = st.lists(st.tuples(st.sampled_from(["try", "fail"]), st.floats(0, 5)), max_size=40)


@given(ATTEMPTS)
def test_turns_of_a_pair_are_spaced_by_its_penalty(attempts: list[tuple[str, float]]) -> None:
    throttle, now, turns = LoginThrottle(), 0.0, list[float]()
    fail(throttle, FREE_FAILURES + 1)
    for what, gap_s in attempts:
        now += gap_s
        if what == "fail":
            throttle.failed("alice", STRANGER, now)
        elif (wait_s := throttle.take_turn("alice", STRANGER, now)) is not None:
            assert 0.0 <= wait_s <= LONGEST_WAIT_S
            turns.append(now + wait_s)
    least = login_throttle._penalty_s(FREE_FAILURES + 1)
    assert all(later - earlier >= least - 1e-6 for earlier, later in pairwise(turns))


@given(ATTEMPTS)
def test_nobody_at_another_address_notices_what_a_stranger_does(attempts: list[tuple[str, float]]) -> None:
    throttle, now = LoginThrottle(), 0.0
    for what, gap_s in attempts:
        now += gap_s
        if what == "fail":
            throttle.failed("alice", STRANGER, now)
        else:
            throttle.take_turn("alice", STRANGER, now)
        assert throttle.take_turn("alice", HOME, now) == 0.0


@given(ATTEMPTS, st.floats(0, 60))
def test_nobody_is_locked_out_for_good(attempts: list[tuple[str, float]], patience_s: float) -> None:
    throttle, now = LoginThrottle(), 0.0
    for what, gap_s in attempts:
        now += gap_s
        if what == "fail":
            throttle.failed("alice", HOME, now)
        else:
            throttle.take_turn("alice", HOME, now)
    later = now + 2 * LONGEST_WAIT_S + patience_s
    wait_s = throttle.take_turn("alice", HOME, later)
    assert wait_s is not None
    assert wait_s <= LONGEST_PENALTY_S


def test_memory_is_bounded_and_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "MAX_PAIRS", 10)
    throttle = LoginThrottle()
    for number in range(100):
        for _ in range(FREE_FAILURES + 1):
            throttle.failed(f"user{number}", STRANGER, 0.0)
    assert len(throttle._pairs) == 10
    assert throttle.take_turn("user89", STRANGER, 0.0) == 0.0
    assert throttle.take_turn("user99", STRANGER, 0.0)
