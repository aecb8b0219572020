"""The messages of one conversation as they are shown, and those that are on their way out."""

import heapq
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from hongyan.client import Conversation, Message, Text

MAX_KEPT: Final = 2000
"""Messages of one conversation in memory; older ones are loaded again when somebody scrolls up."""
MAX_NOTES: Final = 100
"""Notes of one conversation in memory; the oldest are forgotten."""


class Delivery(Enum):
    """How a message of ours fares."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class Outgoing:
    """A message that is not stored yet; a retry keeps its id, so that it is stored once."""

    text: str
    at: datetime
    delivery: Delivery = Delivery.PENDING
    problem: str = ""
    client_msg_id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as it is shown; or a note of this program, which nobody wrote."""

    sender_id: int
    text: str
    at: datetime
    is_own: bool
    delivery: Delivery = Delivery.SENT
    problem: str = ""
    is_readable: bool = True
    is_note: bool = False


class Thread:
    """What is known of one conversation.

    Attributes:
        is_loaded: the newest page has been fetched.
        is_complete: nothing older exists.
        draft: what was being written when another conversation was opened.
    """

    def __init__(self, conversation: Conversation, own_id: int) -> None:
        self.conversation = conversation
        self.is_loaded = False
        self.is_complete = False
        self.draft = ""
        self._own_id = own_id
        self._messages: dict[int, Message] = {}
        self._outgoing: list[Outgoing] = []
        self._notes: deque[Entry] = deque(maxlen=MAX_NOTES)

    @property
    def oldest_id(self) -> int:
        """The id of the first message here, 0 when there is none."""
        return min(self._messages, default=0)

    @property
    def newest_id(self) -> int:
        """The id of the last message here, 0 when there is none."""
        return max(self._messages, default=0)

    @property
    def failed(self) -> list[Outgoing]:
        """Messages of ours that did not go out."""
        return [one for one in self._outgoing if one.delivery is Delivery.FAILED]

    def add(self, messages: Iterable[Message]) -> None:
        """Merge messages, live ones or a page of the history."""
        self._messages |= {message.msg_id: message for message in messages}

    def trim(self) -> None:
        """Forget the oldest messages beyond what is kept."""
        for msg_id in sorted(self._messages)[:-MAX_KEPT]:
            del self._messages[msg_id]
            self.is_complete = False

    def start(self, text: str) -> Outgoing:
        """Show a message before it is stored."""
        outgoing = Outgoing(text, datetime.now(UTC))
        self._outgoing.append(outgoing)
        return outgoing

    def finish(self, outgoing: Outgoing, msg_id: int) -> None:
        """The message is stored."""
        self._outgoing.remove(outgoing)
        content = Text(outgoing.text)
        self.add([Message(self.conversation, msg_id, self._own_id, outgoing.at, content, is_own=True)])

    def note(self, text: str) -> Entry:
        """Show something that is no message and that only this program knows."""
        entry = Entry(self._own_id, text, datetime.now(UTC), is_own=False, is_note=True)
        self._notes.append(entry)
        return entry

    def entries(self) -> list[Entry]:
        """Everything as it is shown: what is stored with the notes among it, then what is on its way."""
        stored = (_stored_entry(self._messages[msg_id]) for msg_id in sorted(self._messages))
        shown = list(heapq.merge(stored, self._notes, key=lambda entry: entry.at))
        return shown + [self._outgoing_entry(one) for one in self._outgoing]

    def _outgoing_entry(self, one: Outgoing) -> Entry:
        return Entry(self._own_id, one.text, one.at, is_own=True, delivery=one.delivery, problem=one.problem)


def _stored_entry(message: Message) -> Entry:
    is_readable = not isinstance(message.content, Text) or message.content.is_readable
    return Entry(message.sender_id, message.text, message.sent_at, message.is_own, is_readable=is_readable)
