"""What providers are given and what they say about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notification:
    """One push to one phone.

    Attributes:
        id: a UUID; stays the same when it is tried again.
        platform: ``ios`` or ``android``.
        token: names the phone; checked by its provider.
        text: what the phone shows; may be longer than fits, but never is.
        data: what the app gets beside it, JSON as text.
        badge: unread messages.
        is_silent: only the badge changes.
        expires: Unix seconds; later it is worth nothing.
    """

    id: str
    user_id: int
    platform: str
    token: str
    text: str
    data: str
    badge: int
    is_silent: bool
    expires: float


class Verdict(Enum):
    """What became of a push; the values are the labels of the counter."""

    SENT = "sent"
    TOKEN_DEAD = "token_dead"  # noqa: S105 - a label
    REFUSED = "refused"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with its reason, and when to try again where the provider said so."""

    verdict: Verdict
    reason: str = ""
    retry_after_s: float | None = None


SENT = Outcome(Verdict.SENT)


def dead(reason: str) -> Outcome:
    """The token names no phone."""
    return Outcome(Verdict.TOKEN_DEAD, reason)


def refused(reason: str) -> Outcome:
    """This push will never be taken."""
    return Outcome(Verdict.REFUSED, reason)


def again(reason: str, retry_after_s: float | None = None) -> Outcome:
    """The push may be taken later."""
    return Outcome(Verdict.AGAIN, reason, retry_after_s)


class Provider(Protocol):
    """Somebody who reaches phones.

    Attributes:
        name: for counters and logs.
        max_batch: how many notifications one ``push`` takes.
    """

    name: str
    max_batch: int

    async def push(self, notifications: Sequence[Notification]) -> Sequence[Outcome]:
        """Hand notifications over; return an outcome for each. Raises nothing for what the provider does."""

    async def close(self) -> None:
        """Let go of connections."""
