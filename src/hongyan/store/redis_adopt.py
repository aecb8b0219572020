"""Takes over what original servers kept in Redis alone: read counters, push tokens, push settings."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from hongyan.store import bulk
from hongyan.store.cursors import CursorKey, relation_id, write_cursors
from hongyan.store.entries import NO_NUMBER, SessionType
from hongyan.store.redis_mirror import group_counter, user_counter
from hongyan.store.schema import DEVICE_TOKEN, GROUP_SETTING
from hongyan.store.teamtalk import GROUP_MEMBER, GROUP_MESSAGES, SHARDS, SINGLE_MESSAGES, USER

Ask = Callable[..., Any]
"""Runs one command in a pool and returns its answer."""


def adopt(connection: Connection, ask: Ask) -> None:
    """Put what Redis holds into our tables."""
    for user_id in list(connection.execute(select(USER.c.id).order_by(USER.c.id)).scalars()):
        _unread_of(connection, user_id, ask("unread", "HGETALL", f"unread_{user_id}"))
        _token_of(connection, user_id, ask("token", "GET", f"device_{user_id}"))
    _groups(connection, ask)


def _unread_of(connection: Connection, user_id: int, counts: Mapping[str, str]) -> None:
    cursors: dict[CursorKey, int] = {}
    for peer, count in counts.items():
        relation = relation_id(connection, user_id, int(peer)) if peer.isdigit() else None
        if relation is None:
            continue
        messages = SINGLE_MESSAGES[relation % SHARDS]
        mine = (messages.c.relateId == relation, messages.c.fromId == int(peer))
        cursors[user_id, SessionType.SINGLE, int(peer)] = _cursor(connection, messages, mine, int(count))
    write_cursors(connection, cursors)


def _groups(connection: Connection, ask: Ask) -> None:
    member = GROUP_MEMBER.c
    rows = connection.execute(select(member.groupId, member.userId).where(member.status == 0)).all()
    totals: dict[int, int] = {}
    cursors: dict[CursorKey, int] = {}
    for group_id, user_id in rows:
        if group_id not in totals:
            totals[group_id] = int(ask("unread", "HGET", group_counter(group_id), "count") or 0)
            _settings_of(connection, group_id, ask("group_set", "HGETALL", f"group_set_{group_id}"))
        read = ask("unread", "HGET", user_counter(user_id, group_id), "count")
        unread = totals[group_id] - int(read or 0)
        if totals[group_id]:
            messages = GROUP_MESSAGES[group_id % SHARDS]
            mine = (messages.c.groupId == group_id,)
            cursors[user_id, SessionType.GROUP, group_id] = _cursor(connection, messages, mine, unread)
    write_cursors(connection, cursors)


def _cursor(connection: Connection, messages: Table, mine: tuple[Any, ...], unread: int) -> int:
    """The number of the newest read message when so many above it are not."""
    number = messages.c.msgId
    newest = select(number).where(*mine, messages.c.status == 0, number < NO_NUMBER).order_by(number.desc())
    found: int | None = connection.execute(newest.offset(max(0, unread)).limit(1)).scalar()
    return found or 0


def _token_of(connection: Connection, user_id: int, value: str | None) -> None:
    platform, colon, token = (value or "").partition(":")
    if not colon or not token:
        return
    connection.execute(delete(DEVICE_TOKEN).where(DEVICE_TOKEN.c.userId == user_id))
    row = {"userId": user_id, "platform": platform[:8], "token": token[:255]}
    connection.execute(insert(DEVICE_TOKEN).values(row))


def _settings_of(connection: Connection, group_id: int, settings: Mapping[str, str]) -> None:
    flat: list[int] = []
    for field, shield in settings.items():
        user, _, kind = field.partition("_")
        if user.isdigit() and kind == "1" and shield.isdigit():
            flat += (group_id, int(user), int(shield))
    columns = ("groupId", "userId", "shield")
    bulk.upsert_rows(connection, GROUP_SETTING, columns, "shield", flat)
