"""A client that is not connected to anything: answers from memory, and notes what it was told."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hongyan.client import (
    Changes,
    ClientState,
    Conversation,
    Department,
    FileOffer,
    Group,
    MembersChange,
    Message,
    MessageQueue,
    Presence,
    RecentConversation,
    SentMessage,
    StateChanged,
    Text,
    Unread,
    User,
)
from hongyan.client.events import EventHub

ANNA, BOB, WANG = 1, 2, 3
TO_BOB = Conversation.with_user(BOB)
TEAM = Conversation.of_group(9)
START = datetime(2024, 5, 1, 12, tzinfo=UTC)


def message(msg_id: int, text: str, where: Conversation = TO_BOB, sender: int = BOB) -> Message:
    at = START + timedelta(minutes=msg_id)
    return Message(where, msg_id, sender, at, Text(text), is_own=sender == ANNA)


def offer(task_id: str) -> FileOffer:
    name = f"../{task_id}\x1b.txt"
    return FileOffer(BOB, ANNA, name, 5, task_id, is_online=False, servers=(("127.0.0.1", 1),))


class StubClient:
    """What the terminal client uses of a client."""

    def __init__(self) -> None:
        self.user_id = ANNA
        self.state = ClientState.ONLINE
        self.told: list[tuple[Any, ...]] = []
        self.stored: dict[Conversation, list[Message]] = {
            TO_BOB: [message(number, f"line {number}") for number in range(1, 101)],
            TEAM: [message(1, "welcome", TEAM, WANG)],
        }
        self.refusal: Exception | None = None
        self.hold: asyncio.Event | None = None
        self.waiting: list[FileOffer] = []
        self.people = [
            User(ANNA, "anna", "Anna", 0, 1),
            User(BOB, "bob", "Bob", 1, 1, signature="busy"),
            User(WANG, "wangwei", "王伟", 1, 2),
        ]
        self.team = Group(TEAM.id, "Team 团队", ANNA, (ANNA, WANG))
        self.queue = MessageQueue(100)
        self.hub = EventHub(100)

    def messages(self) -> MessageQueue:
        return self.queue

    def events(self) -> Any:
        return self.hub.subscribe()

    def say(self, text: str, where: Conversation = TO_BOB, sender: int = BOB) -> None:
        """Let a message arrive."""
        new = message(len(self.stored[where]) + 1, text, where, sender)
        self.stored[where].append(new)
        self.queue.put([new])

    def end(self, error: Any) -> None:
        self.queue.end(error)
        self.hub.end(error)

    async def departments(self, since: int = 0) -> Changes[Department]:
        return Changes((Department(1, "Sales", 0, 2), Department(2, "研发", 0, 1)), since + 1)

    async def users(self, since: int = 0) -> Changes[User]:
        return Changes(tuple(self.people), since + 1)

    async def users_by_id(self, user_ids: list[int]) -> list[User]:
        return [User(user_id, f"new{user_id}", "", 0, 1) for user_id in user_ids]

    async def statuses(self, user_ids: list[int]) -> dict[int, Presence]:
        return {BOB: Presence.ONLINE}

    async def conversations(self, since: int = 0) -> list[RecentConversation]:
        newest = [(where, stored[-1]) for where, stored in self.stored.items()]
        return [
            RecentConversation(
                where, int(last.sent_at.timestamp()), last.msg_id, last.content, last.sender_id
            )
            for where, last in newest
        ]

    async def unread(self) -> list[Unread]:
        last = self.stored[TO_BOB][-1]
        return [Unread(TO_BOB, 2, last.msg_id, last.content, BOB)]

    async def fixed_groups(self) -> dict[int, int]:
        return {}

    async def groups_newer(self, versions: dict[int, int]) -> list[Group]:
        return [self.team] if TEAM.id in versions else []

    async def history(self, of: Conversation, before: int = 0, count: int = 20) -> list[Message]:
        self.told.append(("history", of, before))
        older = [one for one in self.stored.get(of, []) if not before or one.msg_id < before]
        return older[-count:]

    async def send(self, to: Conversation, text: str, *, client_msg_id: str) -> SentMessage:
        if self.hold is not None:
            await self.hold.wait()
        if self.refusal is not None:
            raise self.refusal
        self.told.append(("send", to, text))
        stored = self.stored.setdefault(to, [])
        stored.append(message(len(stored) + 1, text, to, ANNA))
        return SentMessage(to, len(stored), client_msg_id)

    async def mark_read(self, of: Conversation, msg_id: int) -> None:
        self.told.append(("read", of, msg_id))

    async def send_typing(self, to: int, *, is_typing: bool) -> None:
        self.told.append(("typing", to, is_typing))

    async def mute_group(self, group_id: int, *, is_muted: bool) -> None:
        self.told.append(("mute", group_id, is_muted))

    async def create_group(self, name: str, member_ids: list[int]) -> Group:
        self.told.append(("create", name, sorted(member_ids)))
        self.stored[Conversation.of_group(20)] = []
        return Group(20, name, ANNA, (ANNA, *sorted(member_ids)))

    async def add_members(self, group_id: int, user_ids: list[int]) -> MembersChange:
        self.told.append(("add", group_id, user_ids))
        return MembersChange(group_id, (), tuple(user_ids))

    async def remove_members(self, group_id: int, user_ids: list[int]) -> MembersChange:
        self.told.append(("remove", group_id, user_ids))
        return MembersChange(group_id, (), tuple(user_ids))

    async def send_file(self, to: Conversation, path: Path, *, on_progress: Any) -> FileOffer:
        if self.refusal is not None:
            raise self.refusal
        for done in (0, 30, 31):
            on_progress(done, 100)
        if self.hold is not None:
            await self.hold.wait()
        on_progress(100, 100)
        self.told.append(("file", to, str(path)))
        return FileOffer(ANNA, to.id, path.name, 100, "sent", is_online=False, servers=())

    async def waiting_files(self) -> list[FileOffer]:
        return self.waiting

    async def receive_file(self, offer: FileOffer, path: Path, *, on_progress: Any) -> Path:
        if self.refusal is not None:
            raise self.refusal
        on_progress(offer.size, offer.size)
        self.told.append(("get", offer.task_id, str(path)))
        return path / offer.safe_name

    def lose_connection(self, error: Any) -> None:
        self.state = ClientState.WAITING
        self.hub.publish(StateChanged(ClientState.WAITING, error, 2.0))
