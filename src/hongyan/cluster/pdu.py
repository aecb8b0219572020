"""Links over TCP, frame by frame compatible with the original servers."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import structlog

from hongyan.cluster.auth import AcceptingHandshake, ConnectingHandshake
from hongyan.cluster.link import Link, LinkOwner
from hongyan.errors import ProtocolError, RefusedError
from hongyan.reactor.connection import Connection, ConnectionLimits
from hongyan.reactor.reactor import Reactor
from hongyan.wire import commands
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.extension_pb2 import IMClusterProof
from hongyan.wire.pb.other_pb2 import IMHeartBeat

_log = structlog.get_logger("hongyan.cluster")

HEARTBEAT_AFTER_S: Final = 5.0
"""A link on which nothing was sent for so long sends a heartbeat (spec/wire.md 3)."""
IDLE_LIMIT_S: Final = 30.0
HANDSHAKE_LIMIT_S: Final = 10.0
STRANGER_LIMITS: Final = ConnectionLimits(max_frame_bytes=4096, max_write_buffer_bytes=64 * 1024 * 1024)
"""The bounds before the peer has proved itself; only the frame size is widened afterwards."""
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
"""Answers with whole lists are long: all users of a company, say."""


@dataclass(frozen=True, slots=True)
class ClusterTrust:
    """Whom the servers of a cluster let in.

    Attributes:
        secret: what every server of the cluster knows.
        trusted_peers: addresses of original servers, which know no secret: they are let in, and no
            handshake is tried with them.
    """

    secret: str = field(repr=False)
    trusted_peers: frozenset[str] = frozenset()

    def trusts(self, address: str) -> bool:
        """Tell whether ``address`` stands in the list, an IPv4 address mapped into IPv6 included."""
        if not self.trusted_peers:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return address in self.trusted_peers
        mapped = getattr(parsed, "ipv4_mapped", None)
        return str(mapped or parsed) in self.trusted_peers


class PduLink(Link):
    """A link whose frames travel over a connection.

    Until the peer has proved the cluster secret, ``_on_frame`` is the handshake; then it is the
    owner's routes.
    """

    def __init__(self, owner: LinkOwner, remote: Node, connection: Connection, reactor: Reactor) -> None:
        name = f"{owner.node.name.lower()} - {remote.name.lower()} at {connection.peer_address}"
        super().__init__(owner, remote, name, reactor.metrics)
        self._connection = connection
        connection.on_closed = self._closed
        connection.on_quiet = self._send_heartbeat

    def send(self, frame: Frame) -> None:
        """Queue the frame on the connection."""
        self._connection.send(frame)

    def close(self, reason: str) -> None:
        """Flush and close."""
        self._connection.close(reason)

    def _open(self) -> None:
        """The peer may speak: hand its frames to the owner's routes."""
        connection = self._connection
        connection.allow_frames_up_to(MAX_FRAME_BYTES)
        connection.watch(idle_limit_s=IDLE_LIMIT_S, quiet_limit_s=HEARTBEAT_AFTER_S)
        connection.on_frame = self._dispatch
        self._opened()

    def _dispatch(self, frame: Frame) -> None:
        self.routes.dispatch(self, frame)

    def _send_heartbeat(self) -> None:
        if self.is_open:
            self.send(OutboundFrame(commands.HEARTBEAT, IMHeartBeat()))

    def _fail(self, error: ProtocolError | RefusedError) -> None:
        """A peer that cannot prove itself hears nothing, not even why."""
        reason = error.reason if isinstance(error, ProtocolError) else "malformed_handshake"
        self._metrics.count("link_auth_failed", reason)
        _log.warning(
            "a peer did not prove the cluster secret; its address is not in trusted_peers",
            peer=self._connection.peer_address,
            role=self._owner.node.name.lower(),
            reason=reason,
        )
        self._connection.abort("not_authenticated")


class AcceptedLink(PduLink):
    """The accepting end: silent to strangers."""

    def __init__(
        self, owner: LinkOwner, connection: Connection, reactor: Reactor, trust: ClusterTrust
    ) -> None:
        super().__init__(owner, Node.MSG, connection, reactor)
        self._handshake = AcceptingHandshake(trust.secret)
        self._trusted = trust.trusts(connection.peer_address)
        connection.on_frame = self._before_proof
        connection.watch(deadline=(HANDSHAKE_LIMIT_S, "no_handshake"))
        if self._trusted:
            connection.watch(idle_limit_s=IDLE_LIMIT_S)

    def _before_proof(self, frame: Frame) -> None:
        try:
            self._take(frame)
        except (ProtocolError, RefusedError) as error:
            self._fail(error)

    def _take(self, frame: Frame) -> None:
        if frame.command_id == commands.CLUSTER_HELLO.id:
            challenge = self._handshake.challenge(frame.decode(commands.CLUSTER_HELLO))
            self.send(OutboundFrame(commands.CLUSTER_CHALLENGE, challenge))
        elif frame.command_id == commands.CLUSTER_PROOF.id:
            self._handshake.verify(frame.decode(commands.CLUSTER_PROOF))
            self.is_proved = True
            self.remote = self._handshake.role
            self._open()
        elif self._trusted:
            self._open()
            self._dispatch(frame)
        else:
            raise ProtocolError("no_handshake", f"command 0x{frame.command_id:04x} from a stranger")


class ConnectedLink(PduLink):
    """The connecting end: speaks first."""

    def __init__(
        self,
        owner: LinkOwner,
        remote: Node,
        connection: Connection,
        reactor: Reactor,
        trust: ClusterTrust,
        address: str = "",
        entry: int = 0,
    ) -> None:
        super().__init__(owner, remote, connection, reactor)
        self.address = address
        self.entry = entry
        self._handshake = ConnectingHandshake(trust.secret, owner.node)
        if trust.trusts(connection.peer_address):
            self._open()
            return
        connection.on_frame = self._before_challenge
        connection.watch(deadline=(HANDSHAKE_LIMIT_S, "no_handshake"))
        self.send(OutboundFrame(commands.CLUSTER_HELLO, self._handshake.hello()))

    def _before_challenge(self, frame: Frame) -> None:
        try:
            proof = self._prove(frame)
        except (ProtocolError, RefusedError) as error:
            self._fail(error)
            return
        self.send(OutboundFrame(commands.CLUSTER_PROOF, proof))
        self.is_proved = True
        self._open()

    def _prove(self, frame: Frame) -> IMClusterProof:
        if frame.command_id != commands.CLUSTER_CHALLENGE.id:
            raise ProtocolError("no_handshake", f"command 0x{frame.command_id:04x}")
        return self._handshake.answer(frame.decode(commands.CLUSTER_CHALLENGE))

    def _closed(self, reason: str) -> None:
        if not self.is_open:
            _log.warning(
                "the peer closed during the handshake; do both servers have the same cluster secret?",
                link=self.name,
                reason=reason,
            )
        super()._closed(reason)
