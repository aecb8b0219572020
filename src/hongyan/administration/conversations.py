"""Operations on what users wrote: history, the list of conversations, unread counts, push tokens."""

from typing import Annotated, Final, Literal

from pydantic import Field

from hongyan.administration.table import Id, IdOrNone, Model, Nothing, SessionKind, operation


class HistoryQuery(Model):
    """A page of a conversation as one user sees it, newest first; ``before`` 0 begins at the newest."""

    user_id: Id
    kind: SessionKind
    peer_id: Id
    before: IdOrNone = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class StoredMessage(Model):
    """A message; ``content`` as it is stored, which is encrypted, and null for a voice message."""

    msg_id: int
    from_user_id: int
    created: int
    type: Literal["text", "audio"]
    content: str | None


class History(Model):
    """A page of messages."""

    messages: tuple[StoredMessage, ...]


class OfUser(Model):
    """About one user."""

    user_id: Id


class Conversation(Model):
    """A conversation of a user and its newest message."""

    kind: SessionKind
    peer_id: int
    updated: int
    latest: StoredMessage | None


class Conversations(Model):
    """The hundred newest conversations."""

    conversations: tuple[Conversation, ...]


class UnreadCount(Model):
    """How much of a conversation is unread."""

    kind: SessionKind
    peer_id: int
    unread: int


class Unread(Model):
    """What a user has not read."""

    total: int
    conversations: tuple[UnreadCount, ...]


class MarkRead(Model):
    """A user has read a conversation."""

    user_id: Id
    kind: SessionKind
    peer_id: Id


class MarkedRead(Model):
    """What is read now: everything up to the message ``msg_id``, 0 when there is none."""

    msg_id: int


class PushToken(Model):
    """The token of a user's phone; an empty one ends the pushes."""

    user_id: Id
    platform: Literal["ios", "android"]
    token: Annotated[str, Field(max_length=255)]


HISTORY: Final = operation("conversation.history", HistoryQuery, History)
LIST: Final = operation("conversation.list", OfUser, Conversations)
UNREAD: Final = operation("conversation.unread", OfUser, Unread)
READ: Final = operation("conversation.read", MarkRead, MarkedRead)
SET_PUSH_TOKEN: Final = operation("push.set_token", PushToken, Nothing, secret=("token",))
