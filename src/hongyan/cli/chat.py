"""``hongyan chat``: a client for the terminal."""

import asyncio
import codecs
import concurrent.futures
import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Final

import click

from hongyan.chat.plain import PlainChat
from hongyan.client import ClientError, ConnectFailed, LoginRefused, LoginResult, Options, connect
from hongyan.errors import HongyanError

_MAX_LINES: Final = 100
"""Lines of a long input read ahead of what is being sent."""
_READ_BYTES: Final = 64 * 1024
_OPTIONS: Final = Options(client_version="hongyan-chat")


@click.command()
@click.option(
    "--login-url",
    default="http://127.0.0.1:8080",
    show_default=True,
    envvar="HONGYAN_LOGIN_URL",
    help="Where the login server is.  [env: HONGYAN_LOGIN_URL]",
)
@click.option("--user", prompt="Name", help="Login name; asked for when absent.")
@click.option("--password", envvar="HONGYAN_PASSWORD", help="Asked for when absent.  [env: HONGYAN_PASSWORD]")
@click.option("--plain", is_flag=True, help="One line a message, in and out; what scripts get in any case.")
def chat(login_url: str, user: str, password: str | None, plain: bool) -> None:
    """Chat in the terminal; F1 shows the keys.

    Write /file PATH to send a file, /files to list those that wait for you, /get N to fetch one.

    \b
    Examples:
      hongyan chat --user anna
      echo '@bob lunch?' | hongyan chat --user anna --plain
    """
    password = password or click.prompt("Password", hide_input=True)
    is_plain = plain or not (sys.stdin.isatty() and sys.stdout.isatty())
    try:
        failed = asyncio.run((_plain if is_plain else _full)(login_url, user, password))
    except ClientError as error:
        raise HongyanError(f"{error}{_advice(error)}") from error
    sys.exit(1 if failed else 0)


def _advice(error: ClientError) -> str:
    """Say what to do about it, where that is known."""
    if isinstance(error, ConnectFailed):
        return "\nIs the suite running? `hongyan up` starts it; --login-url says where it is."
    if isinstance(error, LoginRefused) and error.result is LoginResult.WRONG_NAME_OR_PASSWORD:
        return "\n`hongyan user list` shows who there is, `hongyan user passwd NAME` sets a new password."
    return ""


async def _full(login_url: str, user: str, password: str) -> bool:
    # Imported here, since the line mode starts faster without it.
    from hongyan.chat.app import ChatApp  # noqa: PLC0415

    async with connect(login_url, user, password, options=_OPTIONS) as client:
        reason = await ChatApp(client, f"{user} at {login_url}").run_async()
    if reason:
        click.echo(f"hongyan: {reason}", err=True)
    return bool(reason)


async def _plain(login_url: str, user: str, password: str) -> bool:
    async with connect(login_url, user, password, options=_OPTIONS) as client:
        chat_ = PlainChat(client, click.echo, lambda text: click.echo(text, err=True))
        await chat_.run(_input_lines())
    return chat_.has_failed


def _input_lines() -> "asyncio.Queue[str | None]":
    """Read standard input in the background, ``None`` at its end.

    A daemon thread, because reading a terminal cannot be interrupted and must not keep a kicked client alive.
    """
    lines: asyncio.Queue[str | None] = asyncio.Queue(_MAX_LINES)
    loop = asyncio.get_running_loop()

    def read() -> None:
        # The client may be gone before the input ends.
        with contextlib.suppress(RuntimeError, concurrent.futures.CancelledError):
            for line in _lines_of(sys.stdin.fileno()):
                asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()
            asyncio.run_coroutine_threadsafe(lines.put(None), loop).result()

    threading.Thread(target=read, name="stdin", daemon=True).start()
    return lines


def _lines_of(descriptor: int) -> Iterator[str]:
    """Read lines without sys.stdin, whose lock a thread may not hold when the interpreter ends."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    while data := os.read(descriptor, _READ_BYTES):
        *lines, rest = (rest + decoder.decode(data)).split("\n")
        yield from lines
    if rest:
        yield rest
