"""What the journal takes: messages and marks of what was read."""

from typing import TYPE_CHECKING, Final, NamedTuple, final

if TYPE_CHECKING:
    from hongyan.errors import HongyanError

SINGLE_TYPES: Final = frozenset((1, 2))
GROUP_TYPES: Final = frozenset((17, 18))
MESSAGE_TYPES: Final = SINGLE_TYPES | GROUP_TYPES
"""The values of IMMessage.type and IMGroupMessage.type: text and audio, single and group."""

NO_NUMBER: Final = 0xFFFF_FFFF
"""What an original writes as msg_id while Redis does not answer; it is nobody's number."""

MAX_CONTENT_CHARS: Final = 4096
MAX_CLIENT_MSG_ID_CHARS: Final = 64


class SessionType:
    """What a conversation is, in tables and on the wire.

    Plain numbers: drivers bind an enumeration's members several times slower.
    """

    SINGLE: Final = 1
    GROUP: Final = 2


@final
class PendingMessage:
    """A message on its way to the disk, and afterwards what became of it.

    The caller fills the first seven and must not change them; the journal fills the rest before
    it reports the message.

    Attributes:
        sender: the user who wrote it.
        peer: the receiving user's id, or the group's.
        msg_type: one of MESSAGE_TYPES; it also says what ``peer`` is.
        content: the stored text; for audio the decimal id of its IMAudio row.
        create_time: Unix seconds.
        client_msg_id: the sender's own id of the message, or "".
        context: whatever the caller wants to find again.
        msg_id: the number in the conversation; 0 as long as nothing is stored.
        members: who was in the group when the message was numbered, by decimal string.
        duplicate: the same client message id was stored before, under ``msg_id``.
        error: why it is not stored.
    """

    __slots__ = (
        "client_msg_id",
        "content",
        "context",
        "create_time",
        "duplicate",
        "error",
        "members",
        "msg_id",
        "msg_type",
        "peer",
        "sender",
    )

    def __init__(
        self,
        sender: int,
        peer: int,
        msg_type: int,
        content: str,
        create_time: int,
        client_msg_id: str = "",
        context: object = None,
    ) -> None:
        self.sender = sender
        self.peer = peer
        self.msg_type = msg_type
        self.content = content
        self.create_time = create_time
        self.client_msg_id = client_msg_id
        self.context = context
        self.msg_id = 0
        self.members: tuple[int, ...] = ()
        self.duplicate = False
        self.error: HongyanError | None = None

    @property
    def session_type(self) -> int:
        """What ``peer`` is."""
        return SessionType.GROUP if self.msg_type in GROUP_TYPES else SessionType.SINGLE

    def reset(self, error: "HongyanError | None") -> None:
        """Nothing of an attempt counts any more: it was rolled back, for this reason if for good."""
        self.msg_id = 0
        self.members = ()
        self.duplicate = False
        self.error = error


@final
class ReadMark(NamedTuple):
    """A user has read everything in one conversation, up to what was appended before the mark."""

    user_id: int
    session_type: int
    peer_id: int


Entry = PendingMessage | ReadMark


def conversation_key(user_id: int, session_type: int, peer_id: int) -> int:
    """One number for a conversation: a group's id, or both users' ids side by side."""
    if session_type == SessionType.GROUP:
        return peer_id
    return pair_key(user_id, peer_id)


def pair_key(one: int, other: int) -> int:
    """The key of what two users write to each other; it is above every group's."""
    return one << 32 | other if one < other else other << 32 | one


def pair_of(key: int) -> tuple[int, int]:
    """The smaller and the bigger user id of a pair's key."""
    return key >> 32, key & 0xFFFFFFFF


def by_decimal_string(ids: list[int]) -> tuple[int, ...]:
    """Ids in the order in which TeamTalk lists them: 1, 10, 2."""
    return tuple(sorted(ids, key=str))
