"""What can be asked of the msg_servers, by way of route_server: who is online where, kicks, notices."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import structlog

from hongyan.administration.groups import GroupDetail, MembersChanged
from hongyan.administration.table import SessionKind
from hongyan.cluster.calls import Calls
from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.rules.devices import device_of, kick_class
from hongyan.wire import commands
from hongyan.wire.commands import Command
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.administration_pb2 import IMOnlineReq, IMOnlineRsp
from hongyan.wire.pb.base_define_pb2 import (
    CLIENT_TYPE_WINDOWS,
    GROUP_MODIFY_TYPE_ADD,
    GROUP_MODIFY_TYPE_DEL,
    KICK_REASON_DUPLICATE_USER,
    SESSION_TYPE_GROUP,
    SESSION_TYPE_SINGLE,
    ClientType,
)
from hongyan.wire.pb.group_pb2 import IMGroupChangeMemberNotify
from hongyan.wire.pb.message_pb2 import IMMsgDataReadNotify
from hongyan.wire.pb.server_pb2 import IMServerKickUser
from hongyan.wire.text import text

_log = structlog.get_logger("hongyan.administration")

NOBODY: Final = 0
"""Who changes a group: no user."""


class Device(NamedTuple):
    """A connection of a user; ``server`` is the msg_server, as route_server calls its link."""

    user_id: int
    client_type: int
    server: str
    kind: str = ""

    @property
    def class_(self) -> str:
        """Which of a user's devices it is; of each class there is one."""
        return kick_class(self.client_type, self.kind)


class Online(NamedTuple):
    """Some of those who are online; ``total`` counts users, of all pages."""

    devices: tuple[Device, ...]
    total: int


class RouteServers:
    """The links of a role to route_servers; the oldest is the master, which relays."""

    def __init__(self) -> None:
        self._links: list[Link] = []

    def add(self, link: Link) -> None:
        """A link was opened."""
        self._links.append(link)

    def remove(self, link: Link) -> None:
        """A link is gone."""
        if link in self._links:
            self._links.remove(link)

    @property
    def is_open(self) -> bool:
        """Whether the msg_servers can be reached."""
        return bool(self._links)

    def master(self) -> Link:
        """Return the link to use.

        Raises:
            RefusedError: there is none.
        """
        if not self._links:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the route server is not connected; try again later")
        return self._links[0]


class Live:
    """What other roles see of the msg_servers."""

    def __init__(self, calls: Calls, master: Callable[[], Link]) -> None:
        self._calls = calls
        self._master = master

    async def online(self, user_ids: Sequence[int] = (), after: int = 0, limit: int = 1000) -> Online:
        """List who is online, by user id.

        Args:
            user_ids: whom to look for; nobody means everybody.
            after: begin behind this user.
            limit: how many devices at most, but always all of one user.

        Raises:
            RefusedError: route_server cannot be reached.
        """
        request = IMOnlineReq(user_id=user_ids, after_user_id=after, limit=limit)
        reply: IMOnlineRsp = await self._calls.ask(self._master(), commands.ONLINE, request)
        devices = (
            Device(one.user_id, one.client_type, text(one.server), text(one.device_kind))
            for one in reply.device
        )
        return Online(tuple(devices), reply.total_users)

    def kick(self, user_id: int) -> None:
        """End every connection of a user; nothing keeps him from coming back.

        Raises:
            RefusedError: route_server cannot be reached.
        """
        # The message must have a client type; all_devices overrules it.
        self._kick(user_id, client_type=CLIENT_TYPE_WINDOWS, all_devices=True)

    async def kick_device(self, user_id: int, class_: str) -> None:
        """End the connection of one of a user's devices.

        Args:
            user_id: whose.
            class_: which, as in ``Device.class_``.

        Raises:
            RefusedError: it is not online, or route_server cannot be reached.
        """
        found = device_of(class_)
        online = await self.online((user_id,))
        if found is None or class_ not in {device.class_ for device in online.devices}:
            raise RefusedError(ErrorCode.NOT_FOUND, f"the user is not online with the device {class_!r}")
        client_type, kind = found
        self._kick(user_id, client_type=ClientType.ValueType(client_type), device_kind=kind or None)

    def _kick(self, user_id: int, **which: Any) -> None:
        order = IMServerKickUser(user_id=user_id, reason=KICK_REASON_DUPLICATE_USER, **which)
        self._master().send(OutboundFrame(commands.SERVER_KICK_USER, order))

    # What was done stays done when nobody can be told of it: clients find it at their next login.

    def tell_of_group(self, group: GroupDetail) -> None:
        """Tell those in a group that there is one."""
        members = group.member_ids
        made = MembersChanged(id=group.id, version=group.version, changed=members, members=members)
        self.tell_members(made, added=True)

    def tell_members(self, change: MembersChanged, *, added: bool) -> None:
        """Tell those in a group, and those who came or went."""
        notice = IMGroupChangeMemberNotify(
            user_id=NOBODY,
            change_type=GROUP_MODIFY_TYPE_ADD if added else GROUP_MODIFY_TYPE_DEL,
            group_id=change.id,
            cur_user_id_list=change.members,
            chg_user_id_list=change.changed,
        )
        self._tell(commands.GROUP_CHANGE_MEMBER_NOTIFY, notice)

    def tell_read(self, user_id: int, kind: SessionKind, peer_id: int, msg_id: int) -> None:
        """Tell a user's devices what he has read."""
        notice = IMMsgDataReadNotify(
            user_id=user_id,
            session_id=peer_id,
            msg_id=msg_id,
            session_type=SESSION_TYPE_GROUP if kind == "group" else SESSION_TYPE_SINGLE,
        )
        self._tell(commands.MSG_READ_NOTIFY, notice)

    def _tell(self, command: Command[Any], notice: Any) -> None:
        try:
            self._master().send(OutboundFrame(command, notice))
        except RefusedError as error:
            _log.warning("the msg_servers were not told", command=command.id, error=str(error))
