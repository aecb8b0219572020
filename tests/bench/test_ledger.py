"""The books: each kind of fault is found, and nothing else is."""

import pytest

from hongyan.bench.ledger import Conversation, Findings, Inbox

ANNA, BOB = b"anna", b"bob"


def _taking(*ids: int) -> Inbox:
    inbox = Inbox()
    for id_ in ids:
        inbox.take(id_)
    return inbox


def _conversation(acked: list[int], delivered: list[int]) -> Conversation:
    """One sender whose messages were acked under these ids (0 for never), one receiver."""
    books = Conversation()
    outgoing, inbox = books.sender(ANNA), books.receiver()
    for index, id_ in enumerate(acked):
        outgoing.sent(0.0)
        outgoing.ack_ids[index] = id_
        outgoing.delivered_ids[index] = id_ if id_ in delivered else 0
    for id_ in delivered:
        inbox.take(id_)
    return books


@pytest.mark.parametrize(
    ("acked", "delivered", "expected"),
    [
        ([5, 6, 7], [5, 6, 7], Findings()),
        ([5, 6, 7], [5, 7], Findings(lost=1)),
        ([5, 6, 7], [6, 7], Findings(lost=1)),
        ([5, 6, 7], [5, 6], Findings(lost=1)),
        ([5, 6, 7], [], Findings(lost=3)),
        ([5, 6, 7], [5, 6, 6, 7], Findings(duplicated=1)),
        ([5, 6, 7], [5, 7, 6], Findings(reordered=1)),
        ([5, 6, 7], [6, 5, 7], Findings(reordered=1)),
        ([5, 7, 6], [5, 6, 7], Findings(reordered=1)),
        ([5, 7, 8], [5, 7, 8], Findings(id_gaps=1)),
        ([5, 0, 6], [5, 6], Findings(unacked=1)),
        ([5, 5], [5, 5], Findings(mismatched=1, duplicated=1)),
    ],
)
def test_an_audit_names_what_is_wrong(acked: list[int], delivered: list[int], expected: Findings) -> None:
    assert _conversation(acked, delivered).audit() == expected


def test_a_message_delivered_under_another_id_than_it_was_acked_is_a_mismatch() -> None:
    books = _conversation([1, 2], [1, 2])
    books.sender(ANNA).delivered_ids[1] = 9
    assert books.audit() == Findings(mismatched=1)


def test_a_refused_message_is_not_missed() -> None:
    books = _conversation([1, 0, 2], [1, 2])
    books.sender(ANNA).refused.add(1)
    assert books.audit() == Findings()


def test_members_of_a_group_do_not_get_their_own_messages_but_everybody_elses() -> None:
    books = Conversation()
    for mark, ids in ((ANNA, (1, 3)), (BOB, (2, 4))):
        for index, id_ in enumerate(ids):
            books.sender(mark).sent(0.0)
            books.sender(mark).ack_ids[index] = id_
    inboxes = {mark: books.receiver(mark) for mark in (ANNA, BOB, b"")}
    for mark, ids in ((ANNA, (2, 4)), (BOB, (1,)), (b"", (1, 2, 3, 4))):
        for id_ in ids:
            inboxes[mark].take(id_)
    assert books.audit() == Findings(lost=1)


def test_an_inbox_knows_what_it_has() -> None:
    inbox = _taking(10, 11, 13, 8)
    assert [id_ for id_ in range(7, 15) if inbox.has(id_)] == [8, 10, 11, 13]
    assert inbox.gaps() == {12}
    assert (inbox.reordered, inbox.duplicated) == (1, 0)
