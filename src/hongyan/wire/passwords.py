"""What a client sends as its password: the MD5 of it (spec/crypto.md 3).

MD5 protects nothing here; it is what the protocol carries. What is stored is a slow hash of it.
"""

import hashlib
import re
from typing import Final

_DIGEST: Final = re.compile(r"[0-9a-f]{32}")


def password_digest(password: str) -> str:
    """Return what clients put into IMLoginReq.password: lower-case hex MD5 of the UTF-8 password."""
    return hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()


def salted_digest(digest: str, salt: str) -> str:
    """Return what TeamTalk stores: lower-case hex MD5 of the client's digest and the salt."""
    return hashlib.md5((digest + salt).encode(), usedforsecurity=False).hexdigest()


def is_password_digest(text: str) -> bool:
    """Tell whether ``text`` has the form that clients send."""
    return _DIGEST.fullmatch(text) is not None
