"""attach_data: the context a server adds to a request and gets back unread (spec/wire.md 2).

Two layouts of big-endian u32: the DB attach (type, handle, service type) and the PDU attach,
which goes on with a length and that many bytes.
"""

from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from hongyan.errors import ProtocolError

_DB: Final = Struct(">III")
_HANDLE: Final = Struct(">4xI4x")
_PDU: Final = Struct(">IIII")


class AttachType(IntEnum):
    """What msg_server will do with the answer."""

    HANDLE = 1
    GROUP_MESSAGE = 3
    PUSH = 4
    FILE_REQUEST = 5


class Attach(NamedTuple):
    """Decoded attach_data; ``handle`` names the client connection on whose behalf the request was made."""

    type: int
    handle: int
    payload: bytes = b""


def pack_db_attach(handle: int) -> bytes:
    """Make the 12-byte layout for an ordinary client request."""
    return _DB.pack(AttachType.HANDLE, handle, 0)


def pack_pdu_attach(type_: AttachType, handle: int, payload: bytes = b"") -> bytes:
    """Make the 16-byte layout with ``payload`` behind it."""
    return _PDU.pack(type_, handle, 0, len(payload)) + payload


def attach_handle(data: bytes) -> int:
    """Read the handle alone, which stands in the same place in both layouts.

    Raises:
        ProtocolError: fewer bytes than the shorter layout has.
    """
    if len(data) < _DB.size:
        raise ProtocolError("short_attach_data", f"{len(data)} bytes")
    handle: int = _HANDLE.unpack_from(data)[0]
    return handle


def unpack_attach(data: bytes) -> Attach:
    """Read either layout.

    Raises:
        ProtocolError: fewer bytes than the layout needs, so the peer did not echo what it was given.
    """
    if len(data) == _DB.size:
        type_, handle, _ = _DB.unpack(data)
        return Attach(type_, handle)
    if len(data) < _PDU.size:
        raise ProtocolError("short_attach_data", f"{len(data)} bytes")
    type_, handle, _, length = _PDU.unpack_from(data)
    payload = data[_PDU.size : _PDU.size + length]
    if len(payload) != length:
        raise ProtocolError("short_attach_data", f"{len(payload)} of {length} bytes")
    return Attach(type_, handle, payload)
