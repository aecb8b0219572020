"""What the journal knows by heart about each conversation: its last number, its sessions.

Only the thread that writes touches this, with one exception: :meth:`Conversations.members`. Inside
a transaction the states run ahead of the disk; when it fails, those it used are dropped and read
again at their next use, so that no number is skipped or given twice.
"""

from collections import OrderedDict
from math import inf
from time import monotonic

from hongyan.store.entries import pair_key
from hongyan.store.teamtalk import SHARDS

_LIMIT = 200_000


class SingleState:
    """Two users; that it is here means that both have an active session row.

    Attributes:
        relation: id of the IMRelationShip row.
        shard: which of the message tables.
        last_id: the newest msg_id.
        sessions: ids of the two IMRecentSession rows.
        stamped: the second that stands in both rows' ``updated``, or an earlier one.
        version: what the state was read beside (:mod:`hongyan.store.claims`).
    """

    __slots__ = ("last_id", "relation", "sessions", "shard", "stamped", "version")

    def __init__(self, relation: int, last_id: int, sessions: tuple[int, int], stamped: int) -> None:
        self.relation = relation
        self.shard = relation % SHARDS
        self.last_id = last_id
        self.sessions = sessions
        self.stamped = stamped
        self.version = 0


class GroupState:
    """A group that exists.

    Attributes:
        group_id: the IMGroup row.
        shard: which of the message tables.
        last_id: the newest msg_id.
        joined: member -> second of (re)joining; replaced as a whole, never changed.
        members: the same users as a list answers them.
        sessions: member -> id of the IMRecentSession row, for those who have one.
        closed: members whose row says that they removed the session.
        stamped: the second of the last message that was written to the sessions.
        version: what the state was read beside (:mod:`hongyan.store.claims`).
        current_until: on the monotonic clock, how long nobody else can have changed the members.
    """

    __slots__ = (
        "closed",
        "current_until",
        "group_id",
        "joined",
        "last_id",
        "members",
        "sessions",
        "shard",
        "stamped",
        "version",
    )

    def __init__(self, group_id: int, last_id: int, joined: dict[int, int], members: tuple[int, ...]) -> None:
        self.group_id = group_id
        self.shard = group_id % SHARDS
        self.last_id = last_id
        self.joined = joined
        self.members = members
        self.sessions: dict[int, int] = {}
        self.closed: set[int] = set()
        self.stamped = 0
        self.version = 0
        self.current_until = inf


State = SingleState | GroupState


class Conversations:
    """The states in use, least recently used first.

    Args:
        limit: how many stay in memory; the rest is read again when it is needed.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._states: OrderedDict[int, State] = OrderedDict()
        self._used: dict[int, State] = {}

    def begin(self) -> None:
        """A new transaction: what the last one used is settled, and the oldest states may go."""
        self._used.clear()
        while len(self._states) > self._limit:
            self._states.popitem(last=False)

    def discard(self) -> None:
        """The transaction was rolled back: drop every state it used."""
        for key in self._used:
            self._states.pop(key, None)
        self._used.clear()

    def get(self, key: int) -> State | None:
        """The state of a conversation, if it is in memory."""
        state = self._used.get(key)
        if state is None:
            state = self._states.get(key)
            if state is not None:
                self._states.move_to_end(key)
                self._used[key] = state
        return state

    def add(self, key: int, state: State) -> None:
        """Keep a state that was just read from the database."""
        self._states[key] = self._used[key] = state

    def forget_pair(self, one: int, other: int) -> None:
        """Something about two users' conversation was changed past this cache."""
        self.forget(pair_key(one, other))

    def forget_group(self, group_id: int) -> None:
        """Something about a group was changed past this cache."""
        self.forget(group_id)

    def forget(self, key: int) -> None:
        """Something about a conversation was changed past this cache."""
        self._states.pop(key, None)
        self._used.pop(key, None)

    def clear(self) -> None:
        """Anything may have been changed past this cache."""
        self._states.clear()
        self._used.clear()

    def members(self, group_id: int) -> tuple[int, ...] | None:
        """A group's members by decimal string, if known; safe to call from any thread."""
        state = self._states.get(group_id)
        if not isinstance(state, GroupState) or state.current_until < monotonic():
            return None
        return state.members

    def __len__(self) -> int:
        return len(self._states)
