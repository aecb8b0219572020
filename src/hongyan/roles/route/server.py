"""The route_server role (spec/flows.md 3)."""

from collections.abc import Iterable
from typing import Any, Final

from hongyan.cluster.connector import listen_for_links
from hongyan.cluster.link import Link
from hongyan.config import RouteConfig
from hongyan.reactor.dispatch import Routes
from hongyan.reactor.reactor import Listener
from hongyan.roles.runtime import Runtime
from hongyan.rules.presence import OFFLINE, ONLINE, Notice, Presence, StatusNotice
from hongyan.wire import commands
from hongyan.wire.commands import Command, Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.administration_pb2 import IMOnlineReq, IMOnlineRsp
from hongyan.wire.pb.base_define_pb2 import USER_STATUS_OFFLINE, UserStat, UserStatType
from hongyan.wire.pb.buddy_pb2 import IMUsersStatReq, IMUsersStatRsp, IMUserStatNotify
from hongyan.wire.pb.server_pb2 import IMOnlineUserInfo, IMServerPCLoginStatusNotify, IMUserStatusUpdate
from hongyan.wire.text import text

_TO_THE_OTHERS: Final[tuple[Command[Any], ...]] = (
    commands.MSG_DATA,
    commands.P2P_COMMAND,
    commands.MSG_READ_NOTIFY,
    commands.SERVER_KICK_USER,
    commands.GROUP_CHANGE_MEMBER_NOTIFY,
    commands.FILE_NOTIFY,
    commands.REMOVE_SESSION_NOTIFY,
)
MAX_ONLINE_LISTED: Final = 1000
MAX_NAME_CHARS: Final = 128
"""Devices in one answer to the question who is online."""
_TO_EVERYBODY: Final[tuple[Command[Any], ...]] = (
    commands.SIGN_INFO_CHANGED_NOTIFY,
    commands.AVATAR_CHANGED_NOTIFY,
)
_STATUSES: Final = frozenset(UserStatType.values())


class RouteServer:
    """Relays between msg_servers without decoding, and keeps presence."""

    node = Node.ROUTE

    def __init__(self, runtime: Runtime, config: RouteConfig) -> None:
        self._runtime = runtime
        self._config = config
        self._listener: Listener | None = None
        self._links: dict[int, Link] = {}
        self._names: dict[int, str] = {}  # of msg_servers, by the handles of their links
        self._presence = Presence()
        self._from_msg = self._routes_from_msg()
        self._from_http_msg = self._routes_from_http_msg()
        self._from_login = self._routes_from_login()
        runtime.metrics.gauge(
            "route_users", "Users that route_server knows to be online", self._presence.__len__
        )

    async def start(self) -> dict[str, tuple[str, int]]:
        """Listen for msg_servers; return the address by its name in the ready file."""
        config, runtime = self._config, self._runtime
        self._listener = await listen_for_links(
            self, (config.host, config.port), runtime.reactor, runtime.trust
        )
        return {"route": self._listener.address}

    def stop(self) -> None:
        """Accept no more links."""
        if self._listener is not None:
            self._listener.close()

    # Links.

    def link_opened(self, link: Link) -> None:
        """Relay to a msg_server from now on; the others only ask."""
        if link.remote is Node.HTTP_MSG:
            link.routes = self._from_http_msg
        elif link.remote is Node.LOGIN:
            link.routes = self._from_login
        else:
            link.routes = self._from_msg
            self._links[link.handle] = link

    def link_closed(self, link: Link) -> None:
        """Forget the link and everybody on it, and say so."""
        self._links.pop(link.handle, None)
        self._names.pop(link.handle, None)
        self._announce(self._presence.link_lost(link.handle))

    def _routes_from_msg(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.MSG, Node.ROUTE)
        for command in _TO_THE_OTHERS:
            routes.relay(command, self._relay_to_others)
        for command in _TO_EVERYBODY:
            routes.relay(command, self._relay_to_all)
        routes.on(commands.ONLINE_USERS, self._online_users)
        routes.on(commands.USER_STATUS_UPDATE, self._user_status_update)
        routes.on(commands.USERS_STATUS, self._users_status)
        # A peer says that we are its master; that changes nothing here.
        routes.ignore(commands.ROLE_SET, commands.HEARTBEAT)
        routes.ignore(commands.CLUSTER_HELLO, commands.CLUSTER_PROOF)
        routes.check_complete()
        return routes

    def _routes_from_http_msg(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.HTTP_MSG, Node.ROUTE)
        self._serve_administration(routes)
        routes.relay(commands.DELIVER, self._relay_to_one)
        routes.relay(commands.MSG_READ_NOTIFY, self._relay_to_others)
        routes.ignore(commands.ROLE_SET, commands.HEARTBEAT)
        routes.ignore(commands.CLUSTER_HELLO, commands.CLUSTER_PROOF)
        routes.check_complete()
        return routes

    def _routes_from_login(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.LOGIN, Node.ROUTE)
        self._serve_administration(routes)
        routes.ignore(commands.HEARTBEAT, commands.CLUSTER_HELLO, commands.CLUSTER_PROOF)
        routes.check_complete()
        return routes

    def _serve_administration(self, routes: Routes[Link]) -> None:
        routes.relay(commands.GROUP_CHANGE_MEMBER_NOTIFY, self._relay_to_others)
        routes.relay(commands.SERVER_KICK_USER, self._relay_to_others)
        routes.on(commands.ONLINE, self._online)

    # Handlers.

    def _relay_to_one(self, _origin: Link, frame: Frame) -> None:
        """Send to the oldest msg_server; with none there is nobody to deliver to."""
        for link in self._links.values():
            link.send(frame)
            return

    def _relay_to_others(self, origin: Link, frame: Frame) -> None:
        for link in self._links.values():
            if link is not origin:
                link.send(frame)

    def _relay_to_all(self, _origin: Link, frame: Frame) -> None:
        for link in self._links.values():
            link.send(frame)

    def _online_users(self, link: Link, message: IMOnlineUserInfo, _frame: Frame) -> None:
        if message.server_name:
            self._names[link.handle] = text(message.server_name)[:MAX_NAME_CHARS]
        for stat in message.user_stat_list:
            kind = text(stat.device_kind)
            self._announce(self._presence.report(link.handle, stat.user_id, stat.client_type, kind))

    def _user_status_update(self, link: Link, message: IMUserStatusUpdate, _frame: Frame) -> None:
        user_id, client_type, status = message.user_id, message.client_type, message.user_status
        kind = text(message.device_kind)
        if status == USER_STATUS_OFFLINE:
            self._announce(self._presence.depart(link.handle, user_id, client_type, kind))
        else:
            self._announce(self._presence.arrive(link.handle, user_id, client_type, status, kind))

    def _users_status(self, _link: Link, message: IMUsersStatReq, _frame: Frame) -> IMUsersStatRsp:
        reply = IMUsersStatRsp(user_id=message.user_id)
        for user_id in message.user_id_list:
            status = ONLINE if self._presence.is_online(user_id) else OFFLINE
            reply.user_stat_list.add(user_id=user_id, status=_status(status))
        if message.HasField("attach_data"):
            reply.attach_data = message.attach_data
        return reply

    def _online(self, _link: Link, message: IMOnlineReq, _frame: Frame) -> IMOnlineRsp:
        """List who is online where, by user id, a page at a time."""
        reply = IMOnlineRsp(total_users=len(self._presence), attach_data=message.attach_data)
        wanted = set(message.user_id) or None
        limit = min(message.limit or MAX_ONLINE_LISTED, MAX_ONLINE_LISTED)
        for user_id, device in self._presence.devices(wanted, message.after_user_id, limit):
            link = self._links.get(device.link)
            reply.device.add(
                user_id=user_id,
                client_type=device.client_type,
                server=self._names.get(device.link) or (link.name if link else ""),
                device_kind=device.kind,
            )
        return reply

    # Telling everybody.

    def _announce(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            if isinstance(notice, StatusNotice):
                stat = UserStat(user_id=notice.user_id, status=_status(notice.status))
                self._broadcast(OutboundFrame(commands.STATUS_NOTIFY, IMUserStatNotify(user_stat=stat)))
            else:
                message = IMServerPCLoginStatusNotify(user_id=notice.user_id, login_status=int(notice.is_on))
                self._broadcast(OutboundFrame(commands.SERVER_PC_LOGIN_STATUS, message))

    def _broadcast(self, frame: Frame) -> None:
        for link in self._links.values():
            link.send(frame)


def _status(value: int) -> UserStatType.ValueType:
    """A server link may carry any number; what is not a status counts as online."""
    return UserStatType.ValueType(value if value in _STATUSES else ONLINE)
