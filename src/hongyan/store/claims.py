"""Several writers on one database: who numbers a conversation, and whose picture of it is old.

Behind a network the database may have other writers: further db_proxies and command-line tools. A
row of HyConversation stands for each conversation. Whoever writes to one locks its row until the
commit, so numbers rise by one in the order of the commits whoever gives them; and the row says
what the others did meanwhile: the newest number, and a version that rises with every change of
members or sessions. SQLite has one writer at a time and keys that refuse a number twice; there it is
enough to notice that another process has written at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from time import monotonic
from typing import Final, NamedTuple

from sqlalchemy import Connection, Dialect, bindparam, select, update

from hongyan.store import bulk
from hongyan.store.conversations import Conversations, GroupState, State
from hongyan.store.entries import SessionType, conversation_key
from hongyan.store.schema import CONVERSATION
from hongyan.store.teamtalk import GROUP

_COLUMNS: Final = ("id", "lastId", "version")
_FIRST_PAIR: Final = 1 << 32
_SIGN: Final = 1 << 63
_CURRENT_S: Final = 1.0
"""So long may a group's members be answered from memory after a message was stored."""
_SEEN: Final = "hongyan.data_version"
_ACCOUNTS: Final = 0
"""The row that stands for the names of all users; no conversation has this key."""


class Claim(NamedTuple):
    """What the database says of a locked conversation."""

    last_id: int
    version: int


def is_shared(connection: Connection) -> bool:
    """Whether others may write at the same time."""
    return connection.dialect.name != "sqlite"


def notice_others(connection: Connection, conversations: Conversations) -> None:
    """Drop every state when another process has written to the SQLite file since the last transaction."""
    if is_shared(connection):
        return
    # SQLite counts the commits of other connections; one statement of the driver's costs microseconds.
    (version,) = connection.connection.cursor().execute("PRAGMA data_version").fetchone()
    if connection.info.get(_SEEN) != version:
        connection.info[_SEEN] = version
        conversations.clear()


def claim(connection: Connection, conversations: Conversations, keys: Iterable[int]) -> dict[int, Claim]:
    """Lock conversations until the end of the transaction and drop the states that are old.

    Groups that do not exist are left out.
    """
    wanted = sorted(keys)
    claims = _lock(connection, wanted)
    missing = [key for key in wanted if key not in claims]
    if missing:
        _make(connection, missing)
        claims |= _lock(connection, missing)
    for key, claimed in claims.items():
        _compare(conversations, key, claimed)
    return claims


def renew(states: Mapping[int, State | None], claims: Mapping[int, Claim]) -> None:
    """Let states that were just read from the tables know what they were read beside."""
    for key, state in states.items():
        claimed = claims.get(key)
        if state is not None and claimed is not None:
            state.version = claimed.version
            _note_current(state)
            state.last_id = max(state.last_id, claimed.last_id)


def note_numbers(
    connection: Connection, states: Mapping[int, State | None], claims: Mapping[int, Claim]
) -> None:
    """Write down the newest number of every conversation that got one."""
    flat: list[int] = []
    for key, claimed in claims.items():
        state = states.get(key)
        if state is not None and state.last_id != claimed.last_id:
            flat += (_signed(key), state.last_id, 0)
    bulk.upsert_rows(connection, CONVERSATION, _COLUMNS, "lastId", flat)


def forget(
    connection: Connection, conversations: Conversations, user_id: int, session_type: int, peer_id: int
) -> None:
    """A conversation is being changed past its state: let every writer read it again."""
    if session_type == SessionType.GROUP:
        conversations.forget_group(peer_id)
    else:
        conversations.forget_pair(user_id, peer_id)
    # Whoever has a state has made the row.
    if is_shared(connection):
        _advance(connection, conversation_key(user_id, session_type, peer_id))


def forget_group(connection: Connection, conversations: Conversations, group_id: int) -> None:
    """The same for a group, which is locked too.

    To be called before its tables are looked at, so that two who change it wait for each other.
    """
    conversations.forget_group(group_id)
    if is_shared(connection):
        _advance_always(connection, group_id)


def claim_accounts(connection: Connection) -> None:
    """Let nobody else make users until the end of the transaction, so that no name is taken twice."""
    if is_shared(connection):
        _advance_always(connection, _ACCOUNTS)


def _lock(connection: Connection, keys: Sequence[int]) -> dict[int, Claim]:
    claims: dict[int, Claim] = {}
    for id_, last, version in bulk.select_rows(connection, _locking, [_signed(key) for key in keys]):
        claims[_key(id_)] = Claim(last, version)
    return claims | _with_group_versions(connection, claims)


@lru_cache(maxsize=64)
def _locking(dialect: Dialect, size: int) -> str:
    row = CONVERSATION.c
    ids = [bindparam(bulk.place_name(0, place), type_=row.id.type) for place in range(size)]
    locked = select(row.id, row.lastId, row.version).where(row.id.in_(ids)).order_by(row.id)
    return bulk.text(dialect, locked.with_for_update())


def _with_group_versions(connection: Connection, claims: Mapping[int, Claim]) -> dict[int, Claim]:
    """Original servers know nothing of our versions, but count the changes of a group's members."""
    groups = [key for key in claims if 0 < key < _FIRST_PAIR]
    if not groups:
        return {}
    rows = connection.execute(select(GROUP.c.id, GROUP.c.version).where(GROUP.c.id.in_(groups)))
    return {
        group: claims[group]._replace(version=claims[group].version << 32 | version)
        for group, version in rows
    }


def _make(connection: Connection, keys: Sequence[int]) -> None:
    groups = [key for key in keys if key < _FIRST_PAIR]
    known = set(connection.execute(select(GROUP.c.id).where(GROUP.c.id.in_(groups))).scalars())
    real = [key for key in keys if key >= _FIRST_PAIR or key in known]
    _insert(connection, real)


def _insert(connection: Connection, keys: Iterable[int]) -> None:
    # What another writer has just made stays as it is.
    flat = [value for key in keys for value in (_signed(key), 0, 0)]
    bulk.upsert_rows(connection, CONVERSATION, _COLUMNS, "id", flat)


def _compare(conversations: Conversations, key: int, claimed: Claim) -> None:
    state = conversations.get(key)
    if state is None:
        return
    if state.version == claimed.version:
        _note_current(state)
        state.last_id = max(state.last_id, claimed.last_id)
    else:
        conversations.forget(key)


def _note_current(state: State) -> None:
    if isinstance(state, GroupState):
        state.current_until = monotonic() + _CURRENT_S


def _advance(connection: Connection, key: int) -> bool:
    row = CONVERSATION.c
    changed = update(CONVERSATION).where(row.id == _signed(key)).values(version=row.version + 1)
    return bool(connection.execute(changed).rowcount)


def _advance_always(connection: Connection, key: int) -> None:
    if not _advance(connection, key):
        _insert(connection, [key])
        _advance(connection, key)


def _signed(key: int) -> int:
    """The key as its column holds it: the engines have no common unsigned type of this size."""
    return key - (_SIGN << 1) if key >= _SIGN else key


def _key(id_: int) -> int:
    return id_ + (_SIGN << 1) if id_ < 0 else id_
