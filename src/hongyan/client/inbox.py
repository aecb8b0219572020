"""Messages on their way in: each handed over once and in the order of its conversation."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from hongyan.client.errors import ClientClosed, ClientError
from hongyan.client.models import Conversation, Message
from hongyan.client.position import Position

MAX_KEPT: Final = 1000
"""Deliveries of unknown conversations kept back while it is asked where those stand."""


class MessageQueue:
    """What is ready for the application, as an asynchronous iterator.

    It ends when the client is closed, and raises what ended the client otherwise.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._end: ClientError | None = None

    def __aiter__(self) -> "MessageQueue":
        return self

    async def __anext__(self) -> Message:
        while not self._messages:
            if self._end is not None:
                raise StopAsyncIteration if isinstance(self._end, ClientClosed) else self._end
            self._arrived.clear()
            await self._arrived.wait()
        message = self._messages.popleft()
        if not self.is_full:
            self._has_room.set()
        return message

    @property
    def is_full(self) -> bool:
        """Tell whether the application is too far behind to take more."""
        return len(self._messages) >= self._limit

    async def until_room(self) -> None:
        """Wait until it is not full."""
        while self.is_full:
            self._has_room.clear()
            await self._has_room.wait()

    def put(self, messages: Iterable[Message]) -> None:
        """Add messages; whoever adds looks at ``is_full`` before."""
        self._messages.extend(messages)
        self._arrived.set()

    def end(self, error: ClientError) -> None:
        """No message follows."""
        self._end = error
        self._arrived.set()


class Inbox:
    """The positions of all conversations, and the queue to the application.

    Args:
        queue: where messages are handed over.
        on_gap: told of a conversation that has fallen behind and must be filled from the history.
    """

    def __init__(self, queue: MessageQueue, on_gap: Callable[[Conversation], None]) -> None:
        self.queue = queue
        self._on_gap = on_gap
        self._positions: dict[Conversation, Position] = {}
        self._filling: set[Conversation] = set()
        self._strangers: list[Message] | None = None

    @property
    def conversations(self) -> list[Conversation]:
        """Every conversation whose position is known."""
        return list(self._positions)

    def begin(self, conversation: Conversation, floor: int) -> None:
        """Start the record of a conversation that is not known yet; a known one keeps its own."""
        self._positions.setdefault(conversation, Position(floor))

    def knows(self, conversation: Conversation) -> bool:
        """Tell whether there is a record."""
        return conversation in self._positions

    def position(self, conversation: Conversation) -> Position:
        """Return the record of a known conversation."""
        return self._positions[conversation]

    def pause(self) -> None:
        """Keep deliveries of unknown conversations back until it is known where those stand."""
        if self._strangers is None:
            self._strangers = []

    def resume(self) -> None:
        """Take the deliveries that were kept back."""
        strangers, self._strangers = self._strangers or [], None
        for message in strangers:
            self.arrive(message)

    def arrive(self, message: Message) -> None:
        """Take a delivery: hand it over, hold it, or leave it to the history."""
        conversation = message.conversation
        if self._strangers is not None and not self.knows(conversation) and len(self._strangers) < MAX_KEPT:
            self._strangers.append(message)
            return
        self.begin(conversation, message.msg_id)
        position = self._positions[conversation]
        if conversation in self._filling or self.queue.is_full:
            position.hold(message)
        else:
            self.queue.put(position.arrive(message))
        self._report_gap(conversation)

    def acked(self, conversation: Conversation, msg_id: int) -> None:
        """Learn the id of a message that was sent from here."""
        self.begin(conversation, msg_id)
        position = self._positions[conversation]
        position.acked(msg_id)
        if conversation not in self._filling and not self.queue.is_full:
            self.queue.put(position.advance())
        self._report_gap(conversation)

    def start_filling(self, conversation: Conversation) -> Position | None:
        """Reserve a conversation for one filler; ``None`` when there is nothing to do, or it is reserved."""
        if conversation in self._filling or not self._positions[conversation].is_behind:
            return None
        self._filling.add(conversation)
        return self._positions[conversation]

    def stop_filling(self, conversation: Conversation) -> None:
        """Give a conversation back to live deliveries."""
        self._filling.discard(conversation)
        self._report_gap(conversation)

    def _report_gap(self, conversation: Conversation) -> None:
        if self._positions[conversation].is_behind and conversation not in self._filling:
            self._on_gap(conversation)
