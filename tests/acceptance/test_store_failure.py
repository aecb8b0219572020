"""The database takes nothing more: no ack, a reason, nobody hears it, and afterwards all is as it was."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from .client import GROUP, GROUP_TEXT, NOT_STORED, RefusedError
from .people import People
from .suite import Suite

SHARDS = 8


@contextmanager
def without_message_tables(suite: Suite) -> Iterator[None]:
    """Renames the tables that messages go to, and renames them back."""
    with closing(sqlite3.connect(suite.data / "hongyan.db", timeout=10)) as database:
        tables = [f"{kind}_{shard}" for kind in ("IMMessage", "IMGroupMessage") for shard in range(SHARDS)]
        for table in tables:
            database.execute(f"ALTER TABLE {table} RENAME TO gone_{table}")
        try:
            yield
        finally:
            for table in tables:
                database.execute(f"ALTER TABLE gone_{table} RENAME TO {table}")


async def test_what_the_database_does_not_take_is_not_acked_and_reaches_nobody(
    own_suite: Suite, own_people: People
) -> None:
    alice, bob = await own_people.online(), await own_people.online()
    group = (await alice.create_group(bob.user_id)).group_id
    await alice.say(bob.user_id, b"before")
    await alice.say_to_group(group, b"all before")
    await bob.hears(b"before")
    await bob.hears(b"all before")
    with without_message_tables(own_suite):
        for to, kind in ((bob.user_id, 1), (group, GROUP_TEXT)):
            with pytest.raises(RefusedError) as refusal:
                await alice.say(to, b"during", kind, client_msg_id=f"m-{kind}")
            assert refusal.value.code == NOT_STORED
            assert refusal.value.notice.client_msg_id == f"m-{kind}"
        assert not await bob.arrived("IMMsgData")
    assert (await alice.say(bob.user_id, b"during", client_msg_id="m-1")).msg_id == 2
    assert (await alice.say_to_group(group, b"during", client_msg_id="m-17")).msg_id == 2
    for history in (await bob.whole_history(alice.user_id), await bob.whole_history(group, GROUP)):
        assert [message.msg_id for message in history] == [1, 2]
