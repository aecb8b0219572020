"""Routing tables: which handler takes which command from which kind of peer.

Finding the handler and checking that this peer may send the command now is one dict lookup: a
table holds exactly what one kind of peer in one state may send. A peer changes state by getting
another table.
"""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from google.protobuf.message import Message

from hongyan.errors import ErrorCode, ProtocolError, RefusedError
from hongyan.wire.commands import COMMANDS, Command, Node
from hongyan.wire.frame import Frame, OutboundFrame

M = TypeVar("M", bound=Message)


class Peer(Protocol):
    """Whoever is at the other end: a client's session or a link to a server."""

    def send(self, frame: Frame) -> None:
        """Queue a frame for the peer."""

    def refuse(self, frame: Frame, error: RefusedError) -> None:
        """Tell the peer, and the counters, why its frame is declined."""


P = TypeVar("P", bound=Peer)
Handler = Callable[[P, M, Frame], Message | None]
"""Takes the peer, the decoded message and its frame; returns the answer, if it has it already."""
FrameHandler = Callable[[P, Frame], None]
"""Takes the peer and the frame, which nobody decodes: for what is only passed on."""


class Routes(Generic[P]):
    """What one kind of peer may send in one state, and who handles it.

    Args:
        sender: the kind of peer.
        receiver: the role that owns the table.
        before_login: the table of a client that has not logged in: only commands marked so belong
            in it, and any other closes the connection.
    """

    def __init__(self, sender: Node, receiver: Node, *, before_login: bool = False) -> None:
        self._sender = sender
        self._receiver = receiver
        self._before_login = before_login
        self._table: dict[int, tuple[Command[Any], Handler[P, Any]]] = {}
        self._relays: dict[int, FrameHandler[P]] = {}

    def on(self, command: Command[M], handler: Handler[P, M]) -> None:
        """Let ``handler`` take ``command``; the type checker compares their message classes."""
        self._check_new(command)
        self._table[command.id] = (command, handler)

    def relay(self, command: Command[Any], handler: FrameHandler[P]) -> None:
        """Let ``handler`` take ``command`` without decoding it."""
        self._check_new(command)
        self._relays[command.id] = handler

    def ignore(self, *commands: Command[Any]) -> None:
        """Accept ``commands`` and do nothing, as the specification has it."""
        for command in commands:
            self.on(command, _do_nothing)

    def check_complete(self) -> None:
        """Refuse to go on when a command that this peer may send has no handler."""
        present = self._table.keys() | self._relays.keys()
        missing = [c.name for c in COMMANDS.values() if self._belongs(c) and c.id not in present]
        if missing:
            raise ValueError(f"no handler for {', '.join(missing)} from {self._sender.name}")

    def dispatch(self, peer: P, frame: Frame) -> None:
        """Run the handler for ``frame`` and send what it returns.

        Raises:
            ProtocolError: the peer's connection is to be closed.
        """
        route = self._table.get(frame.command_id)
        if route is None:
            self._dispatch_undecoded(peer, frame)
            return
        command, handler = route
        try:
            reply = handler(peer, frame.message or frame.decode(command), frame)
        except RefusedError as error:
            peer.refuse(frame, error)
            return
        if reply is not None:
            assert command.reply is not None, command.name  # noqa: S101 - the table pairs them
            peer.send(OutboundFrame(command.reply, reply, frame.seq))

    def _dispatch_undecoded(self, peer: P, frame: Frame) -> None:
        relay = self._relays.get(frame.command_id)
        if relay is not None:
            relay(peer, frame)
        elif self._before_login:
            raise ProtocolError("before_login", f"command 0x{frame.command_id:04x}")
        else:
            text = f"command 0x{frame.command_id:04x} is not known here"
            peer.refuse(frame, RefusedError(ErrorCode.UNKNOWN_COMMAND, text))

    def _check_new(self, command: Command[Any]) -> None:
        if command.id in self._table or command.id in self._relays:
            raise ValueError(f"{command.name} has two handlers")
        if not self._belongs(command):
            raise ValueError(f"{self._sender.name} must not send {command.name} to {self._receiver.name} now")

    def _belongs(self, command: Command[Any]) -> bool:
        allowed = command.may_travel(self._sender, self._receiver)
        return allowed and (command.before_login or not self._before_login)


def _do_nothing(_peer: Peer, _message: Message, _frame: Frame) -> None:
    return None
