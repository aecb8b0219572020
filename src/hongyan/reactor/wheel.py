"""A timer wheel: one timer for all connections, with a granularity of one second (spec/wire.md 3)."""

import asyncio
import math
from typing import Final, Protocol

TICK_S: Final = 1.0


class Timed(Protocol):
    """Something that wants to be looked at from time to time."""

    wheel_slot: int | None

    def due(self, now: float) -> float | None:
        """Act if it is time to; return in how many seconds to come again, or None for never."""


class TimerWheel:
    """Calls ``due`` of its members about when they asked for it; never early by more than rounding."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, set[Timed]] = {}
        self._next_slot = math.floor(loop.time() / TICK_S)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to turn."""
        self._timer = self._loop.call_later(TICK_S, self._turn)

    def stop(self) -> None:
        """Stop turning and forget every member."""
        if self._timer is not None:
            self._timer.cancel()
        self._slots.clear()

    def watch(self, member: Timed, delay_s: float) -> None:
        """Have ``member`` looked at in ``delay_s`` seconds; replaces an earlier wish."""
        self.forget(member)
        self._enter(member, self._slot_in(delay_s))

    def watch_by(self, member: Timed, delay_s: float) -> None:
        """Have ``member`` looked at in ``delay_s`` seconds or before, as it is when it wished so earlier.

        For members that say for themselves when to come again: most are gone by then.
        """
        slot = self._slot_in(delay_s)
        if member.wheel_slot is None or slot < member.wheel_slot:
            self.forget(member)
            self._enter(member, slot)

    def _slot_in(self, delay_s: float) -> int:
        return max(math.ceil((self._loop.time() + delay_s) / TICK_S), self._next_slot)

    def _enter(self, member: Timed, slot: int) -> None:
        member.wheel_slot = slot
        members = self._slots.get(slot)
        if members is None:
            self._slots[slot] = {member}
        else:
            members.add(member)

    def forget(self, member: Timed) -> None:
        """Drop ``member``; harmless when it is not watched."""
        if member.wheel_slot is not None:
            self._slots.get(member.wheel_slot, set()).discard(member)
            member.wheel_slot = None

    def _turn(self) -> None:
        self._timer = self._loop.call_later(TICK_S, self._turn)
        now = self._loop.time()
        current = math.floor(now / TICK_S)
        while self._next_slot <= current:
            slot = self._next_slot
            self._next_slot += 1  # first, so that a member that comes again lands in a later slot
            for member in self._slots.pop(slot, ()):
                member.wheel_slot = None
                delay_s = member.due(now)
                if delay_s is not None:
                    self.watch(member, delay_s)
