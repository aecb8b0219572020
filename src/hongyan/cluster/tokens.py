"""What one role hands out and another checks alone, by the cluster secret: tokens, and ids of transfers.

A token is ``<user id>.<expiry, Unix seconds>.<MAC>``, the MAC an HMAC-SHA256 over purpose, id and
expiry in URL-safe base64 (docs/protocol.md). Nobody keeps a list of them.
"""

import base64
import hmac
import re
import uuid
from typing import Final

UPLOAD: Final = "upload"
"""May store files in msfs."""


def file_purpose(task_id: str) -> str:
    """What the token of a transfer is for: joining this one."""
    return f"file {task_id}"


_STEM_CHARACTERS: Final = 24
_TASK_MAC_CHARACTERS: Final = 8
"""Few, but who guesses has to ask a server four thousand million times."""
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


def make_task_id(secret: str, tag: str, sender: int, receiver: int, size: int) -> str:
    """Make the id of a file's transfer: a random UUID to others, but made for this file and no other.

    Nobody guesses one, and every server of the cluster sees whose it is (:func:`is_task_id_of`).
    Its last characters are the ``tag`` of the file_server.
    """
    stem = str(uuid.uuid4())[:_STEM_CHARACTERS]
    return stem + _task_mac(secret, stem, tag, sender, receiver, size) + tag


def is_task_id_of(secret: str, task_id: str, sender: int, receiver: int, size: int) -> bool:
    """Tell whether an id was made for this file."""
    stem, mac = task_id[:_STEM_CHARACTERS], task_id[_STEM_CHARACTERS:][:_TASK_MAC_CHARACTERS]
    tag = task_id[_STEM_CHARACTERS + _TASK_MAC_CHARACTERS :]
    expected = _task_mac(secret, stem, tag, sender, receiver, size)
    return hmac.compare_digest(expected.encode(), mac.encode())


def _task_mac(secret: str, stem: str, tag: str, sender: int, receiver: int, size: int) -> str:
    what = f"task {stem} {tag} {sender} {receiver} {size}".encode()
    return hmac.digest(secret.encode(), what, "sha256").hex()[:_TASK_MAC_CHARACTERS]


def _mac(secret: str, purpose: str, user_id: int, expires: int) -> str:
    digest = hmac.digest(secret.encode(), f"token {purpose} {user_id} {expires}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
