"""The file_server role: makes transfers for msg_servers and lets clients join them (spec/flows.md 5)."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from hongyan.cluster import tokens
from hongyan.cluster.connector import listen_for_links
from hongyan.cluster.link import Link
from hongyan.config import FileConfig, split_address
from hongyan.errors import ConfigError, ProtocolError, RefusedError
from hongyan.reactor.connection import Connection, ConnectionLimits
from hongyan.reactor.dispatch import Routes
from hongyan.reactor.reactor import Listener
from hongyan.roles.file.download import Download
from hongyan.roles.file.folder import FileFolder
from hongyan.roles.file.relay import Relay
from hongyan.roles.file.session import MOST_BLOCKS, STOCK_BLOCK_BYTES, FileSession
from hongyan.roles.file.shelf import Entry, Shelf
from hongyan.roles.file.transfer import Transfer, is_task_id
from hongyan.roles.file.upload import Upload
from hongyan.roles.runtime import Runtime
from hongyan.rules.pace import LARGEST_BLOCK_BYTES
from hongyan.wire import commands
from hongyan.wire.blocks import read_block
from hongyan.wire.commands import Node
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.base_define_pb2 import (
    CLIENT_FILE_DONE,
    CLIENT_OFFLINE_DOWNLOAD,
    CLIENT_OFFLINE_UPLOAD,
    CLIENT_REALTIME_RECVER,
    CLIENT_REALTIME_SENDER,
    FILE_TYPE_ONLINE,
    IpAddr,
)
from hongyan.wire.pb.extension_pb2 import IMFileForget
from hongyan.wire.pb.file_pb2 import (
    IMFileLoginReq,
    IMFileLoginRsp,
    IMFilePullDataReq,
    IMFilePullDataRsp,
    IMFileState,
)
from hongyan.wire.pb.server_pb2 import (
    IMFileServerIPReq,
    IMFileServerIPRsp,
    IMFileTransferReq,
    IMFileTransferRsp,
)
from hongyan.wire.text import text

_log = structlog.get_logger("hongyan.file")

JOIN_LIMIT_S: Final = 15.0
IDLE_LIMIT_S: Final = 120.0
"""As in the original (spec/wire.md 3.1)."""
SWEEP_EVERY_S: Final = 600.0
_ACCEPTED, _REFUSED = 0, 1
_LARGEST_FRAME_BYTES: Final = LARGEST_BLOCK_BYTES + 4096
_LIMITS: Final = ConnectionLimits(
    max_frame_bytes=16 * 1024,  # until it is known who it is
    max_write_buffer_bytes=(MOST_BLOCKS + 2) * _LARGEST_FRAME_BYTES,
    bulk_bytes=2 * _LARGEST_FRAME_BYTES,
)
_ROLES_OF_ONLINE: Final = frozenset({CLIENT_REALTIME_SENDER, CLIENT_REALTIME_RECVER})
_ROLES_OF_SENDER: Final = frozenset({CLIENT_REALTIME_SENDER, CLIENT_OFFLINE_UPLOAD})


class FileServer:
    """Holds the clients that send or fetch a file."""

    node = Node.FILE

    def __init__(self, runtime: Runtime, config: FileConfig) -> None:
        self._runtime = runtime
        self._config = config
        self._shelf = Shelf(FileFolder(Path(config.directory)), config)
        self._listeners: list[Listener] = []
        self._connections = 0
        self._from_msg = self._routes_from_msg()
        self._from_clients = self._routes_from_clients()
        gauge = runtime.metrics.gauge
        gauge("file_connections", "Clients of file_server", lambda: self._connections)
        gauge("file_tasks", "Files kept and transfers under way", lambda: len(self._shelf))
        gauge("file_stored_bytes", "Bytes of kept files", lambda: self._shelf.stored_bytes)

    async def start(self) -> dict[str, tuple[str, int]]:
        """Look what is kept, and listen; return the addresses by their names in the ready file.

        Raises:
            ConfigError: the folder cannot be used, or an address cannot be listened on.
        """
        config, runtime = self._config, self._runtime
        try:
            await self._shelf.open()
        except OSError as error:
            raise ConfigError(f"file.directory: {config.directory}: {error.strerror}") from error
        clients = await runtime.reactor.listen("file", (config.host, config.port), self._accept, _LIMITS)
        links = await listen_for_links(
            self, (config.msg_host, config.msg_port), runtime.reactor, runtime.trust
        )
        self._listeners = [clients, links]
        runtime.tasks.start("old files", self._sweep())
        return {"file": clients.address, "file_msg": links.address}

    def stop(self) -> None:
        """Accept nobody more."""
        for listener in self._listeners:
            listener.close()

    def close(self) -> None:
        """Wait for the disk; when the connections are gone."""
        self._shelf.close()

    async def _sweep(self) -> None:
        while True:
            removed = await self._shelf.sweep(time.time())
            if removed:
                _log.info("old files removed", count=removed)
            await asyncio.sleep(SWEEP_EVERY_S)

    # msg_servers.

    def link_opened(self, link: Link) -> None:
        """A msg_server will ask for transfers."""
        link.routes = self._from_msg

    def link_closed(self, link: Link) -> None:
        """Its transfers go on."""

    def _routes_from_msg(self) -> Routes[Link]:
        routes: Routes[Link] = Routes(Node.MSG, Node.FILE)
        routes.on(commands.FILE_SERVER_ADDRESS, self._addresses)
        routes.on(commands.FILE_TRANSFER, self._transfer)
        routes.on(commands.FILE_FORGET, self._forget)
        routes.relay(commands.HEARTBEAT, _echo)
        routes.ignore(commands.CLUSTER_HELLO, commands.CLUSTER_PROOF)
        routes.check_complete()
        return routes

    def _addresses(self, _link: Link, _message: IMFileServerIPReq, _frame: Frame) -> IMFileServerIPRsp:
        if self._config.public_addresses:
            addresses = [split_address(address) for address in self._config.public_addresses]
        else:
            addresses = [self._listeners[0].address]
        reply = IMFileServerIPRsp(ip_addr_list=[IpAddr(ip=ip, port=port) for ip, port in addresses])
        reply.server_tag = self._shelf.tag
        return reply

    def _transfer(self, link: Link, message: IMFileTransferReq, frame: Frame) -> None:
        self._runtime.tasks.attempt("file transfer", self._make(link, message, frame.seq))

    async def _make(self, link: Link, message: IMFileTransferReq, seq: int) -> None:
        file = (message.from_user_id, message.to_user_id, message.file_size)
        task_id = tokens.make_task_id(self._runtime.trust.secret, self._shelf.tag, *file)
        transfer = Transfer.make(task_id, *file, is_online=message.trans_mode == FILE_TYPE_ONLINE)
        reply = IMFileTransferRsp(
            result_code=_ACCEPTED,
            from_user_id=message.from_user_id,
            to_user_id=message.to_user_id,
            file_name=text(message.file_name),
            file_size=message.file_size,
            task_id=transfer.task_id,
            trans_mode=message.trans_mode,
            attach_data=message.attach_data,
        )
        try:
            await self._shelf.begin(transfer)
        except RefusedError as error:
            self._runtime.metrics.count("requests_refused", error.code.name.lower())
            _log.warning("a file was refused", user=message.from_user_id, why=error.text)
            reply.result_code = _REFUSED
            reply.task_id = ""
        link.send(OutboundFrame(commands.FILE_TRANSFER_REPLY, reply, seq))

    def _forget(self, _link: Link, message: IMFileForget, _frame: Frame) -> None:
        """The receiver wants a kept file no more."""
        entry = self._shelf.find(text(message.task_id))
        if entry is not None and entry.is_whole and entry.transfer.receiver == message.user_id:
            self._runtime.tasks.attempt("forget a file", self._shelf.forget(entry))

    # Clients.

    def _accept(self, connection: Connection) -> None:
        if self._connections >= self._config.max_connections:
            connection.abort("too_many_clients")
            return
        self._connections += 1
        FileSession(connection, self._from_clients, self._runtime.metrics)  # which the connection holds
        connection.on_closed = partial(self._closed, connection.on_closed)
        connection.watch(deadline=(JOIN_LIMIT_S, "login_timeout"))

    def _closed(self, closed: Callable[[str], None], reason: str) -> None:
        self._connections -= 1
        closed(reason)

    def _routes_from_clients(self) -> Routes[FileSession]:
        routes: Routes[FileSession] = Routes(Node.CLIENT, Node.FILE)
        routes.on(commands.FILE_LOGIN, self._login)
        routes.on(commands.FILE_PULL_DATA, _pull)
        routes.relay(commands.FILE_PULL_DATA_REPLY, _block)
        routes.on(commands.FILE_STATE, _state)
        routes.relay(commands.HEARTBEAT, _echo)
        routes.check_complete()
        return routes

    def _login(self, session: FileSession, message: IMFileLoginReq, frame: Frame) -> None:
        task_id = text(message.task_id)
        entry = self._shelf.find(task_id) if is_task_id(task_id) and session.entry is None else None
        joins = entry is not None and self._may_join(entry, message)
        reply = IMFileLoginRsp(result_code=_ACCEPTED if joins else _REFUSED, task_id=task_id)
        session.send(OutboundFrame(commands.FILE_LOGIN_REPLY, reply, frame.seq))
        if entry is None or not joins:
            session.close("file_login_refused")
            return
        session.user_id, session.role, session.entry = message.user_id, message.file_role, entry
        if message.HasField("max_block_bytes"):
            session.knows_notices = True
            session.block_bytes = min(max(message.max_block_bytes, STOCK_BLOCK_BYTES), LARGEST_BLOCK_BYTES)
            session.blocks = MOST_BLOCKS
        session.connection.watch(idle_limit_s=IDLE_LIMIT_S)
        session.connection.allow_frames_up_to(_LARGEST_FRAME_BYTES)
        self._join(session, entry)

    def _may_join(self, entry: Entry, message: IMFileLoginReq) -> bool:
        transfer, role = entry.transfer, message.file_role
        if transfer.is_online != (role in _ROLES_OF_ONLINE):
            return False
        if message.user_id != (transfer.sender if role in _ROLES_OF_SENDER else transfer.receiver):
            return False
        if role == CLIENT_OFFLINE_DOWNLOAD and not entry.is_whole:
            return False
        if role == CLIENT_REALTIME_RECVER and entry.is_finished:
            return False
        if not message.file_token and not self._config.require_token:
            return True
        secret, purpose = self._runtime.trust.secret, tokens.file_purpose(transfer.task_id)
        return tokens.user_of_token(secret, purpose, text(message.file_token), time.time()) == message.user_id

    def _join(self, session: FileSession, entry: Entry) -> None:
        if entry.is_finished:  # a sender who was cut off before he could hear of it
            session.say(CLIENT_FILE_DONE, entry.transfer.receiver)
            session.close("file_done")
            return
        if session.role == CLIENT_OFFLINE_DOWNLOAD:
            download = session.part = Download(session, entry, self._shelf)
            self._runtime.tasks.attempt("download", download.run())
            return
        before = entry.members.get(session.role)
        entry.members[session.role] = session
        if before is not None:  # the same user again, whose old connection is lost without a word
            before.part, part = None, before.part
            before.close("file_joined_again")
            if part is not None:
                part.left()
        if session.role == CLIENT_OFFLINE_UPLOAD:
            upload = session.part = Upload(session, entry, self._shelf, self._ended)
            self._runtime.tasks.attempt("upload", upload.run())
        else:
            relay = session.part = Relay(session, entry, self._ended)
            relay.begin()

    def _ended(self, entry: Entry) -> None:
        self._runtime.tasks.attempt("forget a file", self._end(entry))

    async def _end(self, entry: Entry) -> None:
        async with entry.writing:
            if not entry.is_whole:
                await self._shelf.forget(entry)


def _echo(peer: "FileSession | Link", frame: Frame) -> None:
    peer.send(frame)


def _pull(session: FileSession, message: IMFilePullDataReq, frame: Frame) -> None:
    if session.part is not None:
        _check(session, message)
        session.part.pull(message, frame)


def _block(session: FileSession, frame: Frame) -> None:
    if session.part is None:
        return
    try:
        block = read_block(frame)
    except RefusedError as error:
        session.refuse(frame, error)
        return
    _check(session, block.message)
    session.part.block(block, frame)


def _state(session: FileSession, message: IMFileState, frame: Frame) -> None:
    if session.part is not None:
        _check(session, message)
        if not message.state:
            raise ProtocolError("file_state", "only the server says that somebody is ready")
        session.part.state(message, frame)


def _check(session: FileSession, message: IMFilePullDataReq | IMFilePullDataRsp | IMFileState) -> None:
    """Refuse what a client sends in another's name, or about another transfer."""
    entry = session.entry
    if entry is None or text(message.task_id) != entry.transfer.task_id or message.user_id != session.user_id:
        raise ProtocolError("file_not_ones_own")
