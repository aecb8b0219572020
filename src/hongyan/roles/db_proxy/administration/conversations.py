"""What users wrote, as they see it themselves."""

from typing import Final

from hongyan.administration import conversations
from hongyan.administration.conversations import (
    Conversation,
    Conversations,
    History,
    HistoryQuery,
    MarkedRead,
    MarkRead,
    OfUser,
    PushToken,
    StoredMessage,
    Unread,
    UnreadCount,
)
from hongyan.administration.table import Caller, Nothing, SessionKind
from hongyan.roles.db_proxy.administration.desk import Desk, deed
from hongyan.roles.db_proxy.convert import AUDIO_TYPES
from hongyan.store import messages, roster, sessions, tokens, unread
from hongyan.store.entries import SessionType
from hongyan.store.messages import LatestMessage, MessageRow

TYPES: Final[dict[SessionKind, int]] = {"single": SessionType.SINGLE, "group": SessionType.GROUP}
_KINDS: Final[dict[int, SessionKind]] = {number: kind for kind, number in TYPES.items()}


class ConversationOperations:
    """Serves ``conversation.*`` and ``push.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.on(conversations.HISTORY, self._history)
        desk.on(conversations.LIST, self._list)
        desk.on(conversations.UNREAD, self._unread)
        desk.on(conversations.READ, self._read)
        desk.on(conversations.SET_PUSH_TOKEN, self._set_push_token)

    async def _history(self, arguments: HistoryQuery, _caller: Caller) -> History:
        await self._desk.read(roster.get, arguments.user_id)
        rows = await self._desk.read(
            messages.history,
            arguments.user_id,
            TYPES[arguments.kind],
            arguments.peer_id,
            max(arguments.before - 1, 0),
            arguments.limit if arguments.before != 1 else 0,
        )
        return History(messages=tuple(map(_message, rows)))

    async def _list(self, arguments: OfUser, _caller: Caller) -> Conversations:
        await self._desk.read(roster.get, arguments.user_id)
        rows = await self._desk.read(sessions.recent, arguments.user_id, 0)
        found = (
            Conversation(
                kind=_KINDS[row.session_type],
                peer_id=row.peer_id,
                updated=row.updated,
                latest=_latest(row.latest, row.updated),
            )
            for row in rows
        )
        return Conversations(conversations=tuple(found))

    async def _unread(self, arguments: OfUser, _caller: Caller) -> Unread:
        await self._desk.read(roster.get, arguments.user_id)
        rows = await self._desk.read(unread.unread, arguments.user_id)
        counts = tuple(
            UnreadCount(kind=_KINDS[row.session_type], peer_id=row.peer_id, unread=row.unread) for row in rows
        )
        return Unread(total=sum(count.unread for count in counts), conversations=counts)

    async def _read(self, arguments: MarkRead, _caller: Caller) -> MarkedRead:
        where = (arguments.user_id, TYPES[arguments.kind], arguments.peer_id)
        await self._desk.read(roster.get, arguments.user_id)
        self._desk.backend.journal.mark_read(*where)
        await self._desk.backend.journal.settled()
        newest = await self._desk.read(messages.history, *where, begin=0, limit=1)
        return MarkedRead(msg_id=newest[0].msg_id if newest else 0)

    async def _set_push_token(self, arguments: PushToken, caller: Caller) -> Nothing:
        await self._desk.read(roster.get, arguments.user_id)
        done = deed(conversations.SET_PUSH_TOKEN, arguments, caller, arguments.user_id)
        await self._desk.change(
            done,
            lambda c: tokens.set_token(c, arguments.user_id, arguments.platform, arguments.token),
        )
        return Nothing()


def _message(row: MessageRow) -> StoredMessage:
    is_audio = row.msg_type in AUDIO_TYPES
    return StoredMessage(
        msg_id=row.msg_id,
        from_user_id=row.sender,
        created=row.created,
        type="audio" if is_audio else "text",
        content=None if is_audio else row.content,
    )


def _latest(row: LatestMessage, updated: int) -> StoredMessage | None:
    """The newest message, whose time is that of the conversation; a single one names the peer as sender."""
    if not row.msg_id:
        return None
    return _message(MessageRow(row.msg_id, row.sender, updated, row.msg_type, row.content))
