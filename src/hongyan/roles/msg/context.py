"""What the handlers of msg_server share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from hongyan.cluster import tokens
from hongyan.cluster.link import Link
from hongyan.config import MsgConfig
from hongyan.errors import ErrorCode, RefusedError
from hongyan.reactor.dispatch import Routes
from hongyan.roles.msg.db_links import UNANSWERED_AFTER_S, DbLinks
from hongyan.roles.msg.directory import SessionDirectory
from hongyan.roles.msg.file_links import FileLinks
from hongyan.roles.msg.lost import LostRequests
from hongyan.roles.msg.servers import LoginLinks, PushLinks, RouteLinks
from hongyan.roles.msg.session import ClientSession, routes_from_client
from hongyan.roles.runtime import Runtime
from hongyan.wire.attach import Attach
from hongyan.wire.commands import Node
from hongyan.wire.pb.buddy_pb2 import IMUsersStatRsp
from hongyan.wire.pb.extension_pb2 import IMUploadTokenRsp


@dataclass(frozen=True, slots=True)
class MsgContext:
    """Sessions, links and settings; one per msg_server."""

    runtime: Runtime
    config: MsgConfig
    directory: SessionDirectory
    lost: LostRequests
    db: DbLinks
    logins: LoginLinks = field(default_factory=LoginLinks)
    route: RouteLinks = field(default_factory=RouteLinks)
    push: PushLinks = field(default_factory=PushLinks)
    files: FileLinks = field(default_factory=FileLinks)

    @classmethod
    def make(cls, runtime: Runtime, config: MsgConfig) -> Self:
        """Put it together, with nobody connected yet."""
        directory = SessionDirectory()
        lost = LostRequests(directory)
        db = DbLinks(len(config.db_proxies), lost.fail)
        runtime.reactor.wheel.watch(db, UNANSWERED_AFTER_S)
        return cls(runtime, config, directory, lost, db)

    def upload_token(self, user_id: int) -> IMUploadTokenRsp:
        """Make what lets a user upload to msfs for a while."""
        expires = int(time.time() + self.config.upload_token_life_s)
        token = tokens.make_token(self.runtime.trust.secret, tokens.UPLOAD, user_id, expires)
        return IMUploadTokenRsp(upload_token=token, expires=expires)


class MsgTables:
    """The routing tables of msg_server, one per kind of peer and state.

    Attributes:
        status_replies: who takes an answer of route_server about statuses, by the type in its
            attach_data; what is not here goes to the client that asked.
    """

    def __init__(self) -> None:
        self.strangers = routes_from_client(before_login=True)
        self.clients = routes_from_client(before_login=False)
        self.from_db: Routes[Link] = Routes(Node.DB_PROXY, Node.MSG)
        self.from_route: Routes[Link] = Routes(Node.ROUTE, Node.MSG)
        self.from_login: Routes[Link] = Routes(Node.LOGIN, Node.MSG)
        self.from_push: Routes[Link] = Routes(Node.PUSH, Node.MSG)
        self.from_file: Routes[Link] = Routes(Node.FILE, Node.MSG)
        self.of_links = (self.from_db, self.from_route, self.from_login, self.from_push, self.from_file)
        self.status_replies: dict[int, Callable[[IMUsersStatRsp, Attach], None]] = {}

    def check_complete(self) -> None:
        """Refuse to start when a command has no handler."""
        for table in (self.strangers, self.clients):
            table.check_complete()
        for links in self.of_links:
            links.check_complete()


def check_list_length(session: ClientSession, length: int, limit: int) -> None:
    """Refuse a request whose list of ids is longer than allowed.

    Raises:
        RefusedError: it is.
    """
    if length > limit:
        raise RefusedError(
            ErrorCode.TOO_LARGE,
            f"a list of {length} entries, over the limit of {limit} (user {session.user_id})",
        )
