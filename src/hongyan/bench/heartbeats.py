"""Heartbeats in turn over all connections: they keep them alive and measure how fast an echo comes."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Final

from hongyan.bench.client import Client, Handler
from hongyan.bench.frames import HEARTBEAT_FRAME
from hongyan.bench.latency import Latencies
from hongyan.bench.tally import Counts
from hongyan.wire.commands import HEARTBEAT

ROUND_S: Final = 30.0
"""Every connection is visited once in this time, as macOS and iOS clients do."""
TICK_S: Final = 0.02


class Heartbeats:
    """Visits the connections one after another.

    Args:
        latencies: where the time from heartbeat to echo goes.
        counts: where heartbeats and echoes are counted.
    """

    def __init__(self, clients: Sequence[Client], latencies: Latencies, counts: Counts) -> None:
        self._clients = clients
        self._latencies = latencies
        self._counts = counts
        self._sent_at: dict[Client, float] = {}
        self._running = True
        for client in clients:
            client.handlers[HEARTBEAT.id] = self._handler(client)

    @property
    def outstanding(self) -> int:
        """How many have not been answered."""
        return sum(1 for client in self._sent_at if client.is_open)

    def stop(self) -> None:
        """Send no more."""
        self._running = False

    async def run(self) -> None:
        """Send until stopped; at least one in every tick, so that short runs measure something."""
        per_tick = max(1.0, len(self._clients) * TICK_S / ROUND_S)
        due = visited = 0.0
        while self._running:
            due += per_tick
            while visited < int(due):
                self._beat(self._clients[int(visited) % len(self._clients)])
                visited += 1
            await asyncio.sleep(TICK_S)

    def _beat(self, client: Client) -> None:
        if client not in self._sent_at and client.is_open:
            self._sent_at[client] = perf_counter()
            self._counts.sent += 1
            client.write(HEARTBEAT_FRAME)

    def _handler(self, client: Client) -> Handler:
        def on_echo(_seq: int, _body: bytes, now: float) -> None:
            sent_at = self._sent_at.pop(client, None)
            if sent_at is not None:
                self._counts.acked += 1
                self._counts.delivered += 1
                self._latencies.add(now - sent_at)

        return on_echo
