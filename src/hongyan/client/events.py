"""What happens besides messages, and who is told of it."""

import asyncio
import weakref
from collections import deque
from dataclasses import dataclass
from enum import Enum

from hongyan.client.errors import ClientClosed, ClientError
from hongyan.client.models import Conversation, Presence
from hongyan.client.transfers.offer import FileOffer


class ClientState(Enum):
    """The life of a client."""

    NEW = "new"
    CONNECTING = "connecting"
    ONLINE = "online"
    WAITING = "waiting to reconnect"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The connection changed; ``error`` says why it is lost, ``retry_in_s`` when it is tried again."""

    state: ClientState
    error: ClientError | None = None
    retry_in_s: float | None = None


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """Somebody's PC went online or offline."""

    user_id: int
    presence: Presence


@dataclass(frozen=True, slots=True)
class ReadElsewhere:
    """A conversation was read on another device of this account."""

    conversation: Conversation
    msg_id: int


@dataclass(frozen=True, slots=True)
class ConversationRemoved:
    """A conversation was removed from the list on another device of this account."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """A group's members changed; ``member_ids`` are those who are in it now."""

    group_id: int
    changed_by: int
    was_added: bool
    member_ids: tuple[int, ...]
    changed_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SignatureChanged:
    """Somebody changed the signature line."""

    user_id: int
    signature: str


@dataclass(frozen=True, slots=True)
class AvatarChanged:
    """Somebody changed the avatar."""

    user_id: int
    avatar_url: str


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody started or stopped writing to us."""

    user_id: int
    is_typing: bool


@dataclass(frozen=True, slots=True)
class PeerCommand:
    """A client-to-client command that is not about typing, such as a window shake; ``data`` as it came."""

    user_id: int
    data: str


@dataclass(frozen=True, slots=True)
class PcLoginChanged:
    """This account's PC logged in or out; only phones are told."""

    is_online: bool


@dataclass(frozen=True, slots=True)
class FileOffered:
    """Somebody sends us a file that can be received, or refused, now."""

    offer: FileOffer


@dataclass(frozen=True, slots=True)
class ServerNotice:
    """The server refused something that nobody waits for."""

    code: int
    text: str
    command_id: int


Event = (
    StateChanged
    | StatusChanged
    | ReadElsewhere
    | ConversationRemoved
    | MembersChanged
    | SignatureChanged
    | AvatarChanged
    | Typing
    | PeerCommand
    | PcLoginChanged
    | FileOffered
    | ServerNotice
)


class Subscription:
    """An asynchronous iterator over events from the moment it was made.

    It ends when the client is closed, and raises what ended the client otherwise.
    """

    def __init__(self, limit: int) -> None:
        self._events: deque[Event] = deque(maxlen=limit)
        self._arrived = asyncio.Event()
        self._end: ClientError | None = None

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._end is not None:
                raise StopAsyncIteration if isinstance(self._end, ClientClosed) else self._end
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()

    def put(self, event: Event) -> None:
        """Add an event; the oldest is dropped when too many wait, since newer ones supersede it."""
        self._events.append(event)
        self._arrived.set()

    def end(self, error: ClientError) -> None:
        """No event follows."""
        self._end = error
        self._arrived.set()


class EventHub:
    """Gives every event to every subscription."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # weak, so that an iterator that nobody reads any more is forgotten
        self._subscriptions: weakref.WeakSet[Subscription] = weakref.WeakSet()
        self._end: ClientError | None = None

    def subscribe(self) -> Subscription:
        """Start a subscription."""
        subscription = Subscription(self._limit)
        if self._end is not None:
            subscription.end(self._end)
        self._subscriptions.add(subscription)
        return subscription

    def publish(self, event: Event) -> None:
        """Give an event to all."""
        for subscription in self._subscriptions:
            subscription.put(event)

    def end(self, error: ClientError) -> None:
        """End all subscriptions, those to come included."""
        self._end = error
        for subscription in self._subscriptions:
            subscription.end(error)
