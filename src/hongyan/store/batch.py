"""Numbers a run of messages and writes it in few statements.

The loops here run once per message while every other message of the suite waits for the
interpreter lock, so they touch plain tuples, lists and dicts and nothing else.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import bulk
from hongyan.store.claims import Claim, claim, is_shared, note_numbers, renew
from hongyan.store.conversations import Conversations, GroupState, SingleState, State
from hongyan.store.cursors import latest_id, write_cursors
from hongyan.store.driver import together
from hongyan.store.entries import (
    GROUP_TYPES,
    MAX_CLIENT_MSG_ID_CHARS,
    MAX_CONTENT_CHARS,
    SINGLE_TYPES,
    Entry,
    PendingMessage,
    ReadMark,
    SessionType,
    conversation_key,
    pair_key,
)
from hongyan.store.loading import add_sessions, load_group, load_pairs, read_group_sessions, revive
from hongyan.store.redis_mirror import note_entries
from hongyan.store.redis_numbers import Wanted
from hongyan.store.redis_shared import redis_of
from hongyan.store.repeats import COLUMNS as CLIENT_COLUMNS
from hongyan.store.repeats import ClientKey, First, answer_repeat, is_stray, stored_before
from hongyan.store.schema import CLIENT_MESSAGE
from hongyan.store.teamtalk import GROUP, GROUP_MESSAGES, SESSION, SHARDS, SINGLE_MESSAGES

_SINGLE_COLUMNS = (
    "relateId",
    "fromId",
    "toId",
    "msgId",
    "content",
    "type",
    "status",
    "updated",
    "created",
)
_GROUP_COLUMNS = (
    "groupId",
    "userId",
    "msgId",
    "content",
    "type",
    "status",
    "updated",
    "created",
)
_FIRST_PAIR = 1 << 32


def store_run(
    connection: Connection, conversations: Conversations, entries: Sequence[Entry], now: int
) -> None:
    """Store messages and read marks in their order; each message learns its outcome.

    Args:
        connection: inside the transaction.
        conversations: the states, which run ahead of the transaction.
        entries: what to store.
        now: Unix seconds for what is stamped with the time of storing.
    """
    accepted = _accepted(entries)
    run = _Run(connection, conversations, now)
    run.load(accepted)
    run.recognise([entry for _, entry in accepted if type(entry) is not ReadMark])
    redis = redis_of(connection)
    if redis is not None:
        redis.take_numbers(connection, run.wanted(accepted))
    for key, entry in accepted:
        if type(entry) is ReadMark:
            run.mark(key, entry)
        else:
            run.take(key, entry)
    run.write()
    if redis is not None:
        note_entries(redis, (entry for _, entry in accepted))


def _accepted(entries: Sequence[Entry]) -> list[tuple[int, Entry]]:
    """The entries that may be stored, each with its conversation's key; the others are refused."""
    accepted: list[tuple[int, Entry]] = []
    for entry in entries:
        if type(entry) is ReadMark:
            accepted.append((conversation_key(*entry), entry))
            continue
        entry.error = _refusal(entry)
        if entry.error is None:
            grouped = entry.msg_type in GROUP_TYPES
            key = entry.peer if grouped else pair_key(entry.sender, entry.peer)
            accepted.append((key, entry))
    return accepted


def _refusal(entry: PendingMessage) -> RefusedError | None:
    if not (0 < entry.sender < _FIRST_PAIR and 0 < entry.peer < _FIRST_PAIR):
        return RefusedError(ErrorCode.NOT_ALLOWED, "there is no user or group with this id")
    if entry.msg_type in SINGLE_TYPES:
        if entry.sender == entry.peer:
            return RefusedError(ErrorCode.NOT_ALLOWED, "nobody can write to himself")
    elif entry.msg_type not in GROUP_TYPES:
        return RefusedError(ErrorCode.MALFORMED, "unknown type of message")
    if len(entry.content) > MAX_CONTENT_CHARS:
        text = f"a message has at most {MAX_CONTENT_CHARS} characters"
        return RefusedError(ErrorCode.TOO_LARGE, text)
    if len(entry.client_msg_id) > MAX_CLIENT_MSG_ID_CHARS:
        text = f"a client message id has at most {MAX_CLIENT_MSG_ID_CHARS} characters"
        return RefusedError(ErrorCode.TOO_LARGE, text)
    return None


class _Run:
    """Messages between two other changes of one transaction: numbered first, then written."""

    def __init__(self, connection: Connection, conversations: Conversations, now: int) -> None:
        self._connection = connection
        self._conversations = conversations
        self._now = now
        self._states: dict[int, State | None] = {}
        self._claims: dict[int, Claim] = {}
        self._known: dict[ClientKey, First] = {}
        self._singles: list[list[int | str]] = [[] for _ in range(SHARDS)]
        self._groups: list[list[int | str]] = [[] for _ in range(SHARDS)]
        self._client_ids: list[int | str] = []
        self._cursors: dict[tuple[int, int, int], int] = {}
        self._sessions: list[int] = []
        self._reopened: list[int] = []
        self._chatted: list[int] = []

    def load(self, accepted: Sequence[tuple[int, Entry]]) -> None:
        """Bring every conversation that is written to into memory."""
        get = self._conversations.get
        if is_shared(self._connection):
            self._claim(accepted)
        self._states = states = {key: get(key) for key in {key for key, _ in accepted}}
        if None in states.values():
            self._load_cold(self._cold(accepted))

    def _claim(self, accepted: Sequence[tuple[int, Entry]]) -> None:
        """Keep other writers from these conversations; a mark alone needs that only for what is known."""
        get = self._conversations.get
        keys = {key for key, entry in accepted if type(entry) is not ReadMark or get(key) is not None}
        self._claims = claim(self._connection, self._conversations, keys)

    def _cold(self, accepted: Sequence[tuple[int, Entry]]) -> set[int]:
        """The conversations to load; one that gets nothing but refused messages is not begun by them."""
        messages = [
            (key, entry) for key, entry in accepted if type(entry) is not ReadMark and not self._states[key]
        ]
        known = stored_before(self._connection, [entry for _, entry in messages])
        return {key for key, entry in messages if not is_stray(entry, known)}

    def _load_cold(self, keys: set[int]) -> None:
        pairs = [key for key in keys if key >= _FIRST_PAIR]
        loaded: dict[int, State | None] = dict(load_pairs(self._connection, pairs, self._now))
        for key in keys.difference(pairs):
            loaded[key] = load_group(self._connection, key)
        renew(loaded, self._claims)
        self._states |= loaded
        for key, state in loaded.items():
            if state is not None:
                self._conversations.add(key, state)

    def recognise(self, messages: Sequence[PendingMessage]) -> None:
        """Find out which of the messages were stored by earlier transactions."""
        self._known = stored_before(self._connection, messages)

    def wanted(self, accepted: Sequence[tuple[int, Entry]]) -> list[Wanted]:
        """How many numbers ``take`` will give in each conversation."""
        counts: dict[int, int] = {}
        seen = set(self._known)
        for key, entry in accepted:
            state = self._states[key]
            if type(entry) is ReadMark or state is None:
                continue
            if isinstance(state, GroupState) and entry.sender not in state.joined:
                continue
            client_key = (entry.sender, entry.client_msg_id)
            if not entry.client_msg_id or client_key not in seen:
                counts[key] = counts.get(key, 0) + 1
                seen.add(client_key)
        return [Wanted(state, counts[key]) for key, state in self._states.items() if state and key in counts]

    def take(self, key: int, entry: PendingMessage) -> None:
        """Number a message and lay out its rows."""
        if not entry.client_msg_id:
            self._number(key, entry)
            return
        client_key = (entry.sender, entry.client_msg_id)
        first = self._known.get(client_key)
        if first is not None:
            answer_repeat(entry, first)
            return
        self._number(key, entry)
        if entry.error is None:
            self._known[client_key] = entry
            place = (entry.session_type, entry.peer, entry.msg_id)
            self._client_ids += (*client_key, *place, self._now)

    def mark(self, key: int, mark: ReadMark) -> None:
        """Move a user's cursor to the newest message so far."""
        state = self._states[key]
        if state is None:
            newest = latest_id(self._connection, *mark)
        elif isinstance(state, GroupState) and mark.user_id not in state.joined:
            return
        else:
            newest = state.last_id
        if newest:
            self._cursors[mark] = newest

    def write(self) -> None:
        """Write everything that was laid out."""
        with together(self._connection):
            self._write()

    def _write(self) -> None:
        connection, now = self._connection, self._now
        for table, rows in zip(SINGLE_MESSAGES, self._singles, strict=True):
            bulk.insert_rows(connection, table, _SINGLE_COLUMNS, rows)
        for table, rows in zip(GROUP_MESSAGES, self._groups, strict=True):
            bulk.insert_rows(connection, table, _GROUP_COLUMNS, rows)
        bulk.insert_rows(connection, CLIENT_MESSAGE, CLIENT_COLUMNS, self._client_ids)
        revive(connection, SESSION, self._reopened, now)
        bulk.stamp_rows(connection, SESSION, "updated", now, self._sessions)
        bulk.stamp_rows(connection, GROUP, "lastChated", now, self._chatted)
        write_cursors(connection, self._cursors)
        note_numbers(connection, self._states, self._claims)

    def _number(self, key: int, entry: PendingMessage) -> None:
        state = self._states[key]
        if type(state) is SingleState:
            self._number_single(state, entry)
        elif type(state) is GroupState:
            self._number_group(state, entry)
        else:
            entry.error = RefusedError(ErrorCode.NOT_FOUND, "there is no such group")

    def _number_single(self, state: SingleState, entry: PendingMessage) -> None:
        entry.msg_id = state.last_id = msg_id = state.last_id + 1
        if state.stamped < self._now:
            state.stamped = self._now
            self._sessions += state.sessions
        time = entry.create_time
        self._singles[state.shard] += (
            state.relation,
            entry.sender,
            entry.peer,
            msg_id,
            entry.content,
            entry.msg_type,
            0,
            time,
            time,
        )

    def _number_group(self, state: GroupState, entry: PendingMessage) -> None:
        sender = entry.sender
        if sender not in state.joined:
            entry.error = RefusedError(ErrorCode.NOT_ALLOWED, "only members write to a group")
            return
        if state.stamped < self._now:
            self._stamp_group(state)
        if sender in state.closed:
            state.closed.discard(sender)
            self._reopened.append(state.sessions[sender])
        entry.msg_id = state.last_id = msg_id = state.last_id + 1
        entry.members = state.members
        self._cursors[sender, SessionType.GROUP, state.group_id] = msg_id
        time = entry.create_time
        self._groups[state.shard] += (
            state.group_id,
            sender,
            msg_id,
            entry.content,
            entry.msg_type,
            0,
            time,
            time,
        )

    def _stamp_group(self, state: GroupState) -> None:
        """Once a second: every member's session shows that the group is alive.

        A member without a session row gets one; one who has removed it is left in peace until he
        writes himself (spec/flows.md, 4.6).
        """
        state.stamped = self._now
        missing = state.joined.keys() - state.sessions.keys()
        if missing:
            owners = [(user, state.group_id, SessionType.GROUP) for user in sorted(missing)]
            add_sessions(self._connection, owners, self._now)
            read_group_sessions(self._connection, state)
        self._sessions += state.sessions.values()
        self._chatted.append(state.group_id)
