"""Deliveries that a client of ours has not acknowledged, and sending them again.

Stock clients acknowledge wrongly or not at all (spec/clients.md 5.2) and are left alone; a client
that says ``acks_deliveries`` at login is watched.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, NamedTuple

from hongyan.reactor.wheel import TimerWheel
from hongyan.roles.msg.session import ClientSession
from hongyan.wire.frame import Frame

MAX_REMEMBERED: Final = 1000
"""A client that is further behind catches up from history; the oldest deliveries are forgotten."""
MAX_TRIES: Final = 5


class DeliveryKey(NamedTuple):
    """A message as its receiver names it: the conversation is the peer or the group."""

    session_type: int
    session_id: int
    msg_id: int


@dataclass(slots=True)
class _Delivery:
    frame: Frame
    sent_at: float
    tries: int


class Unacknowledged:
    """What one session has been sent and has not confirmed, oldest first."""

    __slots__ = ("_after_s", "_deliveries", "_session", "_wheel", "wheel_slot")

    def __init__(self, session: ClientSession, wheel: TimerWheel, after_s: float) -> None:
        self._session = session
        self._wheel = wheel
        self._after_s = after_s
        self._deliveries: OrderedDict[DeliveryKey, _Delivery] = OrderedDict()
        self.wheel_slot: int | None = None

    def remember(self, key: DeliveryKey, frame: Frame, now: float) -> None:
        """A delivery was sent; ``now`` is the loop's time."""
        self._deliveries[key] = _Delivery(frame, now, 1)
        if len(self._deliveries) > MAX_REMEMBERED:
            self._deliveries.popitem(last=False)
        if self.wheel_slot is None:
            self._wheel.watch(self, self._after_s)

    def acknowledged(self, key: DeliveryKey) -> None:
        """The client has it."""
        self._deliveries.pop(key, None)

    def due(self, now: float) -> float | None:
        """Send again what has waited too long; the wheel calls this."""
        for key, delivery in list(self._deliveries.items()):
            if now - delivery.sent_at < self._after_s:
                break  # the rest is younger
            self._again(key, delivery, now)
        if not self._deliveries:
            return None
        oldest = next(iter(self._deliveries.values()))
        return max(oldest.sent_at + self._after_s - now, 0.0)

    def forget(self) -> None:
        """The session is gone."""
        self._wheel.forget(self)
        self._deliveries.clear()

    def _again(self, key: DeliveryKey, delivery: _Delivery, now: float) -> None:
        del self._deliveries[key]
        if delivery.tries >= MAX_TRIES:
            return
        self._session.send(delivery.frame)
        # At the end, so that the order stays by time.
        self._deliveries[key] = _Delivery(delivery.frame, now, delivery.tries + 1)
