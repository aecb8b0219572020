"""The record of one conversation: whatever the order of arrival, each message once and in order."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hongyan.client import Conversation, Message, Text
from hongyan.client.position import MAX_HELD, Position

BOB = Conversation.with_user(2)
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def message(msg_id: int) -> Message:
    return Message(BOB, msg_id, 2, NOW, Text(str(msg_id)), is_own=False)


def ids(messages: list[Message]) -> list[int]:
    return [one.msg_id for one in messages]


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=80),
    st.sets(st.integers(1, 30)),
    st.integers(1, 7),
)
def test_any_order_of_deliveries_acks_and_fills_gives_each_message_once(
    deliveries: list[int], own: set[int], page: int
) -> None:
    position = Position(0)
    handed: list[int] = []
    for msg_id in deliveries:
        if msg_id in own:
            position.acked(msg_id)
            handed += ids(position.advance())
        else:
            handed += ids(position.arrive(message(msg_id)))
    while position.is_behind:
        upto = min(position.target, position.reached + page)
        in_history = [message(msg_id) for msg_id in range(position.reached + 1, upto + 1)]
        handed += ids(position.fill(in_history, upto))
    expected = [msg_id for msg_id in range(1, max(deliveries) + 1) if msg_id not in own & set(deliveries)]
    assert handed == expected


def test_a_delivery_from_before_the_record_is_handed_over_once() -> None:
    position = Position(10)
    assert ids(position.arrive(message(10))) == [10]
    assert ids(position.arrive(message(10))) == []
    assert ids(position.arrive(message(11))) == [11]
    assert ids(position.arrive(message(10))) == []


def test_what_waits_behind_a_gap_is_bounded() -> None:
    position = Position(0)
    for msg_id in range(2, 1000):
        position.arrive(message(msg_id))
    assert ids(position.arrive(message(1))) == list(range(1, MAX_HELD + 2))
    assert position.is_behind
    assert position.target == 999
