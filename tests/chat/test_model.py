"""The model: what happens goes in, what is to be shown comes out."""

import pytest

from hongyan.chat.model import TYPING_SHOWN_S, ChatModel
from hongyan.chat.rows import ContactRow, Heading, contact_rows, conversation_rows, department_path
from hongyan.chat.thread import MAX_KEPT, Delivery, Thread
from hongyan.client import (
    Conversation,
    ConversationRemoved,
    Department,
    Directory,
    MembersChanged,
    Presence,
    ReadElsewhere,
    ServerNotice,
    SignatureChanged,
    StatusChanged,
    Text,
    Typing,
    Unread,
)

from .stub import ANNA, BOB, TEAM, TO_BOB, WANG, StubClient, message


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def model(clock: Clock) -> ChatModel:
    model = ChatModel(ANNA, clock)
    directory = Directory()
    await directory.refresh(StubClient())  # type: ignore[arg-type]
    model.directory = directory
    model.take_directory()
    return model


def titles(model: ChatModel) -> list[str]:
    return [row.title for row in conversation_rows(model)]


async def test_conversations_are_listed_by_their_newest_message(model: ChatModel) -> None:
    assert titles(model) == ["Bob", "Team 团队"]
    model.take_message(message(500, "news", TEAM, WANG))
    assert titles(model) == ["Team 团队", "Bob"]
    team = conversation_rows(model)[0]
    assert (team.preview, team.unread, team.is_online) == ("王伟: news", 1, False)


async def test_a_message_counts_as_unread_unless_somebody_looks(model: ChatModel) -> None:
    assert model.take_message(message(101, "a"))
    model.open = TO_BOB
    assert model.mark_read(TO_BOB) == 101
    assert not model.take_message(message(102, "b"))
    assert TO_BOB not in model.unread
    model.is_focused = False
    assert model.take_message(message(103, "c"))
    assert model.unread[TO_BOB] == 1


async def test_an_own_message_from_another_device_means_that_it_was_read(model: ChatModel) -> None:
    model.take_message(message(101, "a"))
    assert not model.take_message(message(102, "from the phone", sender=ANNA))
    assert TO_BOB not in model.unread
    assert model.thread(TO_BOB).entries()[-1].is_own


async def test_a_muted_group_asks_for_no_attention(model: ChatModel) -> None:
    model.muted.add(TEAM.id)
    assert not model.take_message(message(2, "x", TEAM, WANG))
    row = next(row for row in conversation_rows(model) if row.conversation == TEAM)
    assert (row.is_muted, row.unread) == (True, 1)


async def test_messages_merge_by_id_whatever_the_order_of_pages(model: ChatModel) -> None:
    model.take_message(message(101, "live"))
    model.take_history(TO_BOB, [message(100, "b"), message(101, "live")])
    model.take_history(TO_BOB, [message(99, "a")])
    thread = model.thread(TO_BOB)
    assert [entry.text for entry in thread.entries()] == ["a", "b", "live"]
    assert (thread.oldest_id, thread.newest_id, thread.is_complete) == (99, 101, False)
    model.take_history(TO_BOB, [])
    assert thread.is_complete


async def test_a_message_of_ours_is_shown_at_once_and_then_takes_its_place(model: ChatModel) -> None:
    outgoing = model.start_send(TO_BOB, "mine")
    model.take_message(message(101, "theirs"))
    entries = model.thread(TO_BOB).entries()
    assert [(entry.text, entry.delivery) for entry in entries] == [
        ("theirs", Delivery.SENT),
        ("mine", Delivery.PENDING),
    ]
    model.finish_send(TO_BOB, outgoing, 100)
    assert [entry.text for entry in model.thread(TO_BOB).entries()] == ["mine", "theirs"]


async def test_a_message_that_failed_stays_with_its_reason(model: ChatModel) -> None:
    model.fail_send(model.start_send(TO_BOB, "mine"), "too long")
    (entry,) = model.thread(TO_BOB).entries()
    assert (entry.delivery, entry.problem) == (Delivery.FAILED, "too long")
    assert len(model.thread(TO_BOB).failed) == 1


async def test_typing_shows_until_it_ends_a_message_comes_or_it_is_forgotten(
    model: ChatModel, clock: Clock
) -> None:
    typing = Typing(BOB, is_typing=True)
    model.apply(typing)
    assert conversation_rows(model)[0].preview == "is typing…"
    model.apply(Typing(BOB, is_typing=False))
    assert not model.is_typing(BOB)
    model.apply(typing)
    model.take_message(message(101, "x"))
    assert not model.is_typing(BOB)
    model.apply(typing)
    clock.now += TYPING_SHOWN_S + 1
    assert not model.is_typing(BOB)


async def test_what_other_devices_do_shows_here(model: ChatModel) -> None:
    model.take_unread([Unread(TO_BOB, 3, 100, Text("x"), BOB)])
    model.apply(ReadElsewhere(TO_BOB, 100))
    assert model.unread == {}
    model.apply(ConversationRemoved(TO_BOB))
    assert titles(model) == ["Team 团队"]


async def test_people_change(model: ChatModel) -> None:
    model.apply(StatusChanged(WANG, Presence.ONLINE))
    model.apply(SignatureChanged(WANG, "忙"))
    row = next(row for row in contact_rows(model, "王伟") if isinstance(row, ContactRow))
    assert (row.is_online, row.detail) == (True, "忙")


async def test_leaving_a_group_takes_it_off_the_lists_and_says_so(model: ChatModel) -> None:
    model.apply(MembersChanged(TEAM.id, WANG, True, (ANNA, WANG, BOB), (BOB,)))  # noqa: FBT003
    assert model.directory.groups[TEAM.id].member_ids == (ANNA, WANG, BOB)
    model.apply(MembersChanged(TEAM.id, WANG, False, (WANG,), (ANNA,)))  # noqa: FBT003
    assert titles(model) == ["Bob"]
    assert "no longer in Team 团队" in model.notice
    model.apply(ServerNotice(3, "not\nallowed", 0x0303))
    assert model.notice == "not allowed"


async def test_contacts_stand_by_department_without_ourselves_and_the_search_narrows(
    model: ChatModel,
) -> None:
    rows = contact_rows(model)
    assert [row.title for row in rows] == ["研发", "王伟", "Sales", "Bob", "Groups", "Team 团队"]
    assert [row.title for row in contact_rows(model, "wang")] == ["研发", "王伟"]
    assert [row.title for row in contact_rows(model, "团")] == ["Groups", "Team 团队"]
    assert isinstance(rows[0], Heading)


def test_a_department_in_a_circle_is_named_once() -> None:
    circle = {1: Department(1, "a", 2), 2: Department(2, "b", 1)}
    assert department_path(circle, 1) == "b / a"
    assert department_path({}, 7) == "Others"


async def test_the_open_conversation_is_listed_before_anything_is_written(model: ChatModel) -> None:
    model.open = Conversation.with_user(WANG)
    assert titles(model)[-1] == "王伟"


def test_a_long_conversation_keeps_its_newest_messages() -> None:
    thread = Thread(TO_BOB, ANNA)
    thread.is_complete = True
    thread.add(message(number, "x") for number in range(1, MAX_KEPT + 11))
    thread.trim()
    assert thread.oldest_id == 11
    assert not thread.is_complete
