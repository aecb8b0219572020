"""Storing messages: the hot path of db_proxy (spec/storage.md 3.2, 3.3)."""

from collections import deque
from collections.abc import Sequence
from typing import Final, cast

from hongyan.cluster.link import Link
from hongyan.errors import BackendError, ErrorCode, HongyanError, RefusedError
from hongyan.reactor.dispatch import Routes
from hongyan.roles.db_proxy.voice import VoiceMessages
from hongyan.store.entries import MAX_CONTENT_CHARS, PendingMessage
from hongyan.store.journal import Journal
from hongyan.tasks import Tasks
from hongyan.wire import commands
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import MSG_TYPE_GROUP_AUDIO, MSG_TYPE_SINGLE_AUDIO
from hongyan.wire.pb.message_pb2 import IMMsgData, IMMsgDataReadAck
from hongyan.wire.text import client_msg_id

_Context = tuple[Link, IMMsgData, int]
"""What an entry remembers of its request: who sent it, the message to answer with, its seq."""
_Direction = tuple[int, int, int]
"""Sender, peer, and 1 for a group: what keeps its order."""
MAX_BEHIND_VOICE: Final = 100
"""Messages that may wait for a voice message of the same sender in the same conversation."""
_AUDIO: Final = frozenset({MSG_TYPE_SINGLE_AUDIO, MSG_TYPE_GROUP_AUDIO})


class MessageHandlers:
    """Puts messages into the journal and answers when it says they are stored.

    A text goes straight into the journal: no task, no future. A voice message is first written to
    its own file, in a task, and follows.
    """

    def __init__(
        self, tables: Sequence[Routes[Link]], tasks: Tasks, voice: VoiceMessages, journal: Journal
    ) -> None:
        self._tasks = tasks
        self._voice = voice
        self._journal = journal
        self._voices: dict[_Direction, deque[_Context]] = {}
        for routes in tables:
            routes.on(commands.MSG_DATA, self._store)
        tables[0].on(commands.MSG_READ_ACK, self._mark_read)

    def _store(self, link: Link, message: IMMsgData, frame: Frame) -> None:
        if self._voices and self._wait_behind_voice(link, message, frame.seq):
            return
        if message.msg_type in _AUDIO:
            self._voices[_direction(message)] = deque([(link, message, frame.seq)])
            self._tasks.attempt("voice message", self._store_voices(_direction(message)))
        else:
            self._store_text(link, message, frame.seq)

    def _store_text(self, link: Link, message: IMMsgData, seq: int) -> None:
        try:
            self._append(link, message, seq, _as_text(message.msg_data))
        except RefusedError as error:
            _answer(link, message, seq, error)

    def _append(self, link: Link, message: IMMsgData, seq: int, content: str) -> None:
        entry = PendingMessage(
            message.from_user_id,
            message.to_session_id,
            message.msg_type,
            content,
            message.create_time,
            client_msg_id(message) if message.HasField("client_msg_id") else "",
            (link, message, seq),
        )
        self._journal.append(entry)

    # Voice messages. What the same sender writes behind one waits for it, so that order is kept.

    def _wait_behind_voice(self, link: Link, message: IMMsgData, seq: int) -> bool:
        waiting = self._voices.get(_direction(message))
        if waiting is None:
            return False
        if len(waiting) < MAX_BEHIND_VOICE:
            waiting.append((link, message, seq))
        else:
            _answer(link, message, seq, RefusedError(ErrorCode.BUSY, "a voice message is being stored"))
        return True

    async def _store_voices(self, direction: _Direction) -> None:
        waiting = self._voices[direction]
        try:
            while waiting:
                link, message, seq = waiting.popleft()
                if message.msg_type in _AUDIO:
                    await self._store_voice(link, message, seq)
                else:
                    self._store_text(link, message, seq)
        finally:
            del self._voices[direction]

    async def _store_voice(self, link: Link, message: IMMsgData, seq: int) -> None:
        try:
            row_id = await self._voice.save(message)
            self._append(link, message, seq, str(row_id))
        except (RefusedError, BackendError) as error:
            _answer(link, message, seq, error)

    def _mark_read(self, _link: Link, message: IMMsgDataReadAck, _frame: Frame) -> None:
        self._journal.mark_read(message.user_id, message.session_type, message.session_id)

    @staticmethod
    def on_stored(entries: Sequence[PendingMessage]) -> None:
        """Answer a batch, in commit order."""
        for entry in entries:
            link, message, seq = cast(_Context, entry.context)
            if entry.duplicate:
                message.duplicate = True
            if entry.error is not None:
                _answer(link, message, seq, entry.error)
                continue
            message.msg_id = entry.msg_id
            link.send(OutboundFrame(commands.MSG_DATA, message, seq))


def _direction(message: IMMsgData) -> _Direction:
    return message.from_user_id, message.to_session_id, message.msg_type >> 4


def _as_text(data: bytes) -> str:
    """Return the content for its column, which holds characters.

    Raises:
        RefusedError: it would not come back as it was sent.
    """
    try:
        content = data.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(ErrorCode.MALFORMED, "a text message must be UTF-8") from error
    if not content or "\0" in content:
        raise RefusedError(ErrorCode.MALFORMED, "a text message must have text, without NUL")
    if len(content) > MAX_CONTENT_CHARS:
        raise RefusedError(ErrorCode.TOO_LARGE, f"over {MAX_CONTENT_CHARS} characters")
    return content


def _answer(link: Link, message: IMMsgData, seq: int, error: HongyanError) -> None:
    """Say that nothing was stored: msg_id 0, which an original msg_server drops, and why."""
    message.msg_id = 0
    message.refusal = error.code if isinstance(error, RefusedError) else ErrorCode.NOT_STORED
    link.send(OutboundFrame(commands.MSG_DATA, message, seq))
