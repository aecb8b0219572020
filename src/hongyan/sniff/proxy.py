"""A proxy that passes every byte on as it is, and shows the frames that go by."""

import asyncio
from contextlib import suppress
from itertools import count
from time import time
from typing import Final

from hongyan.errors import ConfigError
from hongyan.sniff.decode import Decoder
from hongyan.sniff.show import Direction, Origin, Printer
from hongyan.sniff.tap import Tap

READ_BYTES: Final = 64 * 1024


class Proxy:
    """Listens on one address and connects each client to another.

    Args:
        target: host and port of the server.
    """

    def __init__(self, target: tuple[str, int], decoder: Decoder, printer: Printer) -> None:
        self._target = target
        self._decoder = decoder
        self._printer = printer
        self._numbers = count(1)

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Begin to accept clients.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        try:
            return await asyncio.start_server(self._accept, host, port)
        except OSError as error:
            raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}") from error

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        client = self._tap(number, Direction.CLIENT)
        peer = writer.get_extra_info("peername")
        client.note(f"connected from {peer[0]}:{peer[1]}", time())
        try:
            await self._join(reader, writer, client, self._tap(number, Direction.SERVER))
        except OSError as error:
            client.note(f"cannot connect to {self._target[0]}:{self._target[1]}: {error}", time())
        finally:
            writer.close()

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: Tap, server: Tap
    ) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass_on(reader, server_writer, client))
                group.create_task(_pass_on(server_reader, writer, server))
        finally:
            server_writer.close()

    def _tap(self, number: int, direction: Direction) -> Tap:
        return Tap(Origin(number, direction), self._decoder, self._printer)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tap: Tap) -> None:
    """Copy one direction until it ends; a reset ends it too."""
    with suppress(ConnectionError):
        while data := await reader.read(READ_BYTES):
            writer.write(data)
            fault = tap.feed(data, time())
            if fault:
                tap.note(fault, time())
            await writer.drain()
    tap.note("closed", time())
    with suppress(OSError):
        writer.write_eof()
