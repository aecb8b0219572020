"""What a webhook is sent: JSON and headers, as Standard Webhooks 1.0 has them."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hongyan import __version__
from hongyan.administration.webhooks import Due
from hongyan.rules.webhooks import sign
from hongyan.wire.pb.base_define_pb2 import MSG_TYPE_GROUP_AUDIO, MSG_TYPE_SINGLE_AUDIO

_AUDIO: Final = frozenset({MSG_TYPE_SINGLE_AUDIO, MSG_TYPE_GROUP_AUDIO})
Read = Callable[[str], str]
"""Returns the text of what is stored of a message."""


def body_of(due: Due, read: Read) -> bytes:
    """Make the body: what happened, when, and the particulars."""
    happened = datetime.fromtimestamp(due.created, UTC).isoformat().replace("+00:00", "Z")
    letter = {"type": due.event, "timestamp": happened, "data": readable(due.event, due.payload, read)}
    return json.dumps(letter, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(due: Due, body: bytes, now: int) -> dict[str, str]:
    """Make the headers; the id stays the same however often it is sent."""
    delivery_id = f"hook_{due.id}"
    return {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": f"Hongyan/{__version__}",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(due.secret, delivery_id, now, body),
    }


def readable(event: str, payload: Mapping[str, Any], read: Read) -> dict[str, Any]:
    """Return the particulars of an event with the text of a message in the place of what is stored."""
    data = dict(payload)
    if event == "message":
        content, is_audio = data.pop("content"), data.pop("msg_type") in _AUDIO
        data["type"] = "audio" if is_audio else "text"
        data["text"] = None if is_audio else read(content)
    return data
