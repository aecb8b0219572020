"""Passwords: slow hashes of what clients send, which is md5(password) in hex (spec/crypto.md, 3).

Checking is slow on purpose and touches no database: callers run it in a thread.
"""

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b, md5
from typing import Final, NamedTuple

from hongyan import slow_hashes
from hongyan.slow_hashes import slow_hash

# Of a random secret nobody knows: checked when there is nothing to check, so that an unknown name
# takes as long as a wrong password.
_DUMMY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$VJMiwtRTB1l4ZW6jRArVlg$4bd+z6kLdBwDhajq1N4PpUFnuV7ZI/0ZhEMiSp4rXRU"
)
Fits = Callable[[str, str], bool]
"""Takes a slow hash and what a client sends."""
_REMEMBERED = 100_000
_ORIGINAL: Final = "teamtalk$"
_SALT_CHARACTERS: Final = 4
"""The width of IMUser.salt."""


class Credentials(NamedTuple):
    """What the database knows of a user who wants to log in.

    Attributes:
        user_id: the user.
        status: only 0 may log in.
        slow_hash: argon2id of the md5, or "".
        legacy: IMUser.password, md5(md5 + salt) in hex, or "".
        salt: IMUser.salt.
    """

    user_id: int
    status: int
    slow_hash: str
    legacy: str
    salt: str


class VerifiedPasswords:
    """Remembers which password fitted which hash, so that a second login costs no slow hash.

    What is kept is useless without this process: a keyed digest with a key that never leaves it.
    """

    def __init__(self, limit: int = _REMEMBERED) -> None:
        self._limit = limit
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[str, bytes] = OrderedDict()

    def knows(self, stored: str, offered: str) -> bool:
        """Whether exactly this password has fitted exactly this hash before."""
        known = self._known.get(stored)
        return known is not None and hmac.compare_digest(known, self._digest(offered))

    def remember(self, stored: str, offered: str) -> None:
        """Note that the password fits the hash."""
        self._known[stored] = self._digest(offered)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)

    def _digest(self, offered: str) -> bytes:
        return blake2b(offered.encode("utf-8", "surrogatepass"), key=self._key).digest()


def client_digest(password: str) -> str:
    """What a client sends for a password."""
    return md5(password.encode(), usedforsecurity=False).hexdigest()


def legacy_hash(offered: str, salt: str) -> str:
    """What TeamTalk stores for what a client sends."""
    text = (offered + salt).encode("utf-8", "surrogatepass")
    return md5(text, usedforsecurity=False).hexdigest()


def original_form(offered: str) -> str:
    """What is stored where original servers have to check it too: TeamTalk's hash and its salt."""
    salt = secrets.token_hex(_SALT_CHARACTERS // 2)
    return f"{_ORIGINAL}{salt}${legacy_hash(offered, salt)}"


def hashing(*, for_originals: bool, slowly: Callable[[str], str] = slow_hash) -> Callable[[str], str]:
    """The way to hash what a client sends: one that originals understand, or a slow one."""
    return original_form if for_originals else slowly


def in_columns(stored: str) -> tuple[str, str, str]:
    """Take apart what ``hashing`` has made: the slow hash, and TeamTalk's hash and salt; some are empty."""
    if not stored.startswith(_ORIGINAL):
        return stored, "", ""
    salt, _, legacy = stored.removeprefix(_ORIGINAL).partition("$")
    return "", legacy, salt


def verify(
    credentials: Credentials | None,
    offered: str,
    verified: VerifiedPasswords,
    fits: Fits = slow_hashes.fits,
) -> bool:
    """Whether this user may log in with what the client sent.

    A legacy hash that is still there decides: it is blanked when it is replaced, so somebody has
    set it since, with TeamTalk's tools.

    Args:
        credentials: of the user; None when there is no such name.
        offered: the md5 from the client.
        verified: the memory of this process; used from several threads.
        fits: tells whether something fits a slow hash.
    """
    if credentials is None or credentials.status != 0:
        fits(_DUMMY, offered)
        return False
    if credentials.legacy:
        if _fits_legacy(credentials, offered):
            return True
        fits(_DUMMY, offered)
        return False
    stored = credentials.slow_hash or _DUMMY
    if verified.knows(stored, offered):
        return True
    if not fits(stored, offered):
        return False
    verified.remember(stored, offered)
    return True


def fits(stored: str, offered: str) -> bool:
    """Whether what was offered fits a slow hash; "" fits nothing, and takes as long to find out."""
    return slow_hashes.fits(stored or _DUMMY, offered) and bool(stored)


def _fits_legacy(credentials: Credentials, offered: str) -> bool:
    expected = legacy_hash(offered, credentials.salt)
    return hmac.compare_digest(expected.encode(), credentials.legacy.encode())
