"""The proxy between real sockets."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hongyan.sniff.decode import Decoder
from hongyan.sniff.proxy import Proxy
from hongyan.sniff.show import Printer
from hongyan.wire.cipher import DEFAULT_KEY

from .streams import ACK, LOGIN, MESSAGE

GARBAGE = b"\0\0\0\1 and much more that is no frame"


class Shown:
    """The lines so far, and a way to wait for one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._new = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line.partition("#")[2])
        self._new.set()

    async def until(self, text: str) -> None:
        async with asyncio.timeout(30):
            while not any(text in line for line in self.lines):
                self._new.clear()
                await self._new.wait()


@pytest.fixture
async def shown() -> Shown:
    return Shown()


@pytest.fixture
async def server_port() -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(ACK if data != GARBAGE else data)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def _proxy(port: int, shown: Shown) -> tuple[asyncio.Server, int]:
    decoder = Decoder(show_content=False, key=DEFAULT_KEY)
    server = await Proxy(("127.0.0.1", port), decoder, Printer(shown, as_json=False)).listen("127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_frames_of_both_directions_are_shown_and_passed_on(server_port: int, shown: Shown) -> None:
    proxy, port = await _proxy(server_port, shown)
    async with proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LOGIN + MESSAGE[:20])
        assert await reader.readexactly(len(ACK)) == ACK
        writer.write(MESSAGE[20:])
        assert await reader.readexactly(len(ACK)) == ACK
        writer.close()
        await shown.until("< -- closed")
    text = "\n".join(shown.lines)
    assert "1 > -- connected from 127.0.0.1" in text
    assert "1 > CID_LOGIN_REQ_USERLOGIN(0x0103)" in text
    assert "1 > CID_MSG_DATA(0x0301)" in text
    assert text.count("1 < CID_MSG_DATA_ACK(0x0302)") == 2


async def test_bytes_that_are_no_frames_pass_through_and_are_said_once(
    server_port: int, shown: Shown
) -> None:
    proxy, port = await _proxy(server_port, shown)
    async with proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(GARBAGE)
            assert await reader.readexactly(len(GARBAGE)) == GARBAGE
        writer.close()
        await shown.until("< -- closed")
    notes = [line for line in shown.lines if "no frame" in line]
    assert sorted(note[:4] for note in notes) == ["1 < ", "1 > "]


async def test_a_server_that_is_not_there_is_said_and_the_client_let_go(shown: Shown) -> None:
    proxy, port = await _proxy(1, shown)
    async with proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        await shown.until("cannot connect to 127.0.0.1:1")
