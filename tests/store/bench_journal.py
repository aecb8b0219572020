"""How fast the journal is and what it costs the interpreter: run by hand, not by pytest.

``python tests/store/bench_journal.py --messages 200000 --pairs 100 --window 800``
"""

import argparse
import asyncio
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from hongyan.store.conversations import Conversations
from hongyan.store.entries import PendingMessage
from hongyan.store.journal import Journal
from hongyan.store.sqlite import SqliteDatabase

TEXT = "t5ify+ybA+7JaN5pD298Jg=="


class Load:
    """Keeps a number of messages in flight until enough are stored."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.sent = 0
        self.stored = 0
        self.done = asyncio.Event()
        self.journal: Journal | None = None

    def send(self) -> None:
        pair = self.sent % self.options.pairs
        message_id = f"{self.sent:032x}" if self.options.client_ids else ""
        entry = PendingMessage(2 * pair + 1, 2 * pair + 2, 1, TEXT, 1_700_000_000, message_id)
        self.journal.append(entry)
        self.sent += 1

    def on_stored(self, messages: Sequence[PendingMessage]) -> None:
        for message in messages:
            assert message.error is None, message.error
            self.stored += 1
            if self.sent < self.options.messages:
                self.send()
        if self.stored == self.options.messages:
            self.done.set()


async def run(options: argparse.Namespace, folder: Path) -> None:
    database = SqliteDatabase(folder / "bench.db", synchronous=options.synchronous)
    await database.open()
    load = Load(options)
    load.journal = journal = Journal(database, Conversations(), load.on_stored)
    async with asyncio.TaskGroup() as group:
        group.create_task(journal.run())
        started, cpu = time.perf_counter(), time.process_time()
        for _ in range(options.window):
            load.send()
        await load.done.wait()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        await journal.close()
    await database.close()
    stats = journal.stats
    sys.stdout.write(
        f"{options.messages / seconds:,.0f} messages/s, {cpu / options.messages * 1e6:.1f} µs CPU "
        f"a message (database included), {stats.batches} batches, "
        f"largest {stats.largest_batch}, {stats.seconds_in_commit / stats.batches * 1e3:.1f} ms each\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--window", type=int, default=800)
    parser.add_argument("--client-ids", action="store_true")
    parser.add_argument("--synchronous", default="FULL")
    parser.add_argument("--spin", action="store_true", help="another thread that never rests")
    options = parser.parse_args()
    if options.spin:
        threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        uvloop.run(run(options, Path(folder)))


if __name__ == "__main__":
    main()
