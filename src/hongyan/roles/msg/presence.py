"""Tells PC clients who comes and goes, in doses that any number of clients can take.

Everybody is told of everybody: that is the protocol. When many come at once, at a restart say, that
is the square of their number in notices, so what has come together leaves together, in one write a
client, and when it is more than a dose, only the latest about each user. The more clients there are,
the rarer and the larger the doses: what telling them costs in a second has a bound.
"""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Final

from hongyan.roles.msg.directory import SessionDirectory
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.frame import Frame, InboundFrame

EVERY_S: Final = 0.5
"""The shortest time between two doses, where there are few clients."""
DOSE: Final = 50
"""So many notices for each EVERY_S that a dose has waited; the rest waits for the next one."""
CLIENTS_PER_S: Final = 2000
"""So many clients are told in a second, on average; more of them have doses further apart."""
CLIENTS_A_TURN: Final = 200
"""So many clients are told in one turn of the loop, so that others get theirs."""


class PresenceNotices:
    """Notices on their way to all PC clients of this msg_server."""

    def __init__(self, directory: SessionDirectory, loop: asyncio.AbstractEventLoop) -> None:
        self._directory = directory
        self._loop = loop
        self._waiting: list[tuple[int, Frame]] = []
        self._next_time = 0.0

    def add(self, user_id: int, notice: Frame) -> None:
        """Have everybody told; the first after a quiet time leaves at once."""
        if not self._waiting:
            self._loop.call_at(max(self._next_time, self._loop.time()), self._tell)
        self._waiting.append((user_id, notice))

    def _tell(self) -> None:
        pcs = [session for session in self._directory.logged_in() if not session.is_mobile]
        pause_s = max(EVERY_S, len(pcs) / CLIENTS_PER_S)
        self._next_time = self._loop.time() + pause_s
        dose = self._take(int(DOSE * pause_s / EVERY_S))
        if self._waiting:
            self._loop.call_at(self._next_time, self._tell)
        together = b"".join([notice.raw for _, notice in dose])
        self._tell_some(iter(pcs), InboundFrame(together, commands.STATUS_NOTIFY.id, 0))

    def _take(self, most: int) -> list[tuple[int, Frame]]:
        if len(self._waiting) > most:
            self._waiting = _latest_of_each(self._waiting)
        dose, self._waiting = self._waiting[:most], self._waiting[most:]
        return dose

    def _tell_some(self, sessions: Iterator[ClientSession], frame: Frame) -> None:
        told = 0
        for session in islice(sessions, CLIENTS_A_TURN):
            session.send(frame)
            told += 1
        if told == CLIENTS_A_TURN:
            self._loop.call_soon(self._tell_some, sessions, frame)


def _latest_of_each(notices: list[tuple[int, Frame]]) -> list[tuple[int, Frame]]:
    latest: dict[int, Frame] = {}
    for user_id, notice in notices:
        latest.pop(user_id, None)
        latest[user_id] = notice
    return list(latest.items())
