"""How often somebody may ask."""

from hongyan.rules.rate import Rates


def test_a_minutes_worth_at_once_then_one_after_the_other() -> None:
    rates = Rates()
    assert [rates.take("a", 60, 0.0) for _ in range(60)] == [0.0] * 60
    assert rates.take("a", 60, 0.0) == 1.0
    assert rates.take("a", 60, 0.5) == 0.5
    assert rates.take("a", 60, 1.0) == 0.0
    assert rates.take("b", 60, 1.0) == 0.0


def test_waiting_gives_back_no_more_than_there_was() -> None:
    rates = Rates()
    rates.take("a", 2, 0.0)
    assert rates.left("a", 2, 1e6) == 2


def test_whoever_asked_least_lately_is_forgotten() -> None:
    rates = Rates(max_known=2)
    for who in "abc":
        rates.take(who, 1, 0.0)
    assert [rates.left(who, 1, 0.0) for who in "abc"] == [1, 0, 0]
