"""Both modes over real servers: a file goes from the full screen to the line mode, and one comes back."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from acceptance.client import PASSWORD
from acceptance.suite import HONGYAN, Suite, running
from hongyan.chat.app import ChatApp
from hongyan.client import connect

from .screen import Screen

CONTENT = bytes(range(256)) * 1000
_DEADLINE_S = 60


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    with running(Suite(tmp_path)) as suite:
        yield suite


class LineMode:
    """``hongyan chat --plain`` with pipes instead of a terminal."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def until_printed(self, text: str) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(_DEADLINE_S):
            while text not in (line := (await self._process.stdout.readline()).decode()):
                assert line, f"the line mode ended before it printed {text}"

    async def leave(self) -> int:
        """End its input; the exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(_DEADLINE_S):
            return await self._process.wait()


@asynccontextmanager
async def line_mode(url: str, name: str) -> AsyncIterator[LineMode]:
    arguments = ["chat", "--plain", "--login-url", url, "--user", name, "--password", PASSWORD]
    process = await asyncio.create_subprocess_exec(
        HONGYAN, *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        yield LineMode(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def full_screen(url: str, name: str) -> AsyncIterator[Screen]:
    async with connect(url, name, PASSWORD) as client, ChatApp(client, url).run_test(size=(100, 30)) as pilot:
        yield Screen(pilot)


async def test_files_go_both_ways_between_the_modes(suite: Suite, tmp_path: Path) -> None:
    url = f"http://{suite.addresses['login_http']}"
    anna, bob = suite.people.take_name(), suite.people.take_name()
    sent, inbox = tmp_path / "my report.bin", tmp_path / "inbox"
    sent.write_bytes(CONTENT)
    inbox.mkdir()
    async with full_screen(url, anna) as screen, line_mode(url, bob) as lines:
        await screen.press("f3", *bob)
        await screen.until(lambda: screen.text().count(bob) > 1)  # where it is typed, and found
        await screen.press("enter")
        await screen.until(lambda: screen.title.startswith(bob))
        await screen.say(f"/file {sent}")
        await screen.until_shown(f"• sent my report.bin, {len(CONTENT)} bytes")
        await lines.until_printed(f"{anna} sends my report.bin, {len(CONTENT)} bytes: /get 1")
        await lines.write(f"/get 1 {inbox}")
        await lines.until_printed("received ")
        await lines.write(f"@{anna}")
        await lines.write(f"/file {inbox / sent.name}")
        await screen.until_shown(f"• {bob} sends my report.bin, {len(CONTENT)} bytes: /get 1")
        await screen.say(f"/get 1 {inbox / 'back'}")
        await screen.until_shown("• received ")
        assert await lines.leave() == 0
    assert (inbox / sent.name).read_bytes() == (inbox / "back").read_bytes() == CONTENT
