"""One client: its connection, who it is, and what it may send now."""

import time
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from hongyan.errors import ErrorCode, ProtocolError, RefusedError
from hongyan.metrics import Metrics
from hongyan.reactor.connection import Connection
from hongyan.reactor.dispatch import Routes
from hongyan.rules.devices import is_mobile, kick_class
from hongyan.wire import commands
from hongyan.wire.attach import Attach, AttachType
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.message_pb2 import IMMsgData
from hongyan.wire.text import text

if TYPE_CHECKING:
    from hongyan.roles.msg.redelivery import Unacknowledged

_log = structlog.get_logger("hongyan.msg")

MAX_MALFORMED: Final = 10
"""After so many bodies that do not parse the connection is closed."""


class SessionState(Enum):
    """The life of a client's connection (spec/flows.md 2.3)."""

    ANONYMOUS = "anonymous"
    VALIDATING = "validating"
    LOGGED_IN = "logged in"
    CLOSED = "closed"


class ClientSession:
    """A client's connection with what msg_server knows of it.

    Attributes:
        handle: names the session in attach_data; no other session has it at the same time.
        send: queues a frame; the connection's own method, to save a call on the hot path.
        unacknowledged: deliveries that a client of ours has not confirmed; None for stock clients.
    """

    __slots__ = (
        "_malformed",
        "_metrics",
        "_window",
        "_window_count",
        "acks_deliveries",
        "client_type",
        "connection",
        "device_kind",
        "handle",
        "login_name",
        "login_time_us",
        "nick",
        "online_status",
        "send",
        "state",
        "unacknowledged",
        "user_id",
        "wants_upload_token",
    )

    def __init__(
        self, handle: int, connection: Connection, routes: "Routes[ClientSession]", metrics: Metrics
    ) -> None:
        self.handle = handle
        self.connection = connection
        self.send = connection.send
        self.state = SessionState.ANONYMOUS
        self.user_id = 0
        self.login_name = ""
        self.login_time_us = 0
        self.nick = ""
        self.client_type = 0
        self.device_kind = ""
        self.online_status = 0
        self.acks_deliveries = False
        self.wants_upload_token = False
        self.unacknowledged: Unacknowledged | None = None
        self._metrics = metrics
        self._malformed = 0
        self._window = 0
        self._window_count = 0
        self.obey(routes)

    def obey(self, routes: "Routes[ClientSession]") -> None:
        """From now on the client may send what is in ``routes``."""
        self.connection.on_frame = partial(routes.dispatch, self)

    @property
    def is_logged_in(self) -> bool:
        """Whether the session has a user and has not been kicked or closed."""
        return self.state is SessionState.LOGGED_IN

    @property
    def asker(self) -> Attach:
        """What a request on its behalf carries, so that the answer finds it."""
        return Attach(AttachType.HANDLE, self.handle)

    @property
    def is_mobile(self) -> bool:
        """Whether the client said it is a phone."""
        return is_mobile(self.client_type)

    @property
    def kick_class(self) -> str:
        """The class in which a user has one session."""
        return kick_class(self.client_type, self.device_kind)

    def close(self, reason: str) -> None:
        """Flush and close."""
        self.connection.close(reason)

    def count_message(self, limit: int) -> bool:
        """Count one message; tell whether it is within ``limit`` a second."""
        second = int(time.monotonic())
        if second != self._window:
            self._window, self._window_count = second, 0
        self._window_count += 1
        return self._window_count <= limit

    def refuse(self, frame: Frame, error: RefusedError) -> None:
        """Send an error notice; close when malformed bodies keep coming.

        Raises:
            ProtocolError: there were too many of them.
        """
        self._metrics.count("requests_refused", error.code.name.lower())
        _log.info(
            "refused",
            user=self.user_id,
            command=f"0x{frame.command_id:04x}",
            code=error.code.name,
            why=error.text,
        )
        self.notify_refusal(error, frame.command_id, frame.seq, frame.message)
        if error.code is ErrorCode.MALFORMED:
            self._malformed += 1
            if self._malformed >= MAX_MALFORMED:
                raise ProtocolError("malformed", "body after body does not parse")

    def notify_refusal(self, error: RefusedError, command_id: int, seq: int, request: object = None) -> None:
        """Send the notice alone. Its header's seq is 0: stock clients match answers by seq."""
        notice = IMErrorNotice(code=error.code, text=error.text, command_id=command_id, seq=seq)
        if error.retry_after_ms is not None:
            notice.retry_after_ms = error.retry_after_ms
        if isinstance(request, IMMsgData):
            notice.session_id = request.to_session_id
            if request.HasField("client_msg_id"):
                notice.client_msg_id = text(request.client_msg_id)
        self.send(OutboundFrame(commands.ERROR_NOTICE, notice))


def routes_from_client(*, before_login: bool) -> Routes[ClientSession]:
    """Make an empty table for clients in one of the two states."""
    return Routes(Node.CLIENT, Node.MSG, before_login=before_login)
