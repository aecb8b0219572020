"""How servers prove to each other that they know the cluster secret (docs/protocol.md).

The connecting side says hello with a MAC, so that a stranger gets no answer at all; the accepting
side answers with a MAC over a nonce of its own, so that the connecting side knows it too; the
connecting side closes with a MAC over both, so that a replayed hello is worth nothing. No clocks.
"""

import hmac
import secrets
from typing import Final

from hongyan.errors import ProtocolError
from hongyan.wire.commands import Node
from hongyan.wire.pb.extension_pb2 import IMClusterChallenge, IMClusterHello, IMClusterProof

NONCE_BYTES: Final = 32
MIN_SECRET_CHARACTERS: Final = 16
CONNECTING_ROLES: Final = frozenset({Node.MSG.name, Node.HTTP_MSG.name, Node.LOGIN.name})


def _mac(secret: str, purpose: bytes, *parts: bytes) -> bytes:
    framed = b"".join(len(part).to_bytes(2, "big") + part for part in (purpose, *parts))
    return hmac.digest(secret.encode(), framed, "sha256")


def _check(expected: bytes, offered: bytes) -> None:
    if not hmac.compare_digest(expected, offered):
        raise ProtocolError("wrong_cluster_secret")


class ConnectingHandshake:
    """The connecting side's part; ``role`` is who it says it is."""

    def __init__(self, secret: str, role: Node) -> None:
        self._secret = secret
        self._role = role.name.encode()
        self._nonce = secrets.token_bytes(NONCE_BYTES)

    def hello(self) -> IMClusterHello:
        """Make the first frame."""
        mac = _mac(self._secret, b"hello", self._role, self._nonce)
        return IMClusterHello(role=self._role.decode(), nonce=self._nonce, mac=mac)

    def answer(self, challenge: IMClusterChallenge) -> IMClusterProof:
        """Check the accepting side and make the proof.

        Raises:
            ProtocolError: the accepting side does not know the secret.
        """
        _check(_mac(self._secret, b"challenge", self._nonce, challenge.nonce), challenge.mac)
        return IMClusterProof(mac=_mac(self._secret, b"proof", self._role, self._nonce, challenge.nonce))


class AcceptingHandshake:
    """The accepting side's part; ``role`` is known once the hello is checked."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        self._hello: IMClusterHello | None = None

    @property
    def role(self) -> Node:
        """Who the other side proved to be."""
        assert self._hello is not None  # noqa: S101 - asked for after the hello only
        return Node[self._hello.role]

    def challenge(self, hello: IMClusterHello) -> IMClusterChallenge:
        """Check the hello and make the challenge.

        Raises:
            ProtocolError: not the secret, or a second hello, or not a role that connects.
        """
        if self._hello is not None:
            raise ProtocolError("second_cluster_hello")
        _check(_mac(self._secret, b"hello", hello.role.encode(), hello.nonce), hello.mac)
        if hello.role not in CONNECTING_ROLES:
            raise ProtocolError("unexpected_cluster_role")
        self._hello = hello
        mac = _mac(self._secret, b"challenge", hello.nonce, self._nonce)
        return IMClusterChallenge(nonce=self._nonce, mac=mac)

    def verify(self, proof: IMClusterProof) -> None:
        """Check the proof; the link may be used then.

        Raises:
            ProtocolError: it is wrong, or came before the hello.
        """
        hello = self._hello
        if hello is None:
            raise ProtocolError("cluster_proof_before_hello")
        _check(_mac(self._secret, b"proof", hello.role.encode(), hello.nonce, self._nonce), proof.mac)
