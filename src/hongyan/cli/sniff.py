"""``hongyan sniff``: what a client and a server say to each other."""

import asyncio
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click

from hongyan.cli.common import examples
from hongyan.sniff.capture import read_capture, read_stream
from hongyan.sniff.decode import Decoder
from hongyan.sniff.proxy import Proxy
from hongyan.sniff.show import Printer
from hongyan.wire.cipher import DEFAULT_KEY, KEY_BYTES

F = TypeVar("F", bound=Callable[..., Any])
MAX_PORT: Final = 65535


class AddressType(click.ParamType[tuple[str, int]]):
    """``HOST:PORT``."""

    name = "HOST:PORT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Split and check the text."""
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        if not host or not port.isdecimal() or int(port) > MAX_PORT:
            self.fail(f"{value!r}: write HOST:PORT, as in 127.0.0.1:8000", param, ctx)
        return host.strip("[]"), int(port)


def output_options(command: F) -> F:
    """Add the options for what is shown and how, and pass ``decoder`` and ``printer``."""

    @click.option("--show-content", is_flag=True, help="Show passwords, and texts decrypted.")
    @click.option(
        "--command", "commands", multiple=True, help="Only this one: an id (0x0301) or a part of a name."
    )
    @click.option("--key", default=DEFAULT_KEY, help="The clients' message key, 32 characters.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
    @wraps(command)
    def with_output(
        *args: Any, show_content: bool, commands: tuple[str, ...], key: str, as_json: bool, **kwargs: Any
    ) -> Any:
        if len(key.encode()) != KEY_BYTES:
            raise click.BadParameter(f"must be {KEY_BYTES} bytes", param_hint="--key")
        decoder = Decoder(show_content=show_content, key=key)
        printer = Printer(click.echo, as_json=as_json, commands=commands)
        return command(*args, decoder=decoder, printer=printer, **kwargs)

    return cast("F", with_output)


@click.group()
def sniff() -> None:
    """Show the frames of a connection, decoded.

    A line has the time, the connection's number, the direction (> from the client, < from the server),
    the command, seq and length of the header, and the fields of the message. Passwords and contents
    are masked unless --show-content is given.
    """


@sniff.command(
    epilog=examples(
        "hongyan sniff proxy --listen 127.0.0.1:9000 --to 127.0.0.1:8000",
        "hongyan sniff proxy --listen 0.0.0.0:9000 --to chat.example.org:8000 --command MSG_DATA",
    )
)
@click.option("--listen", type=AddressType(), required=True, help="Where clients connect to instead.")
@click.option("--to", "target", type=AddressType(), required=True, help="The server; mostly a msg_server.")
@output_options
def proxy(listen: tuple[str, int], target: tuple[str, int], decoder: Decoder, printer: Printer) -> None:
    """Stand between clients and a server; every byte is passed on as it is."""

    async def serve() -> None:
        server = await Proxy(target, decoder, printer).listen(*listen)
        host, port = server.sockets[0].getsockname()[:2]
        click.echo(f"listening on {host}:{port}, connecting to {target[0]}:{target[1]}", err=True)
        async with server:
            await server.serve_forever()

    asyncio.run(serve())


@sniff.command(
    epilog=examples(
        "tcpdump -i lo -w chat.pcap port 8000; hongyan sniff file chat.pcap",
        "hongyan sniff file chat.pcap --port 8000 --json | jq .command",
        "hongyan sniff file stream.bin --raw",
    )
)
@click.argument("capture", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--raw", is_flag=True, help="The file is a stream as it was, not a capture.")
@click.option(
    "--port", "ports", type=int, multiple=True, help="Only connections to this port; may be repeated."
)
@output_options
def file(capture: Path, ports: tuple[int, ...], decoder: Decoder, printer: Printer, *, raw: bool) -> None:
    """Read a capture of tcpdump or Wireshark (pcap or pcapng), or a saved stream."""
    if raw:
        read_stream(capture, decoder, printer)
        return
    summary = read_capture(capture, decoder, printer, frozenset(ports))
    if not summary.frames:
        click.echo(f"no frames in {summary.streams} TCP streams", err=True)
