"""Files by way of servers that are not ours, or do not do what they should."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hongyan.client import (
    ConnectFailed,
    ConnectionLost,
    Conversation,
    FileOffer,
    FileOffered,
    Options,
    RequestRefused,
    TransferRefused,
)
from hongyan.client.transfers.file_link import FileLink, Role
from hongyan.client.transfers.local import Sink, Source, part_path
from hongyan.client.transfers.patience import Patience, opened
from hongyan.client.transfers.receiving import Receiving
from hongyan.client.transfers.sending import Sending
from hongyan.errors import ErrorCode
from hongyan.wire import commands
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.other_pb2 import IMHeartBeat

from .conftest import QUICK, Fake
from .fake_suite import ALICE, BOB
from .original_file_server import BLOCK, OriginalFileServer

TASK = "6d4e4a7e-0f3c-4a52-9b06-1f6a4b7a9c1e"
CONTENT = bytes(range(256)) * 700  # five blocks and a half
SIZE = len(CONTENT)


@pytest.fixture
async def server() -> AsyncIterator[OriginalFileServer]:
    server = OriginalFileServer(TASK, SIZE)
    async with server.running():
        yield server


def kept(server: OriginalFileServer, task_id: str = TASK) -> FileOffer:
    return FileOffer(BOB, ALICE, "f.bin", SIZE, task_id, is_online=False, servers=(server.address,))


def accept_requests(fake: Fake, server: OriginalFileServer, result_code: int = 0) -> None:
    def answer(connection: Any, frame: Any, request: file_pb2.IMFileReq) -> None:
        ip, port = server.address
        reply = file_pb2.IMFileRsp(
            result_code=result_code,
            from_user_id=ALICE,
            to_user_id=request.to_user_id,
            file_name=request.file_name,
            task_id=TASK,
            ip_addr_list=[base.IpAddr(ip=ip, port=port)],
            trans_mode=request.trans_mode,
        )
        connection.send(commands.FILE_REQUEST_REPLY, reply, frame.seq)

    fake.suite.script[commands.FILE_REQUEST.id] = answer


async def test_an_original_keeps_a_file_and_the_receiver_is_told(
    fake: Fake, server: OriginalFileServer, tmp_path: Path
) -> None:
    accept_requests(fake, server)
    (tmp_path / "f.bin").write_bytes(CONTENT)
    server.cut_after = 3
    async with fake.client() as client:
        offer = await client.send_file(Conversation.with_user(BOB), tmp_path / "f.bin", name="名字")
    assert server.content == CONTENT
    assert server.offsets.count(0) == 2  # the original begins anew
    (told,) = fake.suite.of(commands.FILE_ADD_OFFLINE)
    assert (told.from_user_id, told.to_user_id, told.task_id) == (ALICE, BOB, TASK)
    assert (told.file_name, told.file_size) == ("名字", SIZE) == (offer.name, offer.size)


async def test_a_file_of_an_original_is_fetched_from_its_beginning_after_a_cut(
    fake: Fake, server: OriginalFileServer, tmp_path: Path
) -> None:
    server.content, server.cut_after = CONTENT, 3
    progress: list[int] = []
    async with fake.client() as client:
        arrived = await client.receive_file(
            kept(server), tmp_path / "a", on_progress=lambda done, _: progress.append(done)
        )
    assert arrived.read_bytes() == CONTENT
    assert server.offsets == [0, BLOCK, 2 * BLOCK] + [block * BLOCK for block in range(6)]
    (told,) = fake.suite.of(commands.FILE_DEL_OFFLINE)
    assert (told.from_user_id, told.to_user_id, told.task_id) == (BOB, ALICE, TASK)


async def test_a_file_server_that_is_away_is_tried_after_the_others(
    fake: Fake, server: OriginalFileServer, tmp_path: Path
) -> None:
    server.content = CONTENT
    away = OriginalFileServer(TASK, SIZE)
    async with away.running():
        pass
    offer = FileOffer(BOB, ALICE, "f", SIZE, TASK, is_online=False, servers=(away.address, server.address))
    async with fake.client() as client:
        assert (await client.receive_file(offer, tmp_path / "a")).read_bytes() == CONTENT
    for servers, problem in (((), "no file_server"), ((away.address,), "cannot reach the file_server")):
        with pytest.raises(ConnectFailed, match=problem):
            await FileLink.open(replace(offer, servers=servers), Role.DOWNLOADER, Options(timing=QUICK))


async def test_an_unknown_transfer_is_refused_for_good(
    fake: Fake, server: OriginalFileServer, tmp_path: Path
) -> None:
    async with fake.client() as client:
        with pytest.raises(TransferRefused, match="does not know this transfer"):
            await client.receive_file(kept(server, "other"), tmp_path / "a")
    assert fake.suite.of(commands.FILE_DEL_OFFLINE) == []


async def test_a_refused_request_says_so(fake: Fake, server: OriginalFileServer, tmp_path: Path) -> None:
    accept_requests(fake, server, result_code=1)
    (tmp_path / "f").write_bytes(b"x")
    async with fake.client() as client:
        with pytest.raises(RequestRefused, match="no file_server"):
            await client.send_file(Conversation.with_user(BOB), tmp_path / "f")
        with pytest.raises(FileNotFoundError):
            await client.send_file(Conversation.with_user(BOB), tmp_path / "missing")
        with pytest.raises(ValueError, match="not to a group"):
            await client.send_file(Conversation.of_group(3), tmp_path / "f")
        with pytest.raises(ValueError, match="for us"):
            await client.send_file(kept(server), tmp_path / "f")


@asynccontextmanager
async def saying(*frames: OutboundFrame, closes: bool = True) -> AsyncIterator[tuple[FileOffer, list[bytes]]]:
    """A server that says the same to everybody; yields a file on it, and what it hears after the login."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(b"".join(frame.raw for frame in frames))
        while not closes and (data := await reader.read(65536)):
            heard.append(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()[:2]
    try:
        yield FileOffer(BOB, ALICE, "f", SIZE, TASK, is_online=False, servers=(address,)), heard
    finally:
        server.close()


def joined(result_code: int = 0) -> OutboundFrame:
    reply = file_pb2.IMFileLoginRsp(result_code=result_code, task_id=TASK)
    return OutboundFrame(commands.FILE_LOGIN_REPLY, reply, 1)


@pytest.mark.parametrize(
    ("offset", "size", "task_id"),
    [(1, 100, TASK), (0, 0, TASK), (0, BLOCK + 1, TASK), (0, 100, "another"), (2**32 - 1, 1, TASK)],
)
async def test_blocks_that_were_not_asked_for_never_get_into_the_file(
    tmp_path: Path, offset: int, size: int, task_id: str
) -> None:
    block = file_pb2.IMFilePullDataRsp(
        result_code=0, task_id=task_id, user_id=BOB, offset=offset, file_data=b"x" * size
    )
    lie = OutboundFrame(commands.FILE_PULL_DATA_REPLY, block, 1)
    async with saying(joined(), lie) as (offer, _):
        with pytest.raises(ConnectionLost, match=r"sent a block|something else"):
            await receive_once(offer, tmp_path / "a")
    assert part_path(tmp_path / "a", TASK).stat().st_size == 0


async def receive_once(offer: FileOffer, path: Path) -> None:
    """Attempt to receive, without beginning anew."""
    options = Options(timing=QUICK)
    patience = Patience(offer.size, QUICK, None)
    async with opened(partial(Sink, path, offer.task_id, offer.size)) as sink:
        await Receiving(offer, sink, Role.DOWNLOADER, options, patience)._attempt()


@pytest.mark.parametrize("offset", [SIZE + 1, 2**32 - 1])
async def test_nothing_beside_the_file_is_sent(tmp_path: Path, offset: int) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    question = file_pb2.IMFilePullDataReq(
        task_id=TASK, user_id=ALICE, trans_mode=base.FILE_TYPE_OFFLINE, offset=offset, data_size=2**32 - 1
    )
    ask = OutboundFrame(commands.FILE_PULL_DATA, question)
    async with saying(joined(), ask, closes=False) as (offer, heard):
        outgoing = replace(offer, sender_id=ALICE, receiver_id=BOB)
        patience = Patience(SIZE, QUICK, None)
        async with opened(partial(Source, tmp_path / "f", SIZE)) as source:
            sending = Sending(outgoing, source, Role.UPLOADER, Options(timing=QUICK), patience)
            with pytest.raises(ConnectionLost, match="what is not in the file"):
                await sending.attempt()
    assert heard == []


async def test_what_a_server_cannot_do_now_is_tried_again_later(tmp_path: Path) -> None:
    notice = IMErrorNotice(code=ErrorCode.UNAVAILABLE, text="the disk is full")
    full = OutboundFrame(commands.ERROR_NOTICE, notice)
    async with saying(joined(), full) as (offer, _):
        with pytest.raises(ConnectionLost, match="the disk is full"):
            await receive_once(offer, tmp_path / "a")


async def test_a_silent_server_gets_heartbeats_and_is_left_in_the_end() -> None:
    options = Options(timing=replace(QUICK, heartbeat_s=0.05, dead_after_s=0.3))
    async with saying(joined(), closes=False) as (offer, heard):
        link = await FileLink.open(offer, Role.DOWNLOADER, options)
        with pytest.raises(ConnectionLost, match="silent"):
            await link.read()
        await link.close()
    heartbeat = OutboundFrame(commands.HEARTBEAT, IMHeartBeat()).raw
    assert b"".join(heard).count(heartbeat) >= 2


async def test_offers_are_events_once_they_can_be_taken(fake: Fake) -> None:
    async with fake.client() as client:
        events = client.events()
        for mode, ready, receiver in ((2, 0, ALICE), (1, 0, BOB), (2, 1, ALICE), (1, 0, ALICE)):
            notify = file_pb2.IMFileNotify(
                from_user_id=BOB,
                to_user_id=receiver,
                file_name="n",
                file_size=5,
                task_id=f"{mode} {ready}",
                ip_addr_list=[base.IpAddr(ip="10.0.0.1", port=8600)],
                trans_mode=mode,
                offline_ready=ready,
            )
            fake.suite.connection.send(commands.FILE_NOTIFY, notify)
        found = []
        async with asyncio.timeout(30):
            while len(found) < 2:
                event = await anext(events)
                if isinstance(event, FileOffered):
                    found.append(event.offer)
    assert [(offer.task_id, offer.is_online) for offer in found] == [("2 1", False), ("1 0", True)]
    assert found[0].servers == (("10.0.0.1", 8600),)
