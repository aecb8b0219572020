"""Strings of peers, which need not be UTF-8 (spec/wire.md 1.2)."""

from typing import Final

from hongyan.errors import ErrorCode, RefusedError
from hongyan.wire.pb.message_pb2 import IMMsgData

_MODIFIED_NUL: Final = b"\xc0\x80"


def text(value: str | bytes) -> str:
    """Return a ``string`` field as text.

    The protobuf runtime hands out bytes where the field is not UTF-8, whatever its stubs say.
    """
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def client_msg_id(message: IMMsgData) -> str:
    """Return the sender's own id of a message; empty when it has none.

    Raises:
        RefusedError: it is not UTF-8, and so will not come back as it was sent.
    """
    value: str | bytes = message.client_msg_id
    if isinstance(value, bytes):
        raise RefusedError(ErrorCode.MALFORMED, "client_msg_id is not UTF-8")
    return value


def decode_utf8(data: bytes) -> str:
    """Decode UTF-8 and what Android makes of it: NUL as C0 80, emoji as two surrogates."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    halves = data.replace(_MODIFIED_NUL, b"\0")
    try:
        paired = halves.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
    return paired.decode("utf-16", "replace")
