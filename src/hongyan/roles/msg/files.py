"""File signalling between two clients and a file_server (spec/flows.md 2.10)."""

import itertools
import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from hongyan.cluster import tokens
from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.msg.context import MsgContext, MsgTables
from hongyan.roles.msg.file_links import FileServerLink
from hongyan.roles.msg.queries import QueryHandlers
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.attach import Attach, AttachType, pack_db_attach, pack_pdu_attach, unpack_attach
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import (
    FILE_TYPE_OFFLINE,
    FILE_TYPE_ONLINE,
    USER_STATUS_ONLINE,
    IpAddr,
    OfflineFileInfo,
)
from hongyan.wire.pb.buddy_pb2 import IMUsersStatReq, IMUsersStatRsp
from hongyan.wire.pb.extension_pb2 import IMFileForget
from hongyan.wire.pb.file_pb2 import (
    IMFileAddOfflineReq,
    IMFileDelOfflineReq,
    IMFileHasOfflineRsp,
    IMFileNotify,
    IMFileReq,
    IMFileRsp,
)
from hongyan.wire.pb.server_pb2 import IMFileServerIPRsp, IMFileTransferReq, IMFileTransferRsp
from hongyan.wire.text import text

REFUSED: Final = 1
MAX_UNANSWERED: Final = 10_000
"""Requests for transfers that no server has answered; more are refused as busy."""
MAX_NAME_BYTES: Final = 500
"""The column of file names holds 500 characters."""
UNSPECIFIED: Final = "0.0.0.0"  # noqa: S104 - what a file_server says that does not know its address


class _Request(NamedTuple):
    """A transfer that was asked for."""

    handle: int
    seq: int
    message: IMFileTransferReq
    link: Link | None
    """The file_server that was asked; None while route_server is."""


class FileHandlers:
    """Finds a file_server for a transfer and tells both clients of it."""

    def __init__(self, context: MsgContext, tables: MsgTables, queries: QueryHandlers) -> None:
        self._context = context
        self._queries = queries
        self._numbers = itertools.cycle(range(1, 2**32))
        self._requests: dict[int, _Request] = {}
        tables.clients.on(commands.FILE_REQUEST, self._request)
        tables.clients.on(commands.FILE_ADD_OFFLINE, self._add_offline)
        tables.clients.on(commands.FILE_DEL_OFFLINE, self._del_offline)
        tables.from_db.on(commands.FILE_HAS_OFFLINE_REPLY, self._has_offline)
        tables.from_route.on(commands.FILE_NOTIFY, self._offered)
        tables.from_file.on(commands.FILE_SERVER_ADDRESS_REPLY, self._addresses)
        tables.from_file.on(commands.FILE_TRANSFER_REPLY, self._made)
        tables.status_replies[AttachType.FILE_REQUEST] = self._receiver_status

    # Asking for a transfer.

    def _request(self, session: ClientSession, message: IMFileReq, frame: Frame) -> IMFileRsp | None:
        if not message.to_user_id or len(text(message.file_name).encode()) > MAX_NAME_BYTES:
            raise RefusedError(
                ErrorCode.NOT_ALLOWED, f"a receiver, and a name of up to {MAX_NAME_BYTES} bytes"
            )
        if len(self._requests) >= MAX_UNANSWERED:
            raise RefusedError(ErrorCode.BUSY, "too many transfers are being set up; try again later")
        wanted = IMFileTransferReq(
            from_user_id=session.user_id,
            to_user_id=message.to_user_id,
            file_name=text(message.file_name),
            file_size=message.file_size,
            trans_mode=message.trans_mode,
        )
        request = _Request(session.handle, frame.seq, wanted, None)
        if self._context.files.any() is None:
            return _refusal(wanted)
        if message.trans_mode == FILE_TYPE_ONLINE and not self._sits_here(message.to_user_id):
            return self._ask_where(request)
        self._ask_for(request)
        return None

    def _sits_here(self, user_id: int) -> bool:
        return any(not session.is_mobile for session in self._context.directory.of_user(user_id))

    def _ask_where(self, request: _Request) -> IMFileRsp | None:
        """Ask whether the receiver sits at a PC elsewhere: to one who does not, files go offline."""
        if not self._context.route.is_open:
            self._offline(request)
            return None
        number = next(self._numbers)
        self._requests[number] = request
        body = request.message.SerializePartialToString()
        query = IMUsersStatReq(
            user_id=request.message.from_user_id,
            user_id_list=[request.message.to_user_id],
            attach_data=pack_pdu_attach(AttachType.FILE_REQUEST, request.handle, body, number),
        )
        self._context.route.send(OutboundFrame(commands.USERS_STATUS, query, request.seq))
        return None

    def _receiver_status(self, message: IMUsersStatRsp, attach: Attach) -> None:
        request = self._requests.pop(attach.number, None)
        if request is None:
            return
        if any(stat.status == USER_STATUS_ONLINE for stat in message.user_stat_list):
            self._ask_for(request)
        else:
            self._offline(request)

    def _offline(self, request: _Request) -> None:
        request.message.trans_mode = FILE_TYPE_OFFLINE
        self._ask_for(request)

    def _ask_for(self, request: _Request) -> None:
        server = self._context.files.any()
        if server is None:
            self._refuse(request)
            return
        number = next(self._numbers)
        self._requests[number] = request._replace(link=server.link)
        request.message.attach_data = pack_db_attach(request.handle, number)
        server.link.send(OutboundFrame(commands.FILE_TRANSFER, request.message, request.seq))

    # The answer.

    def _made(self, link: Link, message: IMFileTransferRsp, _frame: Frame) -> None:
        request = self._requests.pop(unpack_attach(message.attach_data).number, None)
        server = self._context.files.of_link(link)
        if request is None or request.link is not link or server is None:
            return
        if message.result_code:
            self._refuse(request)
            return
        session = self._context.directory.find(request.handle)
        if session is None:
            return  # who asked is gone, and nobody else knows of it
        wanted = request.message
        answer = IMFileRsp(
            result_code=0,
            from_user_id=wanted.from_user_id,
            to_user_id=wanted.to_user_id,
            file_name=wanted.file_name,
            task_id=text(message.task_id),
            ip_addr_list=_reachable(server.addresses, session),
            trans_mode=wanted.trans_mode,
        )
        if session.wants_upload_token:
            answer.file_token = self._token(session, text(message.task_id))
        session.send(OutboundFrame(commands.FILE_REQUEST_REPLY, answer, request.seq))
        self._offer(
            IMFileNotify(
                from_user_id=wanted.from_user_id,
                to_user_id=wanted.to_user_id,
                file_name=wanted.file_name,
                file_size=wanted.file_size,
                task_id=text(message.task_id),
                ip_addr_list=server.addresses,
                trans_mode=wanted.trans_mode,
                offline_ready=0,
            )
        )

    def link_lost(self, link: Link) -> None:
        """A file_server is gone: what it was asked for will not come, so another one is asked."""
        lost = [number for number, request in self._requests.items() if request.link is link]
        for number in lost:
            self._ask_for(self._requests.pop(number))

    def route_lost(self) -> None:
        """The route_server is gone: nobody says where a receiver is."""
        waiting = [number for number, request in self._requests.items() if request.link is None]
        for number in waiting:
            self._offline(self._requests.pop(number))

    def _refuse(self, request: _Request) -> None:
        session = self._context.directory.find(request.handle)
        if session is not None:
            reply = _refusal(request.message)
            session.send(OutboundFrame(commands.FILE_REQUEST_REPLY, reply, request.seq))

    # Telling the receiver.

    def _offer(self, message: IMFileNotify) -> None:
        here = self._context.directory.of_user(message.to_user_id)
        self._tell((session for session in here if not session.is_mobile), message)
        self._context.route.send(OutboundFrame(commands.FILE_NOTIFY, message))

    def _offered(self, _link: Link, message: IMFileNotify, _frame: Frame) -> None:
        self._tell(self._context.directory.of_user(message.to_user_id), message)

    def _tell(self, sessions: Iterable[ClientSession], message: IMFileNotify) -> None:
        for session in sessions:
            told = IMFileNotify()
            told.CopyFrom(message)
            del told.ip_addr_list[:]
            told.ip_addr_list.extend(_reachable(message.ip_addr_list, session))
            if session.wants_upload_token:
                told.file_token = self._token(session, text(message.task_id))
            session.send(OutboundFrame(commands.FILE_NOTIFY, told))

    def _token(self, session: ClientSession, task_id: str) -> str:
        """Make what lets this user join this transfer, and nobody else."""
        context = self._context
        expires = int(time.time() + context.config.upload_token_life_s)
        purpose = tokens.file_purpose(task_id)
        return tokens.make_token(context.runtime.trust.secret, purpose, session.user_id, expires)

    # Files that wait.

    def _has_offline(self, _link: Link, message: IMFileHasOfflineRsp, frame: Frame) -> None:
        """Say which files wait and where.

        A stock client knows one server an answer, and so gets an answer for each that has some; to a
        client of ours every file says itself where it is.
        """
        attach = message.attach_data
        session = self._queries.asker(message)
        if session is None:
            return
        if session.wants_upload_token:
            self._say_where(session, message)
            message.attach_data = attach
            session.send(OutboundFrame(commands.FILE_HAS_OFFLINE_REPLY, message, frame.seq))
            return
        for server, files in self._by_server(message.offline_file_list):
            answer = IMFileHasOfflineRsp(
                user_id=message.user_id,
                offline_file_list=files,
                ip_addr_list=_reachable(server.addresses if server is not None else (), session),
                attach_data=attach,
            )
            session.send(OutboundFrame(commands.FILE_HAS_OFFLINE_REPLY, answer, frame.seq))

    def _say_where(self, session: ClientSession, message: IMFileHasOfflineRsp) -> None:
        for file in message.offline_file_list:
            server = self._context.files.of_task(text(file.task_id))
            if server is not None:
                file.server_addr.extend(_reachable(server.addresses, session))
            file.file_token = self._token(session, text(file.task_id))

    def _by_server(
        self, files: Iterable[OfflineFileInfo]
    ) -> list[tuple[FileServerLink | None, list[OfflineFileInfo]]]:
        found: dict[FileServerLink | None, list[OfflineFileInfo]] = {}
        for file in files:
            found.setdefault(self._context.files.of_task(text(file.task_id)), []).append(file)
        return list(found.items()) or [(self._context.files.any(), [])]

    def _add_offline(self, session: ClientSession, message: IMFileAddOfflineReq, frame: Frame) -> None:
        message.from_user_id = session.user_id
        server = self._context.files.of_task(text(message.task_id))
        if self._context.files.is_of_ours(text(message.task_id)):
            self._check_made_for(message)
        told = OutboundFrame(commands.FILE_ADD_OFFLINE, message, frame.seq, frame)
        self._context.db.tell(told, commands.FILE_ADD_OFFLINE, session.handle)
        if server is not None:
            self._offer(
                IMFileNotify(
                    from_user_id=session.user_id,
                    to_user_id=message.to_user_id,
                    file_name=text(message.file_name),
                    file_size=message.file_size,
                    task_id=text(message.task_id),
                    ip_addr_list=server.addresses,
                    trans_mode=FILE_TYPE_OFFLINE,
                    offline_ready=1,
                )
            )

    def _check_made_for(self, message: IMFileAddOfflineReq) -> None:
        """Refuse the id of somebody else's transfer, or one that does not exist."""
        file = (message.from_user_id, message.to_user_id, message.file_size)
        if not tokens.is_task_id_of(self._context.runtime.trust.secret, text(message.task_id), *file):
            raise RefusedError(ErrorCode.NOT_ALLOWED, "this transfer is not yours, or not of this file")

    def _del_offline(self, session: ClientSession, message: IMFileDelOfflineReq, frame: Frame) -> None:
        # Only the recipient deletes; the original lets anyone name anyone.
        message.to_user_id = session.user_id
        told = OutboundFrame(commands.FILE_DEL_OFFLINE, message, frame.seq, frame)
        self._context.db.tell(told, commands.FILE_DEL_OFFLINE, session.handle)
        server = self._context.files.of_task(text(message.task_id))
        if server is not None and server.tag:
            forget = IMFileForget(task_id=text(message.task_id), user_id=session.user_id)
            server.link.send(OutboundFrame(commands.FILE_FORGET, forget))

    # file_servers.

    def _addresses(self, link: Link, message: IMFileServerIPRsp, _frame: Frame) -> None:
        self._context.files.told(link, message)


def _refusal(wanted: IMFileTransferReq) -> IMFileRsp:
    return IMFileRsp(
        result_code=REFUSED,
        from_user_id=wanted.from_user_id,
        to_user_id=wanted.to_user_id,
        file_name=wanted.file_name,
        task_id="",
        trans_mode=wanted.trans_mode,
    )


def _reachable(addresses: Iterable[IpAddr], session: ClientSession) -> list[IpAddr]:
    """Put the address by which a client reached us in the place of one that says nothing."""
    here = session.connection.local_address
    return [IpAddr(ip=here if each.ip == UNSPECIFIED else each.ip, port=each.port) for each in addresses]
