"""Writes messages for ever and prints each one that is stored: killed by its parent."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hongyan.store import PendingMessage, open_store

PEOPLE = range(2, 12)


def again(message: PendingMessage) -> PendingMessage:
    return PendingMessage(message.sender, message.peer, message.msg_type, message.content, 1)


async def main(path: Path) -> None:
    def report(batch: Sequence[PendingMessage]) -> None:
        lines = [f"{message.session_type} {message.peer} {message.msg_id}\n" for message in batch]
        os.write(1, "".join(lines).encode())
        for message in batch:
            store.journal.append(again(message))

    store = await open_store(path, report)
    for peer in PEOPLE:
        for _ in range(20):
            store.journal.append(PendingMessage(1, peer, 1, "text", 1))
            store.journal.append(PendingMessage(1, 1, 17, "text", 1))
    await store.journal.run()


asyncio.run(main(Path(sys.argv[1])))
