"""What original servers must find in Redis after each of our changes (spec/storage.md 3.7, 4.2)."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from hongyan.store.entries import Entry, ReadMark, SessionType
from hongyan.store.redis_shared import RedisWork, redis_of

# A user has read a group as far as it goes: his counter becomes the group's.
_READ_GROUP: Final = (
    "EVAL",
    "local n = redis.call('HGET', KEYS[1], 'count') if n then redis.call('HSET', KEYS[2], 'count', n) end",
    2,
)

# Who shall read, who has written, how often; all in one text, since a command for each of them would
# cost the driver more than the rest of the transaction.
_COUNT_SINGLES: Final = """
for reader, writer, count in string.gmatch(ARGV[1], '(%d+) (%d+) (%d+);') do
  redis.call('HINCRBY', 'unread_' .. reader, writer, count)
end
"""


def group_counter(group_id: int) -> str:
    """The key that counts a group's messages."""
    return f"{group_id}_im_group_msg"


def user_counter(user_id: int, group_id: int) -> str:
    """The key that counts those of them that a user has read."""
    return f"{user_id}_{group_id}_im_user_group"


def note_entries(work: RedisWork, entries: Iterable[Entry]) -> None:
    """Count stored messages for those who have not read them, and take off what was read."""
    singles: Counter[tuple[int, int]] = Counter()  # what one has written to another since a mark
    for message in entries:
        if isinstance(message, ReadMark):
            _count_singles(work, singles)
            note_read(work, *message)
        elif message.error is not None or message.duplicate:
            continue
        elif message.session_type == SessionType.GROUP:
            work.tell("unread", "HINCRBY", group_counter(message.peer), "count", 1)
            _read_group(work, message.sender, message.peer)
        else:
            singles[message.peer, message.sender] += 1
    _count_singles(work, singles)


def _count_singles(work: RedisWork, singles: Counter[tuple[int, int]]) -> None:
    if singles:
        told = "".join([f"{reader} {writer} {count};" for (reader, writer), count in singles.items()])
        work.tell("unread", "EVAL", _COUNT_SINGLES, 0, told)
        singles.clear()


def note_read(work: RedisWork, user_id: int, session_type: int, peer_id: int) -> None:
    """A user has read a conversation."""
    if session_type == SessionType.GROUP:
        _read_group(work, user_id, peer_id)
    else:
        work.tell("unread", "HDEL", f"unread_{user_id}", peer_id)


def tell_read(connection: Connection, user_id: int, session_type: int, peer_id: int) -> None:
    """The same, from within a change."""
    if work := redis_of(connection):
        note_read(work, user_id, session_type, peer_id)


def tell_joined(connection: Connection, group_id: int, user_ids: Iterable[int], now: int) -> None:
    """Users came into a group; what was written before counts as read."""
    if work := redis_of(connection):
        for user_id in user_ids:
            work.tell("group_member", "HSET", f"group_member_{group_id}", user_id, now)
            _read_group(work, user_id, group_id)


def tell_left(connection: Connection, group_id: int, user_ids: Iterable[int]) -> None:
    """Users left a group."""
    if work := redis_of(connection):
        for user_id in user_ids:
            work.tell("group_member", "HDEL", f"group_member_{group_id}", user_id)
            _read_group(work, user_id, group_id)


def tell_shield(connection: Connection, group_id: int, user_id: int, shield: int) -> None:
    """A member's push setting for a group."""
    if work := redis_of(connection):
        work.tell("group_set", "HSET", f"group_set_{group_id}", f"{user_id}_1", shield)


def tell_token(
    connection: Connection, user_id: int, platform: str, token: str, replaced: Iterable[tuple[int, str]]
) -> None:
    """The token of a user's phone; whoever had it, or what he had, is void."""
    work = redis_of(connection)
    if work is None:
        return
    for owner, old in replaced:
        work.tell("token", "SET", f"device_{owner}", "")
        work.tell("token", "SET", f"device_{old}", "")
    work.tell("token", "SET", f"device_{user_id}", f"{platform}:{token}" if platform and token else token)
    if token:
        work.tell("token", "SET", f"device_{token}", user_id)


def _read_group(work: RedisWork, user_id: int, group_id: int) -> None:
    work.tell("unread", *_READ_GROUP, group_counter(group_id), user_counter(user_id, group_id))
