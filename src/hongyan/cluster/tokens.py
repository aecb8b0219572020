"""Tokens that one role hands out and another checks alone, by the cluster secret that both know.

A token is ``<user id>.<expiry, Unix seconds>.<MAC>``, the MAC an HMAC-SHA256 over purpose, id and
expiry in URL-safe base64 (docs/protocol.md). Nobody keeps a list of them.
"""

import base64
import hmac
import re
from typing import Final

UPLOAD: Final = "upload"
"""May store files in msfs."""


def file_purpose(task_id: str) -> str:
    """What the token of a transfer is for: joining this one."""
    return f"file {task_id}"


_FORM: Final = re.compile(r"(\d{1,10})\.(\d{1,12})\.([A-Za-z0-9_-]{43})")


def make_token(secret: str, purpose: str, user_id: int, expires: int) -> str:
    """Make the token of a user; servers among themselves use the user id 0."""
    return f"{user_id}.{expires}.{_mac(secret, purpose, user_id, expires)}"


def user_of_token(secret: str, purpose: str, token: str, now: float) -> int | None:
    """Return whose token this is; None when it is not ours, for something else, or too old."""
    match = _FORM.fullmatch(token)
    if match is None:
        return None
    user_id, expires = int(match[1]), int(match[2])
    if not hmac.compare_digest(_mac(secret, purpose, user_id, expires), match[3]):
        return None
    return user_id if now < expires else None


def _mac(secret: str, purpose: str, user_id: int, expires: int) -> str:
    digest = hmac.digest(secret.encode(), f"token {purpose} {user_id} {expires}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
