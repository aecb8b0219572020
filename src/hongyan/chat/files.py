"""Files in the terminal: sent by their paths, fetched by numbers that can be typed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hongyan.chat.text import one_line
from hongyan.client import Client, ClientError, Conversation, FileOffer

MOST_OFFERS: Final = 1000
"""Offers that are remembered; the oldest are forgotten, and kept files found again by /files."""
_STEPS: Final = 10
_DIGITS: Final = 10
_COMMANDS: Final = frozenset({"/file", "/files", "/get"})


class FilesFailed(Exception):  # noqa: N818 - reads as what happened
    """What was asked for did not happen; the text says why."""


def is_about_files(line: str) -> bool:
    """Tell whether a line is one that ``FileTray.obey`` understands, and not a text for somebody."""
    return "\n" not in line and line.split(" ", 1)[0] in _COMMANDS


class FileTray:
    """Sends files, and remembers those that are offered.

    Args:
        client: logged in.
        name_of: how a user is called.
        report: told how far a file is.
    """

    def __init__(self, client: Client, name_of: Callable[[int], str], report: Callable[[str], None]) -> None:
        self._client = client
        self._name_of = name_of
        self._report = report
        self._offers: dict[int, FileOffer] = {}
        self._last_number = 0

    async def obey(self, line: str, place: Callable[[], Conversation]) -> list[str]:
        """Do what a line says and return what to tell the user.

        Args:
            line: for which ``is_about_files`` holds.
            place: where a file goes; only asked when one is sent.

        Raises:
            FilesFailed: it did not work.
        """
        word, _, rest = line.partition(" ")
        if word == "/file":
            return [await self._send(rest.strip(), place)]
        if word == "/files":
            return await self.waiting()
        number, _, path = rest.strip().partition(" ")
        return [await self._get(number, path.strip())]

    async def _send(self, path: str, place: Callable[[], Conversation]) -> str:
        """Send a file, which the servers keep until it is fetched."""
        if not path:
            raise FilesFailed("which file? Write /file PATH")
        to = place()
        try:
            progress = self._progress(Path(path).name)
            offer = await self._client.send_file(to, _from_home(path), on_progress=progress)
        except (ClientError, OSError, ValueError) as error:
            raise FilesFailed(f"not sent: {error}") from error
        return f"sent {one_line(offer.name)}, {offer.size} bytes"

    async def waiting(self) -> list[str]:
        """List the files that are kept for us.

        Raises:
            FilesFailed: the servers do not say which.
        """
        try:
            waiting = await self._client.waiting_files()
        except ClientError as error:
            raise FilesFailed(f"no list of files: {error}") from error
        return [self.describe(offer) for offer in waiting] or ["no file waits for you"]

    def describe(self, offer: FileOffer) -> str:
        """Remember a file that can be fetched, and say how."""
        number = next((n for n, one in self._offers.items() if one.task_id == offer.task_id), 0)
        if not number:
            number = self._last_number = self._last_number + 1
            self._offers[number] = offer
            self._offers.pop(number - MOST_OFFERS, None)
        sender = one_line(self._name_of(offer.sender_id))
        return f"{sender} sends {one_line(offer.safe_name)}, {offer.size} bytes: /get {number}"

    async def _get(self, number: str, path: str) -> str:
        """Fetch a file into a folder, or under a name."""
        if not number:
            raise FilesFailed("which file? Write /get NUMBER, or /get NUMBER PATH; /files lists them")
        offer = self._offers.get(int(number)) if number.isdecimal() and len(number) < _DIGITS else None
        if offer is None:
            raise FilesFailed(f"there is no file {number}; /files lists them")
        try:
            progress = self._progress(offer.safe_name)
            arrived = await self._client.receive_file(offer, _from_home(path), on_progress=progress)
        except (ClientError, OSError) as error:
            raise FilesFailed(f"not received: {error}") from error
        self._offers.pop(int(number), None)
        return f"received {one_line(str(arrived))}"

    def _progress(self, name: str) -> Callable[[int, int], None]:
        """Report each tenth, once."""
        told = 0

        def on_progress(done: int, size: int) -> None:
            nonlocal told
            step = done * _STEPS // size if size else _STEPS
            if step > told:
                told = step
                self._report(f"{one_line(name)}: {step * 100 // _STEPS} %")

        return on_progress


def _from_home(path: str) -> Path:
    """Take a leading ~ as a shell does, which is not asked here."""
    return Path(os.path.expanduser(path or "."))  # noqa: PTH111 - Path's raises for a user without a home
