"""What file_server lets nobody do, and what stays as it was meanwhile."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from google.protobuf.message import Message

from hongyan.cluster import tokens
from hongyan.testing.runtime import SECRET
from hongyan.wire import commands
from hongyan.wire.commands import Command
from hongyan.wire.frame import HEADER, HEADER_BYTES
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2
from hongyan.wire.pb.other_pb2 import IMHeartBeat

from .conftest import ANNA, BOB, Running, open_file_server

SENDER, RECEIVER = base.CLIENT_REALTIME_SENDER, base.CLIENT_REALTIME_RECVER
UPLOAD, DOWNLOAD = base.CLIENT_OFFLINE_UPLOAD, base.CLIENT_OFFLINE_DOWNLOAD
CONTENT = bytes(range(256)) * 400  # longer than three blocks of a stock client
FOREIGN = "00000000-0000-4000-8000-000000000000"
TASK_IDS = ["", FOREIGN, "../../../../etc/passwd", "..", "\0" * 36, "g" * 36, "x" * 9000, "٣" * 36]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with open_file_server(tmp_path) as running:
        yield running


def block(task_id: str, user_id: int, offset: int, data: bytes, result: int = 0) -> Message:
    return file_pb2.IMFilePullDataRsp(
        result_code=result, task_id=task_id, user_id=user_id, offset=offset, file_data=data
    )


def pull(task_id: str, user_id: int, offset: int, size: int = 1000) -> file_pb2.IMFilePullDataReq:
    return file_pb2.IMFilePullDataReq(
        task_id=task_id, user_id=user_id, trans_mode=base.FILE_TYPE_OFFLINE, offset=offset, data_size=size
    )


def state(task_id: str, user_id: int, value: int) -> file_pb2.IMFileState:
    return file_pb2.IMFileState(state=base.ClientFileState.ValueType(value), task_id=task_id, user_id=user_id)


async def upload(server: Running, content: bytes) -> str:
    """Keep a file, as a stock client does."""
    task_id = await server.transfer(len(content))
    client = await server.login(task_id, ANNA, UPLOAD)
    for start in range(0, len(content), 32768):
        asked = await client.next(commands.FILE_PULL_DATA)
        assert (asked.offset, asked.data_size) == (start, min(32768, len(content) - start))
        answer = block(task_id, ANNA, start, content[start : start + asked.data_size])
        client.send(commands.FILE_PULL_DATA_REPLY, answer)
    assert (await client.next(commands.FILE_STATE)).state == base.CLIENT_FILE_DONE
    assert await client.rest() == b""
    return task_id


async def download(server: Running, task_id: str) -> bytes:
    """Fetch a kept file, as a stock client does."""
    client, content = await server.login(task_id, BOB, DOWNLOAD), b""
    while len(content) < len(CONTENT):
        client.send(commands.FILE_PULL_DATA, pull(task_id, BOB, len(content)))
        content += (await client.next(commands.FILE_PULL_DATA_REPLY)).file_data
    return content


@pytest.mark.parametrize("task_id", TASK_IDS, ids=[ascii(each)[:20] for each in TASK_IDS])
@pytest.mark.parametrize("role", [SENDER, RECEIVER, UPLOAD, DOWNLOAD])
async def test_ids_of_no_transfer_let_nobody_in(server: Running, task_id: str, role: int) -> None:
    client = await server.login(task_id, ANNA, role, result=1)
    assert await server.refuses(client, "file_login_refused") == b""


@pytest.mark.parametrize(
    ("is_online", "user_id", "role"),
    [
        (False, BOB, UPLOAD),
        (False, ANNA, DOWNLOAD),
        (False, BOB, DOWNLOAD),  # it is not there yet
        (False, ANNA, SENDER),
        (True, ANNA, UPLOAD),
        (True, ANNA, RECEIVER),
        (True, 0, SENDER),
        (True, 2**32 - 1, RECEIVER),
    ],
)
async def test_who_has_another_part_in_it_is_not_let_in(
    server: Running, is_online: bool, user_id: int, role: int
) -> None:
    task_id = await server.transfer(10, is_online=is_online)
    await server.refuses(await server.login(task_id, user_id, role, result=1), "file_login_refused")


NOISE = random.Random(8600)  # noqa: S311 - no secret
GARBAGE: dict[str, tuple[bytes, str]] = {
    "a length below the header": (HEADER.pack(15, 1, 0, 5, 0x0501, 1, 0), "frame_too_short"),
    "no length at all": (bytes(HEADER_BYTES), "frame_too_short"),
    "the longest length": (HEADER.pack(2**32 - 1, 1, 0, 5, 0x0501, 1, 0), "frame_too_long"),
    "a block's length from a stranger": (HEADER.pack(1024 * 1024, 1, 0, 5, 0x0505, 1, 0), "frame_too_long"),
    "random bytes": (b"\xff" + NOISE.randbytes(5000), "frame_too_long"),
    "a request of the web": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "frame_too_long"),
    "a login of noise": (HEADER.pack(116, 1, 0, 5, 0x0501, 1, 0) + NOISE.randbytes(100), "malformed"),
    "an empty login": (HEADER.pack(16, 1, 0, 5, 0x0501, 1, 0), "malformed"),
}


@pytest.mark.parametrize("case", GARBAGE)
async def test_bytes_that_are_no_frames_end_only_their_connection(server: Running, case: str) -> None:
    data, reason = GARBAGE[case]
    task_id = await server.transfer(10, is_online=True)
    other = await server.login(task_id, ANNA, SENDER)
    client = await server.connect()
    client.writer.write(data)
    assert await server.refuses(client, reason) == b""
    other.send(commands.HEARTBEAT, IMHeartBeat())
    await other.next(commands.HEARTBEAT)


async def test_any_noise_from_many_at_once_is_survived_and_counted(server: Running) -> None:
    clients = [await server.connect() for _ in range(30)]
    for client in clients:
        client.writer.write(NOISE.randbytes(NOISE.randint(1, 3000)))
        client.writer.write_eof()
    await asyncio.gather(*(client.rest() for client in clients))
    for client in clients:
        client.writer.close()
    assert server.metrics.counts["connections_accepted", "file"] == len(clients) + 1  # msg_server's link
    assert await download(server, await upload(server, CONTENT)) == CONTENT


UPLOADS: dict[str, Callable[[str], tuple[Command[Message], Message]]] = {
    "at a huge offset": lambda task: (commands.FILE_PULL_DATA_REPLY, block(task, ANNA, 2**32 - 1, b"x")),
    "too short": lambda task: (commands.FILE_PULL_DATA_REPLY, block(task, ANNA, 0, b"x" * 99)),
    "too long": lambda task: (commands.FILE_PULL_DATA_REPLY, block(task, ANNA, 0, b"x" * 900_000)),
    "empty": lambda task: (commands.FILE_PULL_DATA_REPLY, block(task, ANNA, 0, b"")),
    "with a failure": lambda task: (commands.FILE_PULL_DATA_REPLY, block(task, ANNA, 0, b"x" * 100, 1)),
    "of another's": lambda task: (commands.FILE_PULL_DATA_REPLY, block(FOREIGN, ANNA, 0, b"x" * 100)),
    "in another's name": lambda task: (commands.FILE_PULL_DATA_REPLY, block(task, BOB, 0, b"x" * 100)),
    "a question": lambda task: (commands.FILE_PULL_DATA, pull(task, ANNA, 0)),
    "that somebody is ready": lambda task: (commands.FILE_STATE, state(task, ANNA, 0)),
    "that another is done": lambda task: (commands.FILE_STATE, state(task, BOB, 3)),
}
"""What an uploader may not send instead of the first 100 bytes."""


@pytest.mark.parametrize("case", UPLOADS)
async def test_an_uploader_who_sends_anything_else_is_cut_and_can_do_better(
    server: Running, case: str, tmp_path: Path
) -> None:
    task_id = await server.transfer(100)
    client = await server.login(task_id, ANNA, UPLOAD)
    await client.next(commands.FILE_PULL_DATA)
    client.send(*UPLOADS[case](task_id))
    reasons = {"of another's": "file_not_ones_own", "in another's name": "file_not_ones_own"}
    reasons |= {"that another is done": "file_not_ones_own", "a question": "file_pull_while_uploading"}
    reasons |= {"that somebody is ready": "file_state"}
    await server.refuses(client, reasons.get(case, "file_block_not_asked"))
    again = await server.login(task_id, ANNA, UPLOAD)
    assert (await again.next(commands.FILE_PULL_DATA)).offset == 0
    again.send(commands.FILE_PULL_DATA_REPLY, block(task_id, ANNA, 0, b"y" * 100))
    assert (await again.next(commands.FILE_STATE)).state == base.CLIENT_FILE_DONE
    assert (tmp_path / task_id[:2] / task_id).read_bytes().endswith(b"\0" + b"y" * 100)


async def test_a_block_that_does_not_parse_ends_the_connection(server: Running) -> None:
    client = await server.login(await server.transfer(100), ANNA, UPLOAD)
    await client.next(commands.FILE_PULL_DATA)
    client.writer.write(HEADER.pack(40, 1, 0, 5, 0x0505, 1, 0) + b"\x2a\x80" * 12)
    await server.refuses(client, "malformed")
    assert server.metrics.counts["requests_refused", "malformed"] == 1


@pytest.mark.parametrize("offset", [1, 32768, len(CONTENT), 2**32 - 1])
async def test_a_download_begins_nowhere_else(server: Running, offset: int) -> None:
    task_id = await upload(server, CONTENT)
    client = await server.login(task_id, BOB, DOWNLOAD)
    client.send(commands.FILE_PULL_DATA, pull(task_id, BOB, offset))
    assert await server.refuses(client, "file_pull_out_of_order") == b""
    assert await download(server, task_id) == CONTENT


@pytest.mark.parametrize("offset", [len(CONTENT), 2**32 - 1])
async def test_nor_behind_the_end_for_who_may_begin_anywhere(server: Running, offset: int) -> None:
    task_id = await upload(server, CONTENT)
    client = await server.login(task_id, BOB, DOWNLOAD, max_block_bytes=2**32 - 1)
    client.send(commands.FILE_PULL_DATA, pull(task_id, BOB, offset, 2**32 - 1))
    await server.refuses(client, "file_pull_out_of_order")


@pytest.mark.parametrize(("size", "reason"), [(0, "file_pull_too_large"), (2**32 - 1, "file_pull_too_large")])
async def test_who_receives_asks_the_sender_for_sane_blocks_only(
    server: Running, size: int, reason: str
) -> None:
    task_id = await server.transfer(100, is_online=True)
    sender = await server.login(task_id, ANNA, SENDER)
    receiver = await server.login(task_id, BOB, RECEIVER)
    await receiver.next(commands.FILE_STATE)
    receiver.send(commands.FILE_PULL_DATA, pull(task_id, BOB, 0, size))
    await server.refuses(receiver, reason)
    assert await sender.rest() == b""  # closed too, and asked for nothing


async def test_what_the_sender_was_not_asked_for_does_not_reach_the_receiver(server: Running) -> None:
    task_id = await server.transfer(100, is_online=True)
    sender = await server.login(task_id, ANNA, SENDER)
    receiver = await server.login(task_id, BOB, RECEIVER)
    await receiver.next(commands.FILE_STATE)
    sender.send(commands.FILE_PULL_DATA_REPLY, block(task_id, ANNA, 0, b"x" * 100))
    await server.refuses(sender, "file_block_not_asked")
    assert await receiver.rest() == b""


async def received_behind_the_senders_back(server: Running) -> str:
    """A transfer that passes through to the end while its sender is cut off."""
    task_id = await server.transfer(3, is_online=True)
    sender = await server.login(task_id, ANNA, SENDER)
    receiver = await server.login(task_id, BOB, RECEIVER)
    await receiver.next(commands.FILE_STATE)
    sender.writer.transport.abort()
    receiver.send(commands.FILE_STATE, state(task_id, BOB, base.CLIENT_FILE_DONE))
    await receiver.rest()
    return task_id


async def hears_that_it_is_done(server: Running, task_id: str) -> None:
    again = await server.login(task_id, ANNA, SENDER)
    told = await again.next(commands.FILE_STATE)
    assert (told.state, told.user_id) == (base.CLIENT_FILE_DONE, BOB)
    assert await again.rest() == b""


async def test_a_sender_who_was_cut_off_at_the_end_hears_of_it_after_a_restart_too(tmp_path: Path) -> None:
    async with open_file_server(tmp_path) as server:
        task_id = await received_behind_the_senders_back(server)
    async with open_file_server(tmp_path) as server:
        await hears_that_it_is_done(server, task_id)
        await server.refuses(await server.login(task_id, BOB, RECEIVER, result=1), "file_login_refused")


async def test_a_sender_who_was_cut_off_at_the_end_hears_of_it_later(server: Running) -> None:
    task_id = await received_behind_the_senders_back(server)
    await hears_that_it_is_done(server, task_id)
    await server.refuses(await server.login(task_id, BOB, RECEIVER, result=1), "file_login_refused")
    await server.refuses(await server.login(task_id, BOB, SENDER, result=1), "file_login_refused")


@pytest.mark.parametrize("value", [base.CLIENT_FILE_CANCEL, base.CLIENT_FILE_REFUSE])
async def test_a_transfer_that_was_not_completed_is_over_for_both(server: Running, value: int) -> None:
    task_id = await server.transfer(3, is_online=True)
    receiver = await server.login(task_id, BOB, RECEIVER)
    receiver.send(commands.FILE_STATE, state(task_id, BOB, value))
    await receiver.rest()
    await server.refuses(await server.login(task_id, ANNA, SENDER, result=1), "file_login_refused")


def token(task_id: str, user_id: int, purpose: str = "", life_s: float = 60, secret: str = SECRET) -> str:
    purpose = purpose or tokens.file_purpose(task_id)
    return tokens.make_token(secret, purpose, user_id, int(time.time() + life_s))


WRONG_TOKENS: dict[str, Callable[[str], str]] = {
    "none": lambda _: "",
    "nonsense": lambda _: "5.99999999999." + "A" * 43,
    "another user's": lambda task: token(task, BOB),
    "of another transfer": lambda _: token(FOREIGN, ANNA),
    "for uploads to msfs": lambda task: token(task, ANNA, tokens.UPLOAD),
    "too old": lambda task: token(task, ANNA, life_s=-1),
    "of another cluster": lambda task: token(task, ANNA, secret="another secret"),
    "endless": lambda task: token(task, ANNA) * 100,
}


@pytest.mark.parametrize("case", WRONG_TOKENS)
@pytest.mark.parametrize("is_online", [False, True])
async def test_where_a_token_is_required_only_the_right_one_lets_in(
    tmp_path: Path, case: str, is_online: bool
) -> None:
    async with open_file_server(tmp_path, require_token=True) as server:
        task_id = await server.transfer(100, is_online=is_online)
        role = SENDER if is_online else UPLOAD
        wrong = WRONG_TOKENS[case](task_id)
        more = {"file_token": wrong} if wrong else {}
        await server.refuses(await server.login(task_id, ANNA, role, 1, **more), "file_login_refused")
        right = await server.login(task_id, ANNA, role, file_token=token(task_id, ANNA))
        if not is_online:
            await right.next(commands.FILE_PULL_DATA)
        right.send(commands.HEARTBEAT, IMHeartBeat())
        await right.next(commands.HEARTBEAT)


async def test_a_wrong_token_is_worse_than_none_where_none_is_required(server: Running) -> None:
    task_id = await server.transfer(100)
    wrong = token(task_id, BOB)
    await server.refuses(await server.login(task_id, ANNA, UPLOAD, 1, file_token=wrong), "file_login_refused")
    await server.login(task_id, ANNA, UPLOAD)


async def test_more_clients_than_allowed_are_closed_at_once(tmp_path: Path) -> None:
    async with open_file_server(tmp_path, max_connections=2) as server:
        task_id = await server.transfer(1, is_online=True)
        first = await server.login(task_id, ANNA, SENDER)
        await server.login(task_id, BOB, RECEIVER)
        await server.refuses(await server.connect(), "too_many_clients")
        first.writer.close()
        await first.rest()
