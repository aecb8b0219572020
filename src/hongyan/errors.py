"""The one tree of errors, split by whose fault it is.

A peer broke the protocol: :class:`ProtocolError`. A request is understood and declined:
:class:`RefusedError`. Something we depend on failed: :class:`BackendError`. What the operator
wrote cannot be used: :class:`ConfigError`. Anything else that is raised is a bug.
"""

from enum import IntEnum
from typing import Final


class ErrorCode(IntEnum):
    """Why a request was refused; the numbers travel in IMErrorNotice (docs/protocol.md)."""

    MALFORMED = 1
    UNKNOWN_COMMAND = 2
    NOT_ALLOWED = 3
    NOT_FOUND = 4
    TOO_LARGE = 5
    RATE_LIMITED = 6
    NOT_STORED = 7
    UNAVAILABLE = 8
    BUSY = 9


RETRY_AFTER_MS: Final = {
    ErrorCode.RATE_LIMITED: 1000,
    ErrorCode.NOT_STORED: 1000,
    ErrorCode.UNAVAILABLE: 4000,
    ErrorCode.BUSY: 1000,
}
"""When a refusal of each kind is worth another try; for the others the answer stays the same."""

ID_IS_TAKEN: Final = (
    "not stored: this client_msg_id belongs to a message in another conversation;"
    " give every new message an id of its own"
)
"""Why a message is refused that is no repeat, though its id says so; said by every server that is asked."""


class HongyanError(Exception):
    """The root of every error that Hongyan raises on purpose."""


class ProtocolError(HongyanError):
    """The peer broke the protocol; its connection is closed and ``reason`` is counted.

    Args:
        reason: a short fixed word for counters, never text from the peer.
        detail: what exactly was wrong, for the log.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class RefusedError(HongyanError):
    """A request that is understood and declined; the connection stays open.

    Args:
        code: why, for programs.
        text: why, for people.
        retry_after_ms: when it makes sense to try again; None when it does not.
    """

    def __init__(self, code: ErrorCode, text: str, retry_after_ms: int | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.retry_after_ms = RETRY_AFTER_MS.get(code) if retry_after_ms is None else retry_after_ms


class BackendError(HongyanError):
    """A database, a cache or a peer server failed; raised ``from`` the driver's error."""


class ConfigError(HongyanError):
    """A setting, a file or an argument cannot be used; the text says what, where and what is allowed."""
