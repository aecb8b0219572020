"""The measure of what is possible: a bare uvloop echo server, and the generator against it.

The echo answers the same frames with no work at all. What a suite reaches is best told as a ratio
to it, because that travels better from machine to machine than a number does.
"""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import uvloop

from hongyan.bench.client import connect
from hongyan.bench.flow import EchoSender
from hongyan.bench.frames import MessageFrames, sender_mark
from hongyan.bench.ledger import Conversation, Findings
from hongyan.bench.plan import Plan, Share
from hongyan.bench.scenario import Scenario
from hongyan.wire.pb.base_define_pb2 import MsgType
from hongyan.wire.pb.message_pb2 import IMMsgData


class Echo(Scenario):
    """``echo``: the frames of ``p2p``, to a server that sends them back."""

    def __init__(self, plan: Plan, share: Share) -> None:
        super().__init__(plan, share)
        self._senders: list[EchoSender] = []
        self._books = Conversation()

    async def prepare(self) -> None:
        """Connect; there is nobody to log in to."""
        target = urlsplit(self.plan.login_url)
        message = IMMsgData(
            from_user_id=1, to_session_id=1, msg_id=0, create_time=0, msg_type=MsgType.MSG_TYPE_SINGLE_TEXT
        )
        for number in self.share.units(self.plan.connections):
            client = await connect((target.hostname or "", target.port or 0), self.tally.errors)
            self.clients.append(client)
            mark = sender_mark(self.plan.run, number)
            frames = MessageFrames(message, mark, self.plan.payload_bytes, client_ids=self.plan.client_ids)
            books = self._books.sender(mark)
            self._senders.append(EchoSender(client, frames, books, self.plan.window, self.tally))

    def start(self, group: asyncio.TaskGroup) -> None:
        """Fill every window."""
        now = perf_counter()
        for sender in self._senders:
            sender.refill(now)

    def stop(self) -> None:
        """Send nothing more."""
        for sender in self._senders:
            sender.limit = 0

    def is_settled(self) -> bool:
        """Everything came back."""
        return all(sender.is_idle for sender in self._senders)

    def audit(self) -> Findings:
        """Count what did not come back."""
        findings = Findings()
        for books in self._books.senders.values():
            findings.add(books.audit())
        return findings


@contextmanager
def echo_server() -> Iterator[str]:
    """Run an echo server in a process of its own; yields its address as a URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True, name="echo")
    process.start()
    try:
        yield f"tcp://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()
        process.close()
        ours.close()
        theirs.close()


class _EchoProtocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        self._write(data)


def _serve(pipe: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(_EchoProtocol, "127.0.0.1", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())
