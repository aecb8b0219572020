"""Everything that is kept.

:mod:`~hongyan.store.opening` opens it. Messages and every other change go through the
:class:`~hongyan.store.journal.Journal`; queries are functions of a connection, run by
``Database.read``, one module per subject:

=============  ==========================================================
users          user info, incremental pulls, signature, avatar, night push
departments    incremental pulls, making departments
sessions       the recent conversations, removing one
messages       history pages, messages by number
cursors        newest number of a conversation, read marks
unread         unread counts and totals
groups         lists, info by version, members, push settings
membership     making groups, changing their members
tokens         push tokens of phones
files          offline files
audio          where recordings lie
accounts       making, listing and disabling users; their passwords
logins         what checking many logins needs, with one query
passwords      checking passwords; no database
=============  ==========================================================

Changes take ``now`` in Unix seconds; a refused one raises ``RefusedError``.
"""

from hongyan.store.conversations import Conversations
from hongyan.store.database import ConflictError, Database, TryAgainError, UnfitValueError
from hongyan.store.entries import PendingMessage, SessionType
from hongyan.store.journal import Journal, JournalStats
from hongyan.store.opening import Store, open_database, open_store

__all__ = [
    "ConflictError",
    "Conversations",
    "Database",
    "Journal",
    "JournalStats",
    "PendingMessage",
    "SessionType",
    "Store",
    "TryAgainError",
    "UnfitValueError",
    "open_database",
    "open_store",
]
