"""attach_data: the context a server adds to a request and gets back unread (spec/wire.md 2).

Two layouts of big-endian u32: the DB attach (type, handle, service type) and the PDU attach,
which goes on with a length and that many bytes. The original leaves the service type at 0; here it
is the number of the request, by which its answer is recognised.
"""

from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from hongyan.errors import ProtocolError

_DB: Final = Struct(">III")
_PDU: Final = Struct(">IIII")
_HTTP_MSG: Final = 3
_IDS: Final = Struct(">4xII")


class AttachType(IntEnum):
    """What msg_server will do with the answer."""

    HANDLE = 1
    GROUP_MESSAGE = 3
    PUSH = 4
    FILE_REQUEST = 5


class Attach(NamedTuple):
    """Decoded attach_data.

    Attributes:
        type: what is to be done with the answer.
        handle: names the client connection on whose behalf the request was made.
        payload: what the asker wants to find again in the answer.
        number: of the request; 0 when nobody keeps count of it.
    """

    type: int
    handle: int
    payload: bytes = b""
    number: int = 0


_HANDLE: Final = int(AttachType.HANDLE)  # plain: struct takes several times longer for an enum's member


def pack_db_attach(handle: int, number: int = 0) -> bytes:
    """Make the 12-byte layout for an ordinary client request."""
    return _DB.pack(_HANDLE, handle, number)


def pack_pdu_attach(type_: int, handle: int, payload: bytes = b"", number: int = 0) -> bytes:
    """Make the 16-byte layout with ``payload`` behind it."""
    return _PDU.pack(type_, handle, number, len(payload)) + payload


def attach_ids(data: bytes) -> tuple[int, int]:
    """Read the handle and the number alone, which stand in the same place in both layouts.

    Raises:
        ProtocolError: fewer bytes than the shorter layout has.
    """
    if len(data) < _DB.size:
        raise ProtocolError("short_attach_data", f"{len(data)} bytes")
    handle, number = _IDS.unpack_from(data)
    return handle, number


def is_of_http_msg(data: bytes) -> bool:
    """Tell whether an original http_msg_server asks: only it writes this type into the shorter layout."""
    return len(data) == _DB.size and _DB.unpack(data)[0] == _HTTP_MSG


def unpack_attach(data: bytes) -> Attach:
    """Read either layout.

    Raises:
        ProtocolError: fewer bytes than the layout needs, so the peer did not echo what it was given.
    """
    if len(data) == _DB.size:
        type_, handle, number = _DB.unpack(data)
        return Attach(type_, handle, number=number)
    if len(data) < _PDU.size:
        raise ProtocolError("short_attach_data", f"{len(data)} bytes")
    type_, handle, number, length = _PDU.unpack_from(data)
    payload = data[_PDU.size : _PDU.size + length]
    if len(payload) != length:
        raise ProtocolError("short_attach_data", f"{len(payload)} of {length} bytes")
    return Attach(type_, handle, payload, number)
