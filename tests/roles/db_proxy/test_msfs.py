"""Sounds are fetched from what can be an msfs, and nobody else is asked."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hongyan.errors import BackendError
from hongyan.roles.db_proxy.msfs import MsfsClient

SOUND = b"a sound"
SECRET = "the secret of a cluster under test"


@asynccontextmanager
async def answering(body: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers everything with the same; yields its URL and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length[1]) if length else 0)
        asked.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield "http://{}:{}/".format(*server.sockets[0].getsockname()[:2]), asked
    finally:
        server.close()


async def test_an_address_that_another_msfs_gave_is_asked() -> None:
    async with answering(SOUND) as (url, asked):
        client = MsfsClient("http://127.0.0.1:1/", SECRET)
        address = f"{url}g0/000/000/1416800000000000_140000000000000.audio"
        assert await client.load(address, len(SOUND)) == SOUND
        assert await client.load(address, len(SOUND) - 1) is None
        await client.close()
    assert len(asked) == 2


@pytest.mark.parametrize(
    "path",
    [
        "",
        "latest/meta-data/",
        "admin?x=/g0/000/000/a.audio",
        "g0/000/000/a.audio?x",
        "g0/000/000/a.audio#x",
        "g0/../000/000/a.audio",
        "g0/000/000/../a",
        "g0/000/000/a b",
        "g0/000/000/a%0d%0a",
        "g0/0/0/a.audio",
        "g0/000/000/" + "a" * 300,
    ],
)
async def test_what_no_msfs_can_have_said_is_not_asked_for(path: str) -> None:
    async with answering(SOUND) as (url, asked):
        client = MsfsClient(url, SECRET)
        assert await client.load(url + path, len(SOUND)) is None
        await client.close()
    assert asked == []


@pytest.mark.parametrize(
    "url",
    ["", "file:///g0/000/000/a", "ftp://h/g0/000/000/a", "http:///g0/000/000/a", "http://[/g0/000/000/a"],
)
async def test_nor_what_is_no_address_of_the_web(url: str) -> None:
    client = MsfsClient("http://127.0.0.1:1/", SECRET)
    assert await client.load(url, len(SOUND)) is None
    await client.close()


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1/admin", "javascript:alert(1)", "http://u:p@h/g0/000/000/a"]
)
async def test_an_msfs_that_names_no_address_of_its_own_is_not_believed(url: str) -> None:
    answer = {"error_code": 0, "error_msg": "", "path": "g0/000/000/a", "url": url}
    async with answering(json.dumps(answer).encode()) as (server, _):
        client = MsfsClient(server, SECRET)
        with pytest.raises(BackendError, match="named no address"):
            await client.save(SOUND)
        await client.close()


async def test_an_msfs_that_is_away_is_an_error_for_who_speaks_and_nothing_for_who_listens() -> None:
    async with answering(b"") as (url, _):
        pass
    client = MsfsClient(url, SECRET)
    with pytest.raises(BackendError, match="did not take a voice message"):
        await client.save(SOUND)
    assert await client.load(f"{url}g0/000/000/a.audio", len(SOUND)) is None
    await client.close()
