"""A local copy of who and what there is, kept up to date by pulling only what changed."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hongyan.client.calls.groups import ANY_VERSION
from hongyan.client.client import Client
from hongyan.client.events import AvatarChanged, Event, MembersChanged, SignatureChanged, StatusChanged
from hongyan.client.models import Conversation, Department, Group, Presence, RecentConversation, User

_SNAPSHOT_VERSION: Final = 1


class Directory:
    """Users, departments, groups and the conversation list of one account.

    ``refresh`` asks for changes; ``apply`` takes the client's events. A ``snapshot`` that is kept
    between two runs makes the first refresh of the next run short.

    Attributes:
        users: by id, those who left included (``User.has_left``), since old messages name them.
        departments: by id.
        groups: by id.
        conversations: the list of recent conversations.
        presences: who is online; who is not in it is offline.
    """

    def __init__(self) -> None:
        self.users: dict[int, User] = {}
        self.departments: dict[int, Department] = {}
        self.groups: dict[int, Group] = {}
        self.conversations: dict[Conversation, RecentConversation] = {}
        self.presences: dict[int, Presence] = {}
        self._users_until = 0
        self._departments_until = 0

    async def refresh(self, client: Client) -> None:
        """Pull what changed since the last refresh, and who is online."""
        await self._refresh_users(client)
        await self._refresh_conversations(client)
        await self._refresh_groups(client)
        active = [user.id for user in self.users.values() if not user.has_left]
        self.presences = await client.statuses(active)

    async def _refresh_users(self, client: Client) -> None:
        departments = await client.departments(self._departments_until)
        self._departments_until = departments.until
        self.departments |= {department.id: department for department in departments.items}
        users = await client.users(self._users_until)
        self._users_until = users.until
        self.users |= {user.id: user for user in users.items}

    async def _refresh_conversations(self, client: Client) -> None:
        # One second back, since two changes within a second have the same time.
        newest = max((one.updated_at for one in self.conversations.values()), default=1)
        for recent in await client.conversations(newest - 1):
            if recent.is_removed:
                self.conversations.pop(recent.conversation, None)
            else:
                self.conversations[recent.conversation] = recent

    async def _refresh_groups(self, client: Client) -> None:
        fixed = await client.fixed_groups()
        listed = {conversation.id for conversation in self.conversations if conversation.is_group}
        known = {group_id: group.version for group_id, group in self.groups.items()}
        wanted = dict.fromkeys(listed | fixed.keys(), ANY_VERSION) | known
        await self._pull_groups(client, wanted)

    async def learn_group(self, client: Client, group_id: int) -> Group | None:
        """Pull one group, as when its first message arrives; ``None`` if there is none to see."""
        await self._pull_groups(client, {group_id: ANY_VERSION})
        return self.groups.get(group_id)

    async def _pull_groups(self, client: Client, versions: Mapping[int, int]) -> None:
        for group in await client.groups_newer(versions):
            self.groups[group.id] = group

    def apply(self, event: Event) -> None:
        """Take an event of the client."""
        match event:
            case StatusChanged(user_id, presence):
                self.presences[user_id] = presence
            case SignatureChanged(user_id, signature):
                self._change_user(user_id, signature=signature)
            case AvatarChanged(user_id, avatar_url):
                self._change_user(user_id, avatar_url=avatar_url)
            case MembersChanged(group_id=group_id, member_ids=member_ids):
                self._change_members(group_id, member_ids)

    def _change_user(self, user_id: int, **changes: str) -> None:
        user = self.users.get(user_id)
        if user is not None:
            self.users[user_id] = dataclasses.replace(user, **changes)  # type: ignore[arg-type] # text fields only

    def _change_members(self, group_id: int, member_ids: tuple[int, ...]) -> None:
        group = self.groups.get(group_id)
        if group is not None:
            self.groups[group_id] = dataclasses.replace(group, member_ids=member_ids)

    def name_of(self, conversation: Conversation) -> str:
        """Return what to call a conversation: the other user's name, or the group's."""
        if conversation.is_group:
            group = self.groups.get(conversation.id)
            return group.name if group is not None and group.name else str(conversation)
        return self.user_name(conversation.id)

    def user_name(self, user_id: int) -> str:
        """Return what to call a user."""
        user = self.users.get(user_id)
        return user.display_name if user is not None else f"user {user_id}"

    def is_online(self, user_id: int) -> bool:
        """Tell whether a user's PC is online."""
        return self.presences.get(user_id) is Presence.ONLINE

    def find(self, text: str) -> list[User]:
        """Return the active users whose login name, nick or pinyin has ``text`` in it, best match first."""
        wanted = text.casefold()
        ranked = sorted((_rank(user, wanted), user.display_name, user.id) for user in self._active())
        return [self.users[user_id] for rank, _, user_id in ranked if rank < _NO_MATCH]

    def _active(self) -> Iterable[User]:
        return (user for user in self.users.values() if not user.has_left)

    def snapshot(self) -> dict[str, Any]:
        """Return users, departments and groups as plain values for ``json.dumps``."""
        return {
            "version": _SNAPSHOT_VERSION,
            "users_until": self._users_until,
            "departments_until": self._departments_until,
            "users": [dataclasses.asdict(user) for user in self.users.values()],
            "departments": [dataclasses.asdict(department) for department in self.departments.values()],
            "groups": [dataclasses.asdict(group) for group in self.groups.values()],
        }

    @classmethod
    def restore(cls, snapshot: Mapping[str, Any]) -> "Directory":
        """Make a directory from a snapshot; one of another version is as good as none."""
        directory = cls()
        if snapshot.get("version") != _SNAPSHOT_VERSION:
            return directory
        directory._users_until = snapshot["users_until"]
        directory._departments_until = snapshot["departments_until"]
        directory.users = {one["id"]: User(**one) for one in snapshot["users"]}
        directory.departments = {one["id"]: Department(**one) for one in snapshot["departments"]}
        groups = (Group(**one | {"member_ids": tuple(one["member_ids"])}) for one in snapshot["groups"])
        directory.groups = {group.id: group for group in groups}
        return directory


_NO_MATCH: Final = 3


def _rank(user: User, wanted: str) -> int:
    """Rank a match: whole, from the start, inside, not at all."""
    names = [name.casefold() for name in (user.name, user.nick, user.domain)]
    if wanted in names:
        return 0
    if any(name.startswith(wanted) for name in names):
        return 1
    return 2 if any(wanted in name for name in names) else _NO_MATCH
