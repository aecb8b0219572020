"""Writes messages for ever and prints each one that is stored: killed by its parent.

Usage: flood.py DATABASE_URL [REDIS_URL]
"""

import asyncio
import os
import sys
from collections.abc import Sequence

import structlog

from hongyan.config import RedisConfig
from hongyan.store import Conversations, Journal, PendingMessage, open_database
from hongyan.store.opening import open_redis

PEOPLE = range(2, 12)
PAUSE_S = 0.02
"""What was refused waits so long before it is sent again."""


def again(message: PendingMessage) -> PendingMessage:
    return PendingMessage(message.sender, message.peer, message.msg_type, message.content, 1)


async def main(place: str, redis_url: str = "") -> None:
    def report(batch: Sequence[PendingMessage]) -> None:
        stored = [message for message in batch if message.error is None]
        lines = [f"{message.session_type} {message.peer} {message.msg_id}\n" for message in stored]
        os.write(1, "".join(lines).encode())
        for message in batch:
            if message.error is None:
                journal.append(again(message))
            else:
                asyncio.get_running_loop().call_later(PAUSE_S, journal.append, again(message))

    database = await open_database(place)
    journal = Journal(database, Conversations(), report, redis=open_redis(RedisConfig(url=redis_url)))
    for peer in PEOPLE:
        for _ in range(20):
            journal.append(PendingMessage(1, peer, 1, "text", 1))
            journal.append(PendingMessage(1, 1, 17, "text", 1))
    await journal.run()


# Standard output is for what was stored.
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main(*sys.argv[1:]))
