"""The Python SDK: log in to a suite, send, receive, read and administrate, all typed.

    async with hongyan.client.connect("http://127.0.0.1:8080", "alice", "password") as client:
        await client.send(Conversation.with_user(2), "hello")
        async for message in client.messages():
            print(message.text)

See docs/reference/sdk.md, and docs/how-to/write-a-bot.md for a program that does something.
"""

from typing import Final

from hongyan.client.calls.contacts import Changes
from hongyan.client.client import Client
from hongyan.client.directory import Directory
from hongyan.client.errors import (
    ClientClosed,
    ClientError,
    ConnectFailed,
    ConnectionLost,
    Kicked,
    KickReason,
    LoginRefused,
    LoginResult,
    RequestRefused,
    RequestTimedOut,
    TransferBroken,
    TransferRefused,
)
from hongyan.client.events import (
    AvatarChanged,
    ClientState,
    ConversationRemoved,
    Event,
    FileOffered,
    MembersChanged,
    PcLoginChanged,
    PeerCommand,
    ReadElsewhere,
    ServerNotice,
    SignatureChanged,
    StateChanged,
    StatusChanged,
    Subscription,
    Typing,
)
from hongyan.client.images import image_text, image_urls
from hongyan.client.inbox import MessageQueue
from hongyan.client.models import (
    Audio,
    Content,
    Conversation,
    ConversationKind,
    Department,
    DeviceKind,
    Group,
    MembersChange,
    Message,
    Presence,
    RecentConversation,
    SentMessage,
    Text,
    Unread,
    User,
)
from hongyan.client.options import Limits, Options, Timing
from hongyan.client.transfers.offer import FileOffer
from hongyan.errors import ErrorCode

connect: Final = Client
"""Another name for :class:`Client`, for ``async with connect(url, name, password) as client``."""

__all__ = [
    "Audio",
    "AvatarChanged",
    "Changes",
    "Client",
    "ClientClosed",
    "ClientError",
    "ClientState",
    "ConnectFailed",
    "ConnectionLost",
    "Content",
    "Conversation",
    "ConversationKind",
    "ConversationRemoved",
    "Department",
    "DeviceKind",
    "Directory",
    "ErrorCode",
    "Event",
    "FileOffer",
    "FileOffered",
    "Group",
    "KickReason",
    "Kicked",
    "Limits",
    "LoginRefused",
    "LoginResult",
    "MembersChange",
    "MembersChanged",
    "Message",
    "MessageQueue",
    "Options",
    "PcLoginChanged",
    "PeerCommand",
    "Presence",
    "ReadElsewhere",
    "RecentConversation",
    "RequestRefused",
    "RequestTimedOut",
    "SentMessage",
    "ServerNotice",
    "SignatureChanged",
    "StateChanged",
    "StatusChanged",
    "Subscription",
    "Text",
    "Timing",
    "TransferBroken",
    "TransferRefused",
    "Typing",
    "Unread",
    "User",
    "connect",
    "image_text",
    "image_urls",
]
