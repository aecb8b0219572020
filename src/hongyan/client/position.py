"""Which messages of one conversation were handed over, and which are known to be missing.

Message ids of a conversation rise by one, so a gap shows. What arrives early is held until the gap
closes, by a delivery that is still on its way or from the history.
"""

from collections.abc import Iterable
from typing import Final

from hongyan.client.models import Message

MAX_HELD: Final = 64
"""Messages held in memory behind a gap; what does not fit is fetched from the history later."""
MAX_EARLY: Final = 256
MAX_OWN: Final = 10_000
"""Ids of our own messages remembered behind a gap; one beyond it would be handed over as from elsewhere."""


class Position:
    """How far one conversation has been handed over.

    Attributes:
        reached: everything from ``floor`` up to this id has been handed over, or was ours.
        target: the highest id that is known to exist.

    Args:
        floor: where the record starts. Ids up to it were there before, as far as is known; one of them
            that is delivered all the same was on its way at that moment, and is handed over once.
    """

    def __init__(self, floor: int) -> None:
        self._floor = floor
        self.reached = floor
        self.target = floor
        self._early: dict[int, None] = {}
        self._held: dict[int, Message] = {}
        self._own: set[int] = set()

    @property
    def is_behind(self) -> bool:
        """Tell whether messages are known to exist that have not been handed over."""
        return self.target > self.reached

    def expect(self, msg_id: int) -> None:
        """Learn that a message with this id exists."""
        self.target = max(self.target, msg_id)

    def hold(self, message: Message) -> None:
        """Take a delivery without handing it over."""
        if message.msg_id > self.reached:
            self.expect(message.msg_id)
            if len(self._held) < MAX_HELD or message.msg_id == self.reached + 1:
                self._held[message.msg_id] = message

    def arrive(self, message: Message) -> list[Message]:
        """Take a delivery and return what can be handed over now, in order."""
        if message.msg_id <= self._floor:
            return self._late(message)
        self.hold(message)
        return self.advance()

    def acked(self, msg_id: int) -> None:
        """Learn that this id is a message sent from here, which is not handed over."""
        if msg_id > self.reached:
            self.expect(msg_id)
            if len(self._own) < MAX_OWN:
                self._own.add(msg_id)

    def advance(self) -> list[Message]:
        """Hand over what is held and follows without a gap."""
        ready: list[Message] = []
        while self._step(ready):
            pass
        return ready

    def fill(self, found: Iterable[Message], upto: int) -> list[Message]:
        """Close the gap up to an id with what the history had; what it lacks does not exist for us."""
        known = self._held | {message.msg_id: message for message in found}
        ids = sorted(msg_id for msg_id in known if self.reached < msg_id <= upto)
        ready = [known[msg_id] for msg_id in ids if msg_id not in self._own]
        self._forget(upto)
        return ready + self.advance()

    def _step(self, ready: list[Message]) -> bool:
        following = self.reached + 1
        if following in self._own:
            self._own.remove(following)
            self._held.pop(following, None)
        elif following in self._held:
            ready.append(self._held.pop(following))
        else:
            return False
        self.reached = following
        return True

    def _forget(self, upto: int) -> None:
        self.reached = max(self.reached, upto)
        self.target = max(self.target, self.reached)
        self._own = {msg_id for msg_id in self._own if msg_id > upto}
        self._held = {msg_id: message for msg_id, message in self._held.items() if msg_id > upto}

    def _late(self, message: Message) -> list[Message]:
        if message.msg_id in self._early:
            return []
        if len(self._early) >= MAX_EARLY:
            del self._early[next(iter(self._early))]
        self._early[message.msg_id] = None
        return [message]
