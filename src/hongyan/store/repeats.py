"""Recognises a message that its sender sends again because the first ack never reached him."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from hongyan.errors import ID_IS_TAKEN, ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.entries import PendingMessage
from hongyan.store.schema import CLIENT_MESSAGE

COLUMNS = ("userId", "clientMsgId", "sessionType", "peerId", "msgId", "created")

ClientKey = tuple[int, str]
"""Sender and the sender's own id of the message."""


class Stored(NamedTuple):
    """Where a client's message was stored."""

    session_type: int
    peer: int
    msg_id: int


First = Stored | PendingMessage
"""What a repeat repeats: a row of an earlier transaction or a message of this one."""


def stored_before(connection: Connection, entries: Iterable[PendingMessage]) -> dict[ClientKey, First]:
    """What is stored already of messages that carry a client message id."""
    flat: list[int | str] = []
    for entry in entries:
        if entry.client_msg_id:
            flat += (entry.sender, entry.client_msg_id)
    rows = bulk.find_rows(connection, CLIENT_MESSAGE, COLUMNS[:2], COLUMNS[:5], flat)
    return {(row[0], row[1]): Stored(row[2], row[3], row[4]) for row in rows}


def is_stray(entry: PendingMessage, known: Mapping[ClientKey, First]) -> bool:
    """Whether a message carries the id of one that its sender wrote in another conversation."""
    first = known.get((entry.sender, entry.client_msg_id))
    return first is not None and not _is_repeat(entry, first)


def answer_repeat(entry: PendingMessage, first: First) -> None:
    """Give a repeat the number of the first; an id reused for another conversation is refused."""
    entry.duplicate = True
    if _is_repeat(entry, first):
        entry.msg_id = first.msg_id
    else:
        entry.error = RefusedError(ErrorCode.NOT_ALLOWED, ID_IS_TAKEN)


def _is_repeat(entry: PendingMessage, first: First) -> bool:
    return (first.session_type, first.peer) == (entry.session_type, entry.peer)
