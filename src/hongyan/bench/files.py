"""How fast files go through file_server, and what memory that takes.

The measure is a plain copy: one process that reads a socket and writes a file, with nothing between.
Clients here do as little as they can, so that the server is what is measured; what they receive they
write to a file piece by piece and flush it to the disk, as the plain copy does.
"""

import asyncio
import multiprocessing
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import FileIO
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from google.protobuf.message import Message

from hongyan.client import Client, Conversation, FileOffer
from hongyan.wire import commands
from hongyan.wire.blocks import BlockFrame
from hongyan.wire.commands import Command
from hongyan.wire.frame import HEADER, HEADER_BYTES, Frame, OutboundFrame
from hongyan.wire.in_place import InPlaceFramer
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2

BLOCK_BYTES: Final = 1024 * 1024
BLOCKS_AT_ONCE: Final = 4
MIB: Final = 1024 * 1024
_CONTENT: Final = bytes(range(256)) * (BLOCK_BYTES // 256)
_PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class FileFigures:
    """What one file of ``size`` bytes took; rates in MiB a second.

    Attributes:
        plain: a socket copied to a file and flushed to the disk.
        upload: to file_server, until it says that it keeps the file.
        download: from file_server, into a file that is flushed.
        online: from one client through file_server into a file of another.
        memory_mib: by how much the resident memory of file_server's process rose at most meanwhile.
    """

    size: int
    plain: float
    upload: float
    download: float
    online: float
    memory_mib: float

    @property
    def upload_ratio(self) -> float:
        """The upload by the plain copy."""
        return self.upload / self.plain

    @property
    def download_ratio(self) -> float:
        """The download by the plain copy."""
        return self.download / self.plain


def plain_copy(size: int, folder: Path) -> float:
    """Copy from a socket to a file in a process of its own; return MiB a second."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_receive_plainly, args=(theirs, folder / "plain", size), daemon=True)
    process.start()
    theirs.close()  # so that nobody waits for one that died
    try:
        with socket.create_connection(("127.0.0.1", ours.recv()), _PATIENCE_S) as connection:
            begun = perf_counter()
            for start in range(0, size, BLOCK_BYTES):
                connection.sendall(_CONTENT[: size - start])
            ours.recv()
            return size / MIB / (perf_counter() - begun)
    finally:
        process.join(_PATIENCE_S)
        process.close()
        ours.close()
        (folder / "plain").unlink(missing_ok=True)


def _receive_plainly(pipe: Connection, path: Path, size: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        pipe.send(server.getsockname()[1])
        connection, _ = server.accept()
    buffer = memoryview(bytearray(BLOCK_BYTES))
    with connection, path.open("wb", buffering=0) as file:
        while size:
            count = connection.recv_into(buffer)
            file.write(buffer[:count])
            size -= count
        os.fsync(file.fileno())
    pipe.send(None)


class FileClient:
    """One client's connection to file_server, without any comfort."""

    def __init__(self, offer: FileOffer, role: base.ClientFileRole.ValueType) -> None:
        self._offer = offer
        self._is_sender = role in (base.CLIENT_REALTIME_SENDER, base.CLIENT_OFFLINE_UPLOAD)
        self._user_id = offer.sender_id if self._is_sender else offer.receiver_id
        self._socket = socket.create_connection(offer.servers[0], _PATIENCE_S)
        self._framer = InPlaceFramer(BLOCK_BYTES + 4096)
        self._frames: Iterator[Frame] = iter(())
        try:
            self._log_in(role)
        except BaseException:
            self.close()
            raise

    def _log_in(self, role: base.ClientFileRole.ValueType) -> None:
        login = file_pb2.IMFileLoginReq(
            user_id=self._user_id,
            task_id=self._offer.task_id,
            file_role=role,
            file_token=self._offer.token if self._is_sender else None,  # it is the sender's own
            max_block_bytes=BLOCK_BYTES,
        )
        self._send(commands.FILE_LOGIN, login)
        if self._next().decode(commands.FILE_LOGIN_REPLY).result_code:
            raise ConnectionError("file_server does not let us in")

    def give(self) -> None:
        """Answer until everything has arrived."""
        while (frame := self._next()).command_id == commands.FILE_PULL_DATA.id:
            asked = frame.decode(commands.FILE_PULL_DATA)
            answer = file_pb2.IMFilePullDataRsp(
                result_code=0,
                task_id=self._offer.task_id,
                user_id=self._user_id,
                offset=asked.offset,
            )
            head, data = BlockFrame(answer, _CONTENT[: asked.data_size], frame.seq).pieces
            self._socket.sendall(head)
            self._socket.sendall(data)

    def take(self, file: FileIO) -> None:
        """Ask until everything is on the disk, and say so where somebody waits for it.

        Raises:
            ConnectionError: something else came.
        """
        offer, asked, received = self._offer, 0, 0
        buffer = memoryview(bytearray(BLOCK_BYTES))
        if offer.is_online:
            self._next()
        while received < offer.size:
            while asked < offer.size and asked - received < BLOCKS_AT_ONCE * BLOCK_BYTES:
                asked += self._ask(asked)
            received += self._take_block(received, buffer, file)
        os.fsync(file.fileno())
        if offer.is_online:
            done = file_pb2.IMFileState(
                state=base.CLIENT_FILE_DONE, task_id=offer.task_id, user_id=self._user_id
            )
            self._send(commands.FILE_STATE, done)

    def _take_block(self, offset: int, buffer: memoryview, file: FileIO) -> int:
        """Write a block as it comes in, a piece at a time; return its length.

        The content is the last field of its frame; the fields before it are not looked at.
        """
        left = length = min(BLOCK_BYTES, self._offer.size - offset)
        header = self._socket.recv(HEADER_BYTES, socket.MSG_WAITALL)
        frame_bytes, _, _, _, command_id, _, _ = HEADER.unpack(header)
        if command_id != commands.FILE_PULL_DATA_REPLY.id or frame_bytes <= HEADER_BYTES + length:
            raise ConnectionError(f"no content at {offset}")
        self._socket.recv(frame_bytes - HEADER_BYTES - length, socket.MSG_WAITALL)
        while left:
            count = self._socket.recv_into(buffer[:left])
            if not count:
                raise ConnectionError("file_server closed the connection")
            file.write(buffer[:count])
            left -= count
        return length

    def _ask(self, offset: int) -> int:
        length = min(BLOCK_BYTES, self._offer.size - offset)
        mode = base.FILE_TYPE_ONLINE if self._offer.is_online else base.FILE_TYPE_OFFLINE
        question = file_pb2.IMFilePullDataReq(
            task_id=self._offer.task_id,
            user_id=self._user_id,
            trans_mode=mode,
            offset=offset,
            data_size=length,
        )
        self._send(commands.FILE_PULL_DATA, question)
        return length

    def _send(self, command: Command[Any], message: Message, seq: int = 1) -> None:
        self._socket.sendall(OutboundFrame(command, message, seq).raw)

    def _next(self) -> Frame:
        while (frame := next(self._frames, None)) is None:
            count = self._socket.recv_into(self._framer.room())
            if not count:
                raise ConnectionError("file_server closed the connection")
            self._frames = iter(self._framer.filled(count))
        return frame

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


async def offers(
    login_url: str, names: tuple[str, str], password: str, size: int, folder: Path
) -> tuple[FileOffer, FileOffer]:
    """Have the suite make two transfers of one size between two users: one that it keeps, one online."""
    path = folder / "offered"
    await asyncio.to_thread(_make_sparse, path, size)  # only its length is looked at
    one, two = (Client(login_url, name, password) for name in names)
    async with one, two:
        to = Conversation.with_user(two.user_id)
        return await one.offer_file(to, path), await one.offer_file(to, path, is_online=True)


def _make_sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def measure_files(kept: FileOffer, online: FileOffer, folder: Path, server_pid: int) -> FileFigures:
    """Measure a plain copy and the three ways of a file through file_server. Blocks; no event loop may run.

    Args:
        kept: a transfer that has not begun.
        online: likewise, to a receiver who is online.
        folder: on the disk that file_server uses too.
        server_pid: of the process of file_server, on this machine.
    """
    size = kept.size
    _warm_up(2 * size, folder)
    plain = plain_copy(size, folder)
    with _memory_growth(server_pid) as growth_mib:
        upload = _rate(size, lambda: _upload(kept))
        download = _rate(size, lambda: _receive(kept, base.CLIENT_OFFLINE_DOWNLOAD, folder))
        _check_received(size, folder)
        with _online_sender(online):
            passing = _rate(size, lambda: _receive(online, base.CLIENT_REALTIME_RECVER, folder))
        _check_received(size, folder)
        return FileFigures(size, plain, upload, download, passing, growth_mib())


def _warm_up(size: int, folder: Path) -> None:
    """Have the system's cache grow as large as it will be, since a virtual machine pays for new memory.

    Without that the copy that comes last, with the file that file_server keeps beside it, pays for it alone.
    """
    path = folder / "warm"
    with path.open("wb", buffering=0) as file:
        for _ in range(0, size, BLOCK_BYTES):
            file.write(_CONTENT)
    path.unlink()


def _rate(size: int, transfer: Callable[[], None]) -> float:
    begun = perf_counter()
    transfer()
    return size / MIB / (perf_counter() - begun)


def _upload(offer: FileOffer) -> None:
    with closing(FileClient(offer, base.CLIENT_OFFLINE_UPLOAD)) as client:
        client.give()


def _receive(offer: FileOffer, role: base.ClientFileRole.ValueType, folder: Path) -> None:
    with closing(FileClient(offer, role)) as client, _received(folder).open("wb", buffering=0) as file:
        client.take(file)


@contextmanager
def _online_sender(offer: FileOffer) -> Iterator[None]:
    """Have a process of its own send, from when it is connected."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_send_online, args=(theirs, offer), daemon=True)
    process.start()
    theirs.close()  # so that nobody waits for one that died
    try:
        ours.recv()
        yield
    finally:
        process.join(_PATIENCE_S)
        process.close()
        ours.close()


def _send_online(pipe: Connection, offer: FileOffer) -> None:
    with closing(FileClient(offer, base.CLIENT_REALTIME_SENDER)) as client:
        pipe.send(None)
        client.give()


def _received(folder: Path) -> Path:
    return folder / "received"


def _check_received(size: int, folder: Path) -> None:
    """Hold what was received against what was sent, and throw it away.

    Raises:
        ConnectionError: they differ.
    """
    path = _received(folder)
    with path.open("rb") as file:
        for start in range(0, size, BLOCK_BYTES):
            if file.read(BLOCK_BYTES) != _CONTENT[: size - start]:
                raise ConnectionError(f"wrong content at {start}")
        if file.read(1):
            raise ConnectionError("more content than was sent")
    path.unlink()


@contextmanager
def _memory_growth(pid: int) -> Iterator[Callable[[], float]]:
    """Yield what tells by how many MiB the peak of a process rose above what it had at the beginning."""
    before = _memory_mib(pid, "VmRSS")
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget the peak so far
    yield lambda: _memory_mib(pid, "VmHWM") - before


def _memory_mib(pid: int, what: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == what:
            return int(value.split()[0]) / 1024
    raise ValueError(what)
