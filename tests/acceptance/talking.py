"""People who talk without a pause and repeat what was not acknowledged, whatever happens to the servers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .client import SINGLE_TEXT, Client, LoginRefusedError, RefusedError, User, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

WINDOW = 8
PATIENCE_S = 60.0
"""How long an outage may take until everybody has been heard again."""
PAUSE_S = 0.05
"""How long a client waits before it tries again what failed."""


@dataclass
class Talker:
    """One user who writes to one conversation; every text is sent until it is acknowledged.

    Attributes:
        acked: the number that each text was acknowledged with.
    """

    user: User
    server: str
    to: int
    kind: int = SINGLE_TEXT
    acked: dict[bytes, int] = field(default_factory=dict)
    refused: int = 0
    _client: Client | None = None

    async def talk(self, enough: asyncio.Event) -> None:
        """Go on until told that it is enough, and then until nothing is open."""
        said = 0
        waiting: list[bytes] = []
        while waiting or not enough.is_set():
            if not waiting:
                waiting = [f"{self.user.name} {said + number}".encode() for number in range(WINDOW)]
                said += WINDOW
            try:
                await self._send(waiting)
            except (AssertionError, LoginRefusedError, OSError):  # closed, or no answer in time
                await self.leave()
            waiting = [text for text in waiting if text not in self.acked]
            if waiting:
                await asyncio.sleep(PAUSE_S)
        await self.leave()

    async def leave(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _send(self, texts: Sequence[bytes]) -> None:
        if self._client is None:
            self._client = await Client.open(self.server, user=self.user)
            await self._client.log_in()
        client = self._client
        fields = {"msg_id": 0, "create_time": 0, "msg_type": self.kind, "to_session_id": self.to}
        frames = [
            client.frame("IMMsgData", msg_data=text, client_msg_id=text.decode(), **fields) for text in texts
        ]
        await client.send_frame(*frames)
        for frame, text in zip(frames, texts, strict=True):
            await self._note(client, frame.seq, text)

    async def _note(self, client: Client, seq: int, text: bytes) -> None:
        try:
            number = (await client.acked(seq)).msg_id
        except RefusedError:
            self.refused += 1
            return
        assert self.acked.setdefault(text, number) == number


class Crowd:
    """Talkers at work."""

    def __init__(self, talkers: Sequence[Talker]) -> None:
        self.talkers = talkers

    async def go_on(self, count: int = 3 * WINDOW) -> None:
        """Wait until each of them was acknowledged so many more."""
        before = [len(talker.acked) for talker in self.talkers]

        async def more() -> int:
            return min(len(talker.acked) - had for talker, had in zip(self.talkers, before, strict=True))

        await eventually(more, lambda least: least >= count, "more acknowledged messages", PATIENCE_S)


@asynccontextmanager
async def talking(talkers: Sequence[Talker]) -> AsyncIterator[Crowd]:
    """Have people talk until the end of the block, where everything that they said is acknowledged."""
    enough = asyncio.Event()
    async with asyncio.timeout(3 * PATIENCE_S), asyncio.TaskGroup() as group:
        for talker in talkers:
            group.create_task(talker.talk(enough))
        try:
            yield Crowd(talkers)
        finally:
            enough.set()
