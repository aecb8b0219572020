"""Everything that the terminal client knows: events go in, what is to be shown comes out. No I/O."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from hongyan.chat.text import one_line
from hongyan.chat.thread import Delivery, Outgoing, Thread
from hongyan.client import (
    ClientState,
    Conversation,
    ConversationRemoved,
    Directory,
    Event,
    MembersChanged,
    Message,
    ReadElsewhere,
    ServerNotice,
    StateChanged,
    Typing,
    Unread,
)
from hongyan.client.models import preview

TYPING_SHOWN_S: Final = 8.0
"""A notice that somebody writes is shown this long, should the end of it get lost."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest message of a conversation, for the list."""

    at: float
    text: str
    sender_id: int


class ChatModel:
    """The state of the client.

    Attributes:
        own_id: who is logged in.
        directory: people and groups.
        unread: how many messages of a conversation have not been seen.
        latest: the newest message of each conversation in the list.
        muted: groups that do not ask for attention.
        open: the conversation on the screen.
        is_focused: whether somebody looks at the terminal, as far as it tells.
        state: how the connection fares.
        notice: the last thing the user should know, shown until the next one.

    Args:
        own_id: the user's id.
        clock: seconds that only rise, for what is shown for a while.
    """

    def __init__(self, own_id: int, clock: Callable[[], float]) -> None:
        self.own_id = own_id
        self.directory = Directory()
        self.unread: dict[Conversation, int] = {}
        self.latest: dict[Conversation, Latest] = {}
        self.muted: set[int] = set()
        self.open: Conversation | None = None
        self.is_focused = True
        self.state = StateChanged(ClientState.ONLINE)
        self.notice = ""
        self._clock = clock
        self._threads: dict[Conversation, Thread] = {}
        self._typing: dict[int, float] = {}

    def thread(self, conversation: Conversation) -> Thread:
        """Return what is known of a conversation, empty at first."""
        if conversation not in self._threads:
            self._threads[conversation] = Thread(conversation, self.own_id)
        return self._threads[conversation]

    def take_directory(self) -> None:
        """Take over the conversation list and the muted groups after a refresh of the directory."""
        for recent in self.directory.conversations.values():
            known = self.latest.get(recent.conversation)
            if known is None or recent.updated_at > known.at:
                text = one_line(preview(recent.latest))
                latest = Latest(recent.updated_at, text, recent.latest_sender_id)
                self.latest[recent.conversation] = latest
        self.muted |= {group.id for group in self.directory.groups.values() if group.is_muted}

    def take_unread(self, entries: Iterable[Unread]) -> None:
        """Take over the server's unread counters."""
        self.unread = {entry.conversation: entry.count for entry in entries}

    def take_message(self, message: Message) -> bool:
        """Take a live message and tell whether it asks for attention."""
        where = message.conversation
        self._typing.pop(message.sender_id, None)
        thread = self.thread(where)
        thread.add([message])
        thread.trim()
        self._note_latest(where, message.sent_at.timestamp(), message.text, message.sender_id)
        if message.is_own:
            self.unread.pop(where, None)  # whoever answers has read
            return False
        if self.is_reading(where):
            return False
        self.unread[where] = self.unread.get(where, 0) + 1
        return not self.is_muted(where)

    def take_history(self, conversation: Conversation, page: list[Message]) -> None:
        """Take a page of older messages; an empty one means that there are no more."""
        thread = self.thread(conversation)
        thread.add(page)
        thread.is_loaded = True
        thread.is_complete = not page or page[0].msg_id <= 1

    def take_offer(self, conversation: Conversation, text: str) -> None:
        """Show that somebody sends a file."""
        note = self.thread(conversation).note(text)
        self._note_latest(conversation, note.at.timestamp(), text, conversation.id)
        self.notice = text

    def start_send(self, conversation: Conversation, text: str) -> Outgoing:
        """Show a message of ours before it is stored."""
        outgoing = self.thread(conversation).start(text)
        self._note_latest(conversation, outgoing.at.timestamp(), text, self.own_id)
        self.unread.pop(conversation, None)
        return outgoing

    def finish_send(self, conversation: Conversation, outgoing: Outgoing, msg_id: int) -> None:
        """A message of ours is stored."""
        self.thread(conversation).finish(outgoing, msg_id)

    def fail_send(self, outgoing: Outgoing, problem: str) -> None:
        """A message of ours did not go out."""
        outgoing.delivery = Delivery.FAILED
        outgoing.problem = problem

    def mark_read(self, conversation: Conversation) -> int:
        """Note that a conversation is being read; return the id up to which, 0 when there is nothing new."""
        had_unread = self.unread.pop(conversation, 0)
        return self.thread(conversation).newest_id if had_unread else 0

    def is_reading(self, conversation: Conversation) -> bool:
        """Tell whether the user sees this conversation now."""
        return self.is_focused and self.open == conversation

    def is_muted(self, conversation: Conversation) -> bool:
        """Tell whether a conversation does not ask for attention."""
        return conversation.is_group and conversation.id in self.muted

    def apply(self, event: Event) -> None:
        """Take an event of the client."""
        self.directory.apply(event)
        match event:
            case StateChanged():
                self.state = event
            case Typing(user_id, is_typing):
                self._note_typing(user_id, is_typing=is_typing)
            case ReadElsewhere(conversation):
                self.unread.pop(conversation, None)
            case ConversationRemoved(conversation):
                self._remove(conversation)
            case MembersChanged():
                self._note_members(event)
            case ServerNotice(text=text):
                self.notice = one_line(text)

    def _note_latest(self, conversation: Conversation, at: float, text: str, sender_id: int) -> None:
        self.latest[conversation] = Latest(at, one_line(text), sender_id)

    def _note_typing(self, user_id: int, *, is_typing: bool) -> None:
        if is_typing:
            self._typing[user_id] = self._clock() + TYPING_SHOWN_S
        else:
            self._typing.pop(user_id, None)

    def _note_members(self, event: MembersChanged) -> None:
        group = Conversation.of_group(event.group_id)
        if self.own_id not in event.member_ids:
            self.notice = f"You are no longer in {one_line(self.directory.name_of(group))}"
            self._remove(group)
            self.directory.groups.pop(event.group_id, None)

    def _remove(self, conversation: Conversation) -> None:
        self.latest.pop(conversation, None)
        self.unread.pop(conversation, None)
        self.directory.conversations.pop(conversation, None)

    def is_typing(self, user_id: int) -> bool:
        """Tell whether a user is writing to us."""
        return self._typing.get(user_id, 0.0) > self._clock()
