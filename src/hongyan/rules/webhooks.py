"""What webhooks are told of, how what is sent is signed, and when it is tried again.

Signing follows the Standard Webhooks specification 1.0, so that receivers need no code of ours.
"""

import base64
import hmac
import secrets
from typing import Final, Literal

Event = Literal["message", "login", "group.created", "group.members", "group.removed"]
EVENTS: Final[tuple[Event, ...]] = ("message", "login", "group.created", "group.members", "group.removed")
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what secrets begin with
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Make the secret of a webhook."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(secret: str, delivery_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature header for a body: ``v1,`` and HMAC-SHA256 in Base64.

    Args:
        secret: as ``new_secret`` makes it.
        delivery_id: stays the same when it is sent again.
        timestamp: Unix seconds of this attempt; receivers refuse old ones.
        body: what is sent.
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b"%s.%d.%s" % (delivery_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def retry_after_s(attempts: int, first_s: int, longest_s: int, most_attempts: int) -> int | None:
    """Return how long to wait after so many failures, twice as long each time, or None to give up."""
    if attempts >= most_attempts:
        return None
    return min(first_s << min(attempts - 1, 30), longest_s)
