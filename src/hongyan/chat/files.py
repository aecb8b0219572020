"""Files in the line mode: sent by their paths, fetched by numbers that can be typed."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from hongyan.chat.text import one_line
from hongyan.client import Client, ClientError, Conversation, FileOffer

MOST_OFFERS: Final = 1000
"""Offers that are remembered; the oldest are forgotten, and kept files found again by /files."""
_STEPS: Final = 10
_DIGITS: Final = 10


class FilesFailed(Exception):  # noqa: N818 - reads as what happened
    """A file did not arrive; the text says why."""


class FileTray:
    """Sends files, and remembers those that are offered.

    Args:
        client: logged in.
        name_of: how a user is called.
        say: prints a line of the conversation.
        report: prints how far a file is.
    """

    def __init__(
        self,
        client: Client,
        name_of: Callable[[int], str],
        say: Callable[[str], None],
        report: Callable[[str], None],
    ) -> None:
        self._client = client
        self._name_of = name_of
        self._say = say
        self._report = report
        self._offers: dict[int, FileOffer] = {}
        self._last_number = 0

    async def send(self, to: Conversation, path: str) -> None:
        """Send a file, which the servers keep until it is fetched.

        Raises:
            FilesFailed: it is not sent.
        """
        try:
            await self._client.send_file(to, path, on_progress=self._progress(Path(path).name))
        except (ClientError, OSError, ValueError) as error:
            raise FilesFailed(f"not sent: {error}") from error

    async def show_waiting(self) -> None:
        """Print the files that are kept for us.

        Raises:
            FilesFailed: the servers do not say which.
        """
        try:
            waiting = await self._client.waiting_files()
        except ClientError as error:
            raise FilesFailed(f"no list of files: {error}") from error
        for offer in waiting:
            self.show(offer)

    def show(self, offer: FileOffer) -> None:
        """Print a file that can be fetched, and how."""
        number = next((n for n, one in self._offers.items() if one.task_id == offer.task_id), 0)
        if not number:
            number = self._last_number = self._last_number + 1
            self._offers[number] = offer
            self._offers.pop(number - MOST_OFFERS, None)
        sender = one_line(self._name_of(offer.sender_id))
        self._say(f"{sender} sends {one_line(offer.safe_name)}, {offer.size} bytes: /get {number}")

    async def get(self, number: str, path: str) -> None:
        """Fetch a file into a folder, or under a name.

        Raises:
            FilesFailed: there is no such file, or it did not come.
        """
        offer = self._offers.get(int(number)) if number.isdecimal() and len(number) < _DIGITS else None
        if offer is None:
            raise FilesFailed(f"there is no file {number}; /files lists them")
        try:
            arrived = await self._client.receive_file(
                offer, path or ".", on_progress=self._progress(offer.safe_name)
            )
        except (ClientError, OSError) as error:
            raise FilesFailed(f"not received: {error}") from error
        self._offers.pop(int(number), None)
        self._say(f"received {one_line(str(arrived))}")

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
