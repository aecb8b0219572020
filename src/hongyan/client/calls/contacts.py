"""Users, departments, who is online, and our own profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hongyan.client import convert
from hongyan.client.calls.base import Calls, batches
from hongyan.client.exchange import require_success
from hongyan.client.models import Department, Presence, User
from hongyan.wire import commands
from hongyan.wire.pb import buddy_pb2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changes(Generic[T]):
    """What changed since a time, and the time to ask with next."""

    items: tuple[T, ...]
    until: int


class ContactCalls(Calls):
    """The company's people."""

    async def users(self, since: int = 0) -> Changes[User]:
        """Return all users, or those changed since the ``until`` of an earlier answer."""
        request = buddy_pb2.IMAllUserReq(user_id=self.user_id, latest_update_time=since)
        answer = await self._ask(commands.ALL_USERS, request, commands.ALL_USERS_REPLY)
        return Changes(tuple(map(convert.user, answer.user_list)), answer.latest_update_time)

    async def departments(self, since: int = 0) -> Changes[Department]:
        """Return all departments, or those changed since the ``until`` of an earlier answer."""
        request = buddy_pb2.IMDepartmentReq(user_id=self.user_id, latest_update_time=since)
        answer = await self._ask(commands.DEPARTMENTS, request, commands.DEPARTMENTS_REPLY)
        return Changes(tuple(map(convert.department, answer.dept_list)), answer.latest_update_time)

    async def users_by_id(self, user_ids: Sequence[int]) -> list[User]:
        """Return those of these users who exist."""
        found: list[User] = []
        for part in batches(user_ids):
            request = buddy_pb2.IMUsersInfoReq(user_id=self.user_id, user_id_list=part)
            answer = await self._ask(commands.USERS_INFO, request, commands.USERS_INFO_REPLY)
            found += map(convert.user, answer.user_info_list)
        return found

    async def statuses(self, user_ids: Sequence[int]) -> dict[int, Presence]:
        """Return whether these users' PCs are online; somebody with only a phone counts as offline."""
        found: dict[int, Presence] = {}
        for part in batches(user_ids):
            request = buddy_pb2.IMUsersStatReq(user_id=self.user_id, user_id_list=part)
            answer = await self._ask(commands.USERS_STATUS, request, commands.USERS_STATUS_REPLY)
            found |= {entry.user_id: Presence(entry.status) for entry in answer.user_stat_list}
        return found

    async def change_signature(self, signature: str) -> None:
        """Set our signature line, at most 128 bytes of UTF-8; everybody is told."""
        request = buddy_pb2.IMChangeSignInfoReq(user_id=self.user_id, sign_info=signature)
        answer = await self._ask(commands.CHANGE_SIGN_INFO, request, commands.CHANGE_SIGN_INFO_REPLY)
        require_success(answer.result_code, commands.CHANGE_SIGN_INFO)

    async def change_avatar(self, avatar_url: str) -> None:
        """Set our avatar, a url that the other clients can open. TeamTalk's own servers never answer."""
        request = buddy_pb2.IMChangeAvatarReq(user_id=self.user_id, avatar_url=avatar_url)
        answer = await self._ask(commands.CHANGE_AVATAR, request, commands.CHANGE_AVATAR_REPLY)
        require_success(answer.result_code, commands.CHANGE_AVATAR)
