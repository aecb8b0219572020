"""Messages: sent and read in the name of a user."""

from http import HTTPStatus
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from hongyan.administration import conversations, users
from hongyan.administration.conversations import HistoryQuery, MarkRead, OfUser, StoredMessage, Unread
from hongyan.administration.table import Id, IdOrNone, Model, SessionKind
from hongyan.administration.users import Ids
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.http_msg.api.asking import Asker, may
from hongyan.roles.http_msg.api.parameters import Arguments, PeerId, UserId
from hongyan.roles.http_msg.sending import Outgoing

router = APIRouter(tags=["messages"])
Reader = Annotated[Asker, may("messages:read")]
Writer = Annotated[Asker, may("messages:send")]
MAX_TEXT_CHARS = 3068
"""What the stored form has room for, if all of it is ASCII."""


class MessageNew(Model):
    """A text to one user or one group.

    A bot writes in its own name; any other key says in whose. A request that is sent again with the same
    ``client_msg_id`` is stored once.
    """

    from_user_id: Id | None = None
    to_user_id: Id | None = None
    to_group_id: Id | None = None
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS)]
    client_msg_id: Annotated[str, Field(max_length=64, pattern=r"^[\x21-\x7e]*$")] = ""

    @model_validator(mode="after")
    def _to_one(self) -> Self:
        if (self.to_user_id is None) == (self.to_group_id is None):
            raise ValueError("either to_user_id or to_group_id")
        return self


class MessageSent(Model):
    """A message that is stored; a duplicate was stored before, under the same id."""

    msg_id: int
    from_user_id: int
    created: int
    duplicate: bool


class Message(Model):
    """A message; ``text`` is null for a voice message."""

    msg_id: int
    from_user_id: int
    created: int
    type: Literal["text", "audio"]
    text: str | None


class MessageList(Model):
    """A page of a conversation, newest first."""

    messages: tuple[Message, ...]


class HistoryPage(Model):
    """Which page: what is older than the message ``before``; 0 begins at the newest."""

    before: IdOrNone = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Newest(Model):
    """The newest message of a conversation."""

    msg_id: int
    type: Literal["text", "audio"]
    text: str | None


class Conversation(Model):
    """A conversation of a user and its newest message."""

    kind: SessionKind
    peer_id: int
    updated: int
    newest: Newest | None


class ConversationList(Model):
    """The hundred newest conversations."""

    conversations: tuple[Conversation, ...]


@router.post("/messages", status_code=HTTPStatus.CREATED)
async def send_message(asker: Writer, message: MessageNew) -> MessageSent:
    """Send a text. It is stored when the answer comes, and delivered to everybody who is online."""
    sender = message.from_user_id or asker.holder.user_id
    if not sender:
        raise RefusedError(ErrorCode.MALFORMED, "from_user_id: this key is no bot's, so it must be given")
    asker.check_may_be(sender)
    await _check_people(asker, sender, message)
    sent = await asker.sender.send(
        Outgoing(
            sender,
            message.to_user_id or message.to_group_id or 0,
            message.to_group_id is not None,
            message.text,
            message.client_msg_id,
        )
    )
    return MessageSent(
        msg_id=sent.msg_id, from_user_id=sender, created=sent.created, duplicate=sent.is_duplicate
    )


@router.get("/users/{user_id}/conversations")
async def list_conversations(asker: Reader, user_id: UserId) -> ConversationList:
    """List the conversations of a user, newest first."""
    asker.check_may_be(user_id)
    found = await asker.call(conversations.LIST, OfUser(user_id=user_id))
    return ConversationList(
        conversations=tuple(
            Conversation(
                kind=each.kind, peer_id=each.peer_id, updated=each.updated, newest=_newest(asker, each.latest)
            )
            for each in found.conversations
        )
    )


@router.get("/users/{user_id}/conversations/{kind}/{peer_id}/messages")
async def get_history(
    asker: Reader, user_id: UserId, kind: SessionKind, peer_id: PeerId, page: Arguments[HistoryPage]
) -> MessageList:
    """Return a page of a conversation, as the user sees it."""
    asker.check_may_be(user_id)
    query = HistoryQuery(user_id=user_id, kind=kind, peer_id=peer_id, before=page.before, limit=page.limit)
    found = await asker.call(conversations.HISTORY, query)
    return MessageList(
        messages=tuple(
            Message(
                msg_id=each.msg_id,
                from_user_id=each.from_user_id,
                created=each.created,
                type=each.type,
                text=_text(asker, each),
            )
            for each in found.messages
        )
    )


@router.get("/users/{user_id}/unread")
async def get_unread(asker: Reader, user_id: UserId) -> Unread:
    """Count what a user has not read."""
    asker.check_may_be(user_id)
    return await asker.call(conversations.UNREAD, OfUser(user_id=user_id))


@router.post("/users/{user_id}/conversations/{kind}/{peer_id}/read", status_code=HTTPStatus.NO_CONTENT)
async def mark_read(asker: Writer, user_id: UserId, kind: SessionKind, peer_id: PeerId) -> None:
    """Mark everything in a conversation as read. Devices of the user that are online hear of it."""
    asker.check_may_be(user_id)
    read = await asker.call(conversations.READ, MarkRead(user_id=user_id, kind=kind, peer_id=peer_id))
    asker.live.tell_read(user_id, kind, peer_id, read.msg_id)


async def _check_people(asker: Asker, sender: int, message: MessageNew) -> None:
    """Refuse to write in the name of nobody, or to nobody: msg_server knows its clients, the API does not."""
    who = {sender, message.to_user_id or sender}
    known = await asker.call(users.NAMES, Ids(ids=tuple(sorted(who))))
    for user_id in sorted(who - known.names.keys()):
        raise RefusedError(ErrorCode.NOT_FOUND, f"there is no user {user_id}")


def _text(asker: Asker, message: StoredMessage) -> str | None:
    return None if message.content is None else asker.sender.read(message.content)


def _newest(asker: Asker, latest: StoredMessage | None) -> Newest | None:
    if latest is None:
        return None
    return Newest(msg_id=latest.msg_id, type=latest.type, text=_text(asker, latest))
