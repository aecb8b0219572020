"""The things that the SDK talks about, as immutable values without a trace of the wire."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class DeviceKind(IntEnum):
    """What a client says it is; a PC and a phone of one user stand side by side, two PCs do not."""

    WINDOWS = 0x01
    MAC = 0x02
    IOS = 0x11
    ANDROID = 0x12


class Presence(IntEnum):
    """Whether somebody's PC is online."""

    ONLINE = 1
    OFFLINE = 2
    AWAY = 3


class ConversationKind(IntEnum):
    """Two people, or a group."""

    SINGLE = 1
    GROUP = 2


@dataclass(frozen=True, slots=True, order=True)
class Conversation:
    """What two users or a group write in: the address of everything that is sent and read.

    Attributes:
        kind: single or group.
        id: the other user's id, or the group's.
    """

    kind: ConversationKind
    id: int

    @classmethod
    def with_user(cls, user_id: int) -> "Conversation":
        """Address the conversation with one user."""
        return cls(ConversationKind.SINGLE, user_id)

    @classmethod
    def of_group(cls, group_id: int) -> "Conversation":
        """Address a group."""
        return cls(ConversationKind.GROUP, group_id)

    @property
    def is_group(self) -> bool:
        """Tell whether this is a group."""
        return self.kind is ConversationKind.GROUP

    def __str__(self) -> str:
        return f"{'group' if self.is_group else 'user'} {self.id}"


@dataclass(frozen=True, slots=True)
class User:
    """A person of the company. ``name`` is the login name, ``domain`` usually the name in pinyin."""

    id: int
    name: str
    nick: str
    sex: int
    department_id: int
    avatar_url: str = ""
    email: str = ""
    phone: str = ""
    domain: str = ""
    status: int = 0
    signature: str = ""

    @property
    def conversation(self) -> Conversation:
        """The conversation with this user."""
        return Conversation.with_user(self.id)

    @property
    def display_name(self) -> str:
        """What to call this user on a screen."""
        return self.nick or self.name or str(self.id)

    @property
    def has_left(self) -> bool:
        """Tell whether the account is switched off (spec/storage.md, IMUser.status)."""
        return self.status == _STATUS_LEFT


_STATUS_LEFT = 3


@dataclass(frozen=True, slots=True)
class Department:
    """A department; lists are shown by ``priority``. ``parent_id`` is 0 at the top."""

    id: int
    name: str
    parent_id: int
    priority: int = 0
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A group and its members. ``is_fixed`` groups are made by administrators only."""

    id: int
    name: str
    creator_id: int
    member_ids: tuple[int, ...]
    version: int = 1
    avatar_url: str = ""
    is_fixed: bool = False
    is_muted: bool = False

    @property
    def conversation(self) -> Conversation:
        """The conversation of this group."""
        return Conversation.of_group(self.id)


@dataclass(frozen=True, slots=True)
class Text:
    """Written content.

    Attributes:
        text: what to show.
        is_readable: false when the data did not decrypt and ``text`` is the data itself.
    """

    text: str
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Audio:
    """A voice message. ``sound`` is empty when the server no longer has it."""

    duration_s: int
    sound: bytes


Content = Text | Audio


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a conversation; ``msg_id`` rises by one within it.

    Attributes:
        is_own: sent by the account that is logged in, here or on another device.
    """

    conversation: Conversation
    msg_id: int
    sender_id: int
    sent_at: datetime
    content: Content
    is_own: bool

    @property
    def text(self) -> str:
        """The content as one line or more of text; a voice message gives a stand-in."""
        return preview(self.content)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The receipt for a message that the server has stored."""

    conversation: Conversation
    msg_id: int
    client_msg_id: str


@dataclass(frozen=True, slots=True)
class RecentConversation:
    """A line of the conversation list, with its newest message."""

    conversation: Conversation
    updated_at: int
    latest_msg_id: int
    latest: Content
    latest_sender_id: int
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """How much of one conversation has not been read, with its newest message."""

    conversation: Conversation
    count: int
    latest_msg_id: int
    latest: Content
    latest_sender_id: int


@dataclass(frozen=True, slots=True)
class MembersChange:
    """What a change of a group's members did."""

    group_id: int
    member_ids: tuple[int, ...]
    changed_ids: tuple[int, ...]


def preview(content: Content) -> str:
    """Put content into words, as in a conversation list."""
    if isinstance(content, Text):
        return content.text
    return f"[voice {content.duration_s} s]"
