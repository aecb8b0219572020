"""Fetching from the history what live delivery did not bring: after a reconnect, or across a gap."""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from hongyan.client.calls.messages import MessageCalls
from hongyan.client.errors import ClientError, RequestRefused
from hongyan.client.inbox import Inbox
from hongyan.client.models import Conversation, Message, Unread
from hongyan.client.outbox import Outbox
from hongyan.client.position import Position

PAGE: Final = 50
"""Messages asked for at once; a server may give fewer."""
FILLERS: Final = 8
"""Conversations that are filled at the same time."""


class CatchUp:
    """Knows which conversations are behind, and fills them.

    Args:
        calls: asks the server.
        inbox: holds the positions.
        outbox: what is on its way out must be acknowledged before a gap is filled, or it would be
            found in the history and taken for a message from another device.
        gap_s: how long a gap may close by itself.
    """

    def __init__(self, calls: MessageCalls, inbox: Inbox, outbox: Outbox, gap_s: float) -> None:
        self._calls = calls
        self._inbox = inbox
        self._outbox = outbox
        self._gap_s = gap_s
        self._due: asyncio.Queue[Conversation] = asyncio.Queue()
        self._marked: set[Conversation] = set()

    def mark(self, conversation: Conversation) -> None:
        """Have a conversation filled if it is still behind in a moment."""
        if conversation not in self._marked:
            self._marked.add(conversation)
            asyncio.get_running_loop().call_later(self._gap_s, self._due.put_nowait, conversation)

    def fillers(self) -> list[Coroutine[Any, Any, None]]:
        """Return what fills gaps, several at a time, until it is cancelled."""
        return [self._fill_forever() for _ in range(FILLERS)]

    async def begin(self, resume_after: Mapping[Conversation, int], *, replay_unread: bool) -> None:
        """After the first login: find where each conversation stands, so that gaps show later."""
        for conversation, msg_id in resume_after.items():
            self._inbox.begin(conversation, msg_id)
        self._inbox.pause()
        unread = await self._calls.unread()
        for entry in unread if replay_unread else []:
            await self._begin_unread(entry)
        for recent in await self._calls.conversations():
            self._inbox.begin(recent.conversation, recent.latest_msg_id)
        for entry in unread:
            self._inbox.begin(entry.conversation, entry.latest_msg_id)
        self._inbox.resume()
        await self._look_for_news(list(resume_after))

    async def resume(self) -> None:
        """After a reconnect: find what came in meanwhile. What fails is left to the next message."""
        known = self._inbox.conversations
        with contextlib.suppress(ClientError):
            try:
                for entry in await self._calls.unread():
                    await self._begin_unread(entry)
            finally:
                self._inbox.resume()
            await self._look_for_news(known)

    async def _begin_unread(self, entry: Unread) -> None:
        if not self._inbox.knows(entry.conversation):
            floor = await self._before_unread(entry)
            self._inbox.begin(entry.conversation, floor)
        self._expect(entry.conversation, entry.latest_msg_id)

    async def _before_unread(self, entry: Unread) -> int:
        """Find the id before the first unread message; our own do not count as unread."""
        newest = await self._calls.history(entry.conversation, before=entry.latest_msg_id + 1, count=PAGE)
        others = [message.msg_id for message in newest if not message.is_own][-entry.count :]
        return min(others) - 1 if others else entry.latest_msg_id

    async def _look_for_news(self, conversations: list[Conversation]) -> None:
        for start in range(0, len(conversations), PAGE):
            batch = conversations[start : start + PAGE]
            async with asyncio.TaskGroup() as tasks:
                for conversation in batch:
                    tasks.create_task(self._look(conversation), name="latest id")

    async def _look(self, conversation: Conversation) -> None:
        with contextlib.suppress(ClientError):  # one that cannot be asked shows with its next message
            self._expect(conversation, await self._calls.latest_msg_id(conversation))

    def _expect(self, conversation: Conversation, msg_id: int) -> None:
        position = self._inbox.position(conversation)
        position.expect(msg_id)
        if position.is_behind:
            self._marked.add(conversation)
            self._due.put_nowait(conversation)

    async def _fill_forever(self) -> None:
        while True:
            conversation = await self._due.get()
            self._marked.discard(conversation)
            position = self._inbox.start_filling(conversation)
            if position is None:
                continue
            try:
                await self._fill(conversation, position)
            except ClientError:
                # The gap is still known: it is marked again, and filled when the server answers.
                await asyncio.sleep(self._gap_s)
            finally:
                self._inbox.stop_filling(conversation)

    async def _fill(self, conversation: Conversation, position: Position) -> None:
        while position.is_behind:
            await self._inbox.queue.until_room()
            self._inbox.queue.put(position.advance())
            upto = min(position.target, position.reached + PAGE)
            if upto > position.reached:
                await self._outbox.settled(conversation)
                found = await self._fetch(conversation, position.reached, upto)
                self._inbox.queue.put(position.fill(found, upto))

    async def _fetch(self, conversation: Conversation, after: int, upto: int) -> list[Message]:
        """Read the messages with ids over ``after`` up to ``upto``, however short the server's pages are."""
        found: list[Message] = []
        while upto > after:
            try:
                page = await self._calls.history(conversation, before=upto + 1, count=upto - after)
            except RequestRefused as refusal:
                if refusal.retry_after_s is not None:
                    raise
                page = []  # we may not read it, so for us it is not there
            found += page
            upto = min(upto, page[0].msg_id) - 1 if page else after
        return found
