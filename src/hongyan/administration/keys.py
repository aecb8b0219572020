"""Operations on API keys and bots.

A token is ``hy_``, eight characters that name the key and 43 that nobody can guess. Only a digest of
it is kept: what is unguessable needs no slow hash.
"""

import hashlib
import secrets
from typing import Annotated, Final, Literal

from pydantic import Field

from hongyan.administration.table import LINE, ById, IdOrNone, Model, Nothing, operation
from hongyan.administration.users import Name, Nick

Scope = Literal[
    "users:read",
    "users:write",
    "departments:read",
    "departments:write",
    "groups:read",
    "groups:write",
    "messages:read",
    "messages:send",
    "presence:read",
    "presence:write",
    "push:write",
    "discovery:write",
    "webhooks:write",
    "audit:read",
]
SCOPES: Final[tuple[Scope, ...]] = Scope.__args__  # type: ignore[attr-defined] # what Literal keeps
BOT_SCOPES: Final[tuple[Scope, ...]] = (
    "users:read",
    "departments:read",
    "groups:read",
    "messages:read",
    "messages:send",
    "presence:read",
)
"""What a bot may do; where messages are concerned, in its own name only."""
PREFIX: Final = "hy_"
_ID_BYTES, _SECRET_BYTES = 4, 32
TOKEN: Final = r"^hy_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$"  # noqa: S105 - a pattern
KeyName = Annotated[str, Field(pattern=LINE, max_length=64)]
PerMinute = Annotated[int, Field(ge=1, le=1_000_000)]


class Token(Model):
    """A new token, and what is kept of it."""

    text: str
    public_id: str
    digest: str


def new_token() -> Token:
    """Make a token."""
    public_id = secrets.token_hex(_ID_BYTES)
    text = f"{PREFIX}{public_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return Token(text=text, public_id=public_id, digest=digest_of(text))


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class ApiKey(Model):
    """An API key; ``user_id`` is the bot that it belongs to, or 0."""

    id: int
    name: str
    public_id: str
    scopes: tuple[str, ...]
    user_id: int
    per_minute: int
    created: int
    used: int
    revoked: bool


class ApiKeys(Model):
    """Every key, and the scopes that a new one can have."""

    keys: tuple[ApiKey, ...]
    scopes: tuple[Scope, ...] = SCOPES


class ApiKeyNew(Model):
    """A key to be made."""

    name: KeyName
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    user_id: IdOrNone = 0
    per_minute: PerMinute = 600


class ApiKeyMade(Model):
    """The new key. The token is shown this once."""

    key: ApiKey
    token: str


class KeyProof(Model):
    """What a caller showed: the public part and a digest of the whole."""

    public_id: Annotated[str, Field(max_length=16)]
    digest: Annotated[str, Field(max_length=64)]


class KeyHolder(Model):
    """What a key allows; ``id`` 0 when it is no key, or revoked, or its bot is disabled."""

    id: int
    name: str = ""
    scopes: tuple[str, ...] = ()
    user_id: int = 0
    per_minute: int = 0


class BotNew(Model):
    """A bot to be made: a user whose password is its token."""

    name: Name
    nick: Nick = ""
    per_minute: PerMinute = 600


LIST: Final = operation("key.list", Nothing, ApiKeys)
ADD: Final = operation("key.add", ApiKeyNew, ApiKeyMade)
REVOKE: Final = operation("key.revoke", ById, Nothing)
CHECK: Final = operation("key.check", KeyProof, KeyHolder)
ADD_BOT: Final = operation("bot.add", BotNew, ApiKeyMade)
