"""Which settings are secrets, and how they are shown instead."""

import re
from typing import Any, Final

from hongyan.config.sections import Path

MASK: Final = "***"

_PARTS: Final = ("secret", "password", "passwd", "pwd", "token")
"""Wherever these stand in a name; files of others write ``dbpassword`` as one word."""
_WORDS: Final = frozenset({"pass", "auth", "credential", "credentials"})
_KEYS: Final = frozenset({"message_key", "aes_key", "api_key", "access_key"})
"""Keys that are secrets themselves; others, such as ``ws_key``, name a file."""
_PASSWORD_IN_URL: Final = re.compile(r"(?<=://)([^/@\s:]*):[^/\s]*@")


def masked(path: Path, value: Any) -> Any:
    """Return what may be shown of a setting; an empty secret is shown as empty."""
    if isinstance(value, str):
        return MASK if value and _is_secret(path[-1]) else _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", value)
    if isinstance(value, list | tuple):
        return type(value)(masked(path, each) for each in value)
    return value


def _is_secret(name: str) -> bool:
    words = name.split("_")
    if words[-1] in {"file", "path", "s", "bytes"}:  # where a secret is kept, or how long it lives
        return False
    return name in _KEYS or not _WORDS.isdisjoint(words) or any(part in name for part in _PARTS)
