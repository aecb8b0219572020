"""Messages that come by the API: stored by db_proxy, delivered by one msg_server."""

import time
from typing import Final, NamedTuple

import structlog

from hongyan.errors import ID_IS_TAKEN, ErrorCode, RefusedError
from hongyan.roles.http_msg.links import Links
from hongyan.wire import commands
from hongyan.wire.cipher import CipherError, MessageCipher
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.administration_pb2 import IMDeliver
from hongyan.wire.pb.base_define_pb2 import MSG_TYPE_GROUP_TEXT, MSG_TYPE_SINGLE_TEXT
from hongyan.wire.pb.message_pb2 import IMMsgData
from hongyan.wire.text import decode_utf8

_log = structlog.get_logger("hongyan.http_msg")

_REFUSALS: Final = {
    ErrorCode.NOT_ALLOWED: "the sender may not write to this user or group",
    ErrorCode.NOT_FOUND: "there is no such group",
    ErrorCode.TOO_LARGE: "the message is too long",
    ErrorCode.MALFORMED: "the message cannot be stored as it is",
    ErrorCode.BUSY: "the server is busy; send it again",
    ErrorCode.UNAVAILABLE: "the server is stopping; send it again",
}


class Outgoing(NamedTuple):
    """A text to be sent; ``peer`` is a user, or a group."""

    sender: int
    peer: int
    is_group: bool
    text: str
    client_msg_id: str = ""


class Sent(NamedTuple):
    """What became of it; a duplicate was stored before under this msg_id."""

    msg_id: int
    created: int
    is_duplicate: bool


class Sender:
    """Sends messages in the name of users."""

    def __init__(self, links: Links, cipher: MessageCipher) -> None:
        self._links = links
        self._cipher = cipher

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send a message; return when it is stored.

        Raises:
            RefusedError: it was not stored, or nobody can tell.
        """
        request = self._message(outgoing)
        created = request.create_time
        key = outgoing.peer if outgoing.is_group else outgoing.sender ^ outgoing.peer
        link = self._links.db_proxies.pick(key)
        stored: IMMsgData = await self._links.calls.ask(link, commands.MSG_DATA, request)
        if not stored.msg_id:
            known = stored.refusal in _REFUSALS
            code = ErrorCode(stored.refusal) if known else ErrorCode.NOT_STORED
            text = _REFUSALS.get(code, "the database could not store it; send it again")
            raise RefusedError(code, ID_IS_TAKEN if stored.duplicate else text)
        if not stored.duplicate:
            self._deliver(stored)
        return Sent(stored.msg_id, created, stored.duplicate)

    def read(self, content: str) -> str:
        """Return the text of what is stored; what cannot be decrypted is returned as it is."""
        try:
            return decode_utf8(self._cipher.decrypt(content.encode()))
        except CipherError:
            return content

    def _message(self, outgoing: Outgoing) -> IMMsgData:
        return IMMsgData(
            from_user_id=outgoing.sender,
            to_session_id=outgoing.peer,
            msg_id=0,
            create_time=int(time.time()),
            msg_type=MSG_TYPE_GROUP_TEXT if outgoing.is_group else MSG_TYPE_SINGLE_TEXT,
            msg_data=self._cipher.encrypt(outgoing.text.encode()),
            client_msg_id=outgoing.client_msg_id or None,
        )

    def _deliver(self, stored: IMMsgData) -> None:
        message = IMMsgData()
        message.CopyFrom(stored)
        message.ClearField("attach_data")
        try:
            master = self._links.route_servers.master()
        except RefusedError:
            # Stored; the receivers will find it in the history.
            _log.warning("a message was not delivered live: no link to a route_server")
            return
        master.send(OutboundFrame(commands.DELIVER, IMDeliver(message=message)))
