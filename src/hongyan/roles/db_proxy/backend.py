"""What the handlers of db_proxy share."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from hongyan.roles.db_proxy.requests import Requests
from hongyan.slow_hashes import slow_hash
from hongyan.store.conversations import Conversations
from hongyan.store.database import Database
from hongyan.store.journal import Journal
from hongyan.store.redis_shared import SharedRedis


@dataclass(frozen=True, slots=True)
class Backend:
    """The database to read from, the journal to write to, and how requests are run."""

    database: Database
    conversations: Conversations
    journal: Journal
    requests: Requests
    redis: SharedRedis | None = None
    hash_password: Callable[[str], str] = slow_hash
    """Makes what is stored of what a client sends; may take long."""


def now() -> int:
    """Unix seconds, as the tables have them."""
    return int(time.time())
