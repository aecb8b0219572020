"""What original servers may have changed in Redis alone: read counters, push tokens, push settings.

Each function corrects what the database says, and gives it back as it is when Redis is not complete.
"""

from collections.abc import Sequence

from hongyan.store.entries import SessionType
from hongyan.store.redis_mirror import group_counter, user_counter
from hongyan.store.redis_shared import SharedRedis
from hongyan.store.tokens import ANDROID, IOS, PushTarget
from hongyan.store.unread import UnreadRow


async def corrected_unread(
    redis: SharedRedis | None, user_id: int, rows: Sequence[UnreadRow]
) -> list[UnreadRow]:
    """A user's unread conversations without what he has read through an original server."""
    groups = [row.peer_id for row in rows if row.session_type == SessionType.GROUP]
    asked: list[tuple[str, ...]] = [("HGETALL", f"unread_{user_id}")]
    asked += [("HGET", group_counter(group), "count") for group in groups]
    asked += [("HGET", user_counter(user_id, group), "count") for group in groups]
    answers = await redis.ask("unread", *asked) if redis and rows else None
    if answers is None:
        return list(rows)
    counts = {(SessionType.SINGLE, int(peer)): int(count) for peer, count in answers[0].items()}
    totals, read = answers[1 : 1 + len(groups)], answers[1 + len(groups) :]
    for group, total, seen in zip(groups, totals, read, strict=True):
        counts[SessionType.GROUP, group] = int(total or 0) - int(seen or 0)
    corrected = [
        row._replace(unread=min(row.unread, counts.get((row.session_type, row.peer_id), 0))) for row in rows
    ]
    return [row for row in corrected if row.unread > 0]


async def corrected_shields(
    redis: SharedRedis | None, group_id: int, shields: dict[int, int]
) -> dict[int, int]:
    """Members' push settings for a group, as an original server may have set them."""
    answers = await redis.ask("group_set", ("HGETALL", f"group_set_{group_id}")) if redis else None
    if answers is None:
        return shields
    return {user: int(answers[0].get(f"{user}_1", shield)) for user, shield in shields.items()}


async def corrected_targets(
    redis: SharedRedis | None, user_ids: Sequence[int], targets: Sequence[PushTarget]
) -> list[PushTarget]:
    """The phones of these users, as an original server may have noted them."""
    asked = [("GET", f"device_{user_id}") for user_id in user_ids]
    answers = await redis.ask("token", *asked) if redis and user_ids else None
    if answers is None:
        return list(targets)
    known = {target.user_id: target for target in targets}
    corrected = []
    for user_id, value in zip(user_ids, answers, strict=True):
        platform, _, token = (value or "").partition(":")
        if token and platform in (IOS, ANDROID):
            target = known.get(user_id, PushTarget(user_id, platform, token, quiet_at_night=False))
            corrected.append(target._replace(platform=platform, token=token))
    return sorted(corrected, key=lambda target: str(target.user_id))
