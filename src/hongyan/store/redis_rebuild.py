"""Makes everything in Redis again from the database, after a wipe, a restart or an outage.

The first time it goes the other way: what original servers have kept in Redis alone, who has read
how far, push tokens and push settings, comes into the database.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, case, func, insert, select
from sqlalchemy.util import await_only

from hongyan.store.entries import NO_NUMBER
from hongyan.store.redis_adopt import adopt
from hongyan.store.redis_mirror import group_counter, user_counter
from hongyan.store.redis_shared import MARK, POOLS, RedisWork, redis_of
from hongyan.store.schema import CONVERSATION, DEVICE_TOKEN, GROUP_SETTING
from hongyan.store.teamtalk import GROUP, GROUP_MEMBER, GROUP_MESSAGES, SINGLE_MESSAGES, USER
from hongyan.store.unread import count_groups, count_singles

_ADOPTED: Final = -1
"""The row of HyConversation that says that Redis was taken over; no conversation has this id."""
_USERS_AT_ONCE: Final = 500
_RAISE: Final = (
    "EVAL",
    # A counter that an original has set higher meanwhile stays.
    """
local counter = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
if counter < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
""",
    1,
)


def rebuild(connection: Connection) -> None:
    """Note everything that belongs into Redis; the journal sends it after its commit."""
    work = redis_of(connection)
    if work is None:
        raise AssertionError("there is no Redis to rebuild")
    _adopt_once(connection, work)
    _members(connection, work)
    totals = _newest(connection, work)
    _unread(connection, work, totals)
    _settings(connection, work)
    for pool in POOLS:
        work.tell(pool, "SET", MARK, 1)


def _adopt_once(connection: Connection, work: RedisWork) -> None:
    row = CONVERSATION.c
    if connection.execute(select(row.id).where(row.id == _ADOPTED)).first() is None:
        adopt(connection, lambda pool, *words: await_only(work.pools.ask(pool, [words]))[0])
        connection.execute(insert(CONVERSATION).values(id=_ADOPTED, lastId=0, version=0))


def _members(connection: Connection, work: RedisWork) -> None:
    member = GROUP_MEMBER.c
    rows = connection.execute(
        select(member.groupId, member.userId, member.updated)
        .join_from(GROUP_MEMBER, GROUP, GROUP.c.id == member.groupId)
        .where(member.status == 0, GROUP.c.status == 0)
        .order_by(member.groupId)
    )
    for group_id, joined in groupby(rows, itemgetter(0)):
        flat = [value for _, user_id, since in joined for value in (user_id, since)]
        work.tell("group_member", "DEL", f"group_member_{group_id}")
        work.tell("group_member", "HSET", f"group_member_{group_id}", *flat)


def _newest(connection: Connection, work: RedisWork) -> dict[int, int]:
    """Numbers go on where they were; return how many messages each group has."""
    for table in SINGLE_MESSAGES:
        numbered = select(table.c.relateId, func.max(table.c.msgId)).where(table.c.msgId < NO_NUMBER)
        newest = numbered.group_by(table.c.relateId)
        for relation, number in connection.execute(newest):
            work.tell("unread", *_RAISE, f"msg_id_{relation}", number)
    totals: dict[int, int] = {}
    for table in GROUP_MESSAGES:
        # An original has counted those without a number as unread, too.
        newest_id = func.max(case((table.c.msgId < NO_NUMBER, table.c.msgId), else_=0))
        columns = (table.c.groupId, newest_id, func.count())
        for group_id, number, count in connection.execute(select(*columns).group_by(table.c.groupId)):
            work.tell("unread", *_RAISE, f"group_msg_id_{group_id}", int(number))
            work.tell("unread", "HSET", group_counter(group_id), "count", count)
            totals[group_id] = count
    return totals


def _unread(connection: Connection, work: RedisWork, totals: dict[int, int]) -> None:
    for users in _all_users(connection):
        singles: dict[int, list[int]] = {}
        for user_id, peer_id, _, count in connection.execute(count_singles(users)):
            singles.setdefault(user_id, []).extend((peer_id, count))
        for user_id in users:
            work.tell("unread", "DEL", f"unread_{user_id}")
            if user_id in singles:
                work.tell("unread", "HSET", f"unread_{user_id}", *singles[user_id])
        _unread_groups(connection, work, totals, users)


def _unread_groups(
    connection: Connection, work: RedisWork, totals: dict[int, int], users: Sequence[int]
) -> None:
    member = GROUP_MEMBER.c
    unread = {(row[0], row[1]): row[3] for row in connection.execute(count_groups(users))}
    joined = select(member.userId, member.groupId).where(member.userId.in_(users), member.status == 0)
    for user_id, group_id in connection.execute(joined):
        if group_id in totals:
            read = max(0, totals[group_id] - unread.get((user_id, group_id), 0))
            if read:  # none is what the originals take for nothing, too
                work.tell("unread", "HSET", user_counter(user_id, group_id), "count", read)


def _settings(connection: Connection, work: RedisWork) -> None:
    setting, phone = GROUP_SETTING.c, DEVICE_TOKEN.c
    for group_id, user_id, shield in connection.execute(
        select(setting.groupId, setting.userId, setting.shield)
    ):
        work.tell("group_set", "HSET", f"group_set_{group_id}", f"{user_id}_1", shield)
    for user_id, platform, token in connection.execute(select(phone.userId, phone.platform, phone.token)):
        work.tell("token", "SET", f"device_{user_id}", f"{platform}:{token}")
        work.tell("token", "SET", f"device_{token}", user_id)


def _all_users(connection: Connection) -> Iterator[list[int]]:
    last = 0
    while True:
        page = select(USER.c.id).where(USER.c.id > last).order_by(USER.c.id).limit(_USERS_AT_ONCE)
        users = list(connection.execute(page).scalars())
        if not users:
            return
        yield users
        last = users[-1]
