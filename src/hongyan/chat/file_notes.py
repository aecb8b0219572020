"""Files in the full-screen mode: what happens to them stands between the messages."""

from collections.abc import AsyncIterator, Callable

from hongyan.chat.files import FilesFailed, FileTray
from hongyan.chat.model import ChatModel
from hongyan.client import Client, Conversation, Event, FileOffered


class FileNotes:
    """Obeys what is written about files, and notes what comes of it where it was written.

    Args:
        client: logged in.
        model: where it is noted.
        on_change: called after each change of the model.
        on_offer: called when somebody sends a file.
    """

    def __init__(
        self,
        client: Client,
        model: ChatModel,
        on_change: Callable[[], None],
        on_offer: Callable[[], None],
    ) -> None:
        self._client = client
        self._model = model
        self._on_change = on_change
        self._on_offer = on_offer
        self._tray = FileTray(client, model.directory.user_name, self._report)
        # from the beginning, so that no offer is missed
        self._events: AsyncIterator[Event] = client.events()

    async def follow(self) -> None:
        """Note the files that are offered, until the client ends; raises what ended it."""
        async for event in self._events:
            if isinstance(event, FileOffered):
                text = self._tray.describe(event.offer)
                self._model.take_offer(Conversation.with_user(event.offer.sender_id), text)
                self._on_offer()
                self._on_change()

    async def tell_waiting(self) -> None:
        """Say how many files came while nobody was here."""
        count = len(await self._client.waiting_files())
        if count:
            self._report(f"{count} file{'s wait' if count > 1 else ' waits'} for you: /files lists them")

    async def obey(self, place: Conversation, line: str) -> None:
        """Do what a line in a conversation says."""
        try:
            results = await self._tray.obey(line, lambda: place)
        except FilesFailed as problem:
            results = [f"✗ {problem}"]
        for text in results:
            self._model.thread(place).note(text)
        self._report(results[-1])

    def _report(self, text: str) -> None:
        self._model.notice = text
        self._on_change()
