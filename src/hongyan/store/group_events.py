"""Changes of groups, with the events that tell webhooks of them."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from hongyan.store import group_changes, membership
from hongyan.store.conversations import Conversations
from hongyan.store.membership import MemberChange
from hongyan.store.outbox import Outbox

ChangeMembers = Callable[..., MemberChange]


def create(
    connection: Connection,
    outbox: Outbox,
    *,
    name: str,
    avatar: str = "",
    group_type: int,
    member_ids: Iterable[int],
    by: int | None,
    now: int,
) -> int:
    """Make a group as ``membership.create`` does."""
    members = sorted(set(member_ids))
    group_id = membership.create(
        connection, name=name, avatar=avatar, group_type=group_type, member_ids=members, by=by, now=now
    )
    payload = {"group_id": group_id, "name": name, "member_ids": members}
    outbox.put(connection, "group.created", members, payload, now)
    return group_id


def change_members(
    connection: Connection,
    outbox: Outbox,
    conversations: Conversations,
    group_id: int,
    user_ids: Iterable[int],
    *,
    add: bool,
    by: int | None,
    now: int,
) -> MemberChange:
    """Let users into a group or take them out, as ``membership`` does."""
    work: ChangeMembers = membership.add_members if add else membership.remove_members
    change = work(connection, conversations, group_id, user_ids, by=by, now=now)
    payload = {
        "group_id": group_id,
        "change": "added" if add else "removed",
        "user_ids": list(change.changed),
        "member_ids": list(change.current),
    }
    outbox.put(connection, "group.members", {*change.changed, *change.current}, payload, now)
    return change


def remove(
    connection: Connection, outbox: Outbox, conversations: Conversations, group_id: int, now: int
) -> MemberChange:
    """Delete a group as ``group_changes.remove`` does."""
    change = group_changes.remove(connection, conversations, group_id, now)
    payload = {"group_id": group_id, "member_ids": list(change.changed)}
    outbox.put(connection, "group.removed", change.changed, payload, now)
    return change
