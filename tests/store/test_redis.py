"""A Redis that original db_proxies use too: numbers, counters, members, and what a wipe does to them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis as Client

from hongyan.config import RedisConfig
from hongyan.errors import BackendError
from hongyan.store import accounts, membership, open_database, sessions, tokens, unread
from hongyan.store.accounts import NewUser
from hongyan.store.opening import open_redis
from hongyan.store.redis_reading import corrected_shields, corrected_targets, corrected_unread
from hongyan.store.redis_rebuild import rebuild
from servers.databases import Redis

from .writing import NOW, Writer, grouped, running, single

pytestmark = pytest.mark.parametrize("engine", ["mariadb"], indirect=True)
on_one_loop = pytest_asyncio.fixture(loop_scope="session")


class Original:
    """What an original db_proxy does in Redis."""

    def __init__(self, url: str) -> None:
        self.pools = {n: Client.from_url(url, db=n, decode_responses=True) for n in (1, 2, 4, 5)}

    def __getitem__(self, number: int) -> Any:
        return self.pools[number]

    async def number(self, key: str) -> int:
        return int(await self.pools[1].incrby(key, 1))

    async def close(self) -> None:
        for client in self.pools.values():
            await client.aclose()


@on_one_loop
async def original(redis: Redis) -> AsyncIterator[Original]:
    redis.wipe()
    made = Original(redis.url)
    yield made
    await made.close()


@on_one_loop
async def writer(company: Writer, redis: Redis, original: Original) -> AsyncIterator[Writer]:
    """A journal that shares the Redis; its database holds the recorded company."""
    shared = open_redis(RedisConfig(url=redis.url))
    async with running(company.database, redis=shared) as made:
        await fill(made)
        yield made
    await shared.close()


async def fill(writer: Writer) -> None:
    writer.redis.complete = True
    await writer.journal.submit(rebuild)
    assert await writer.redis.is_complete()


async def relation(writer: Writer) -> str:
    (key,) = [key for key in await keys(writer) if key.startswith("msg_id_")]
    return key


async def keys(writer: Writer) -> list[str]:
    ((found,),) = [await writer.redis._pools.ask("unread", [("KEYS", "*")])]
    return found


async def test_ours_and_the_originals_number_together(writer: Writer, original: Original) -> None:
    assert (await writer.text(1, 2)).msg_id == 1
    key = await relation(writer)
    assert await original.number(key) == 2
    assert [m.msg_id for m in await writer.send(single(1, 2), single(2, 1))] == [3, 4]
    assert await original.number(key) == 5
    assert (await writer.group_text(1, 1)).msg_id == 1
    assert await original.number("group_msg_id_1") == 2
    assert (await writer.group_text(2, 1)).msg_id == 3


async def test_numbers_of_a_failed_transaction_are_given_again(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await writer.text(1, 2)
    write = writer.database.write

    async def fail(work: Any, *arguments: Any) -> None:
        def failing(connection: Any) -> None:
            work(connection, *arguments)
            raise BackendError("the disk is full")

        await write(failing)

    with monkeypatch.context() as patched:
        patched.setattr(writer.database, "write", fail)
        lost = await writer.send(single(1, 2), single(1, 2))
        assert [message.msg_id for message in lost] == [0, 0]
    sent = await writer.send(single(1, 2), single(1, 2, "half \ud83d"), single(1, 2))
    assert [message.msg_id for message in sent] == [2, 0, 3]


async def test_repeats_and_refusals_use_up_no_number(writer: Writer) -> None:
    sent = await writer.send(
        single(1, 2, client_msg_id="a"), single(1, 2, client_msg_id="a"), grouped(5, 1), grouped(1, 1)
    )
    assert [message.msg_id for message in sent] == [1, 1, 0, 1]
    assert (await writer.text(1, 2)).msg_id == 2
    assert (await writer.group_text(1, 1)).msg_id == 2


@pytest.mark.parametrize("how", ["wipe", "restart"])
async def test_after_a_wipe_numbers_go_on(writer: Writer, redis: Redis, how: str) -> None:
    await writer.send(single(1, 2), single(1, 2), grouped(1, 1))
    if how == "wipe":
        redis.wipe()
    else:
        redis.kill()
        redis.start()
    assert (await writer.text(1, 2)).msg_id == 3
    assert (await writer.group_text(1, 1)).msg_id == 2


async def test_a_number_that_an_original_gave_after_a_wipe_is_passed(
    writer: Writer, original: Original, redis: Redis
) -> None:
    await writer.send(*(single(1, 2) for _ in range(5)))
    key = await relation(writer)
    redis.wipe()
    assert await original.number(key) == 1
    assert (await writer.text(1, 2)).msg_id == 6
    assert await original.number(key) == 7


async def test_without_redis_nothing_is_acknowledged(writer: Writer, redis: Redis) -> None:
    await writer.text(1, 2)
    redis.kill()
    lost = await writer.text(1, 2)
    assert isinstance(lost.error, BackendError)
    assert lost.msg_id == 0
    redis.start()
    assert (await writer.text(1, 2)).msg_id == 2


async def test_unread_counters_follow_messages_and_marks(writer: Writer, original: Original) -> None:
    await writer.send(single(1, 2), single(1, 2), single(3, 2), grouped(1, 1), grouped(2, 1))
    assert await original[1].hgetall("unread_2") == {"1": "2", "3": "1"}
    assert await original[1].hget("1_im_group_msg", "count") == "2"
    assert await original[1].hget("2_1_im_user_group", "count") == "2"
    assert await original[1].hget("1_1_im_user_group", "count") == "1"
    writer.journal.mark_read(2, 1, 1)
    writer.journal.mark_read(1, 2, 1)
    await writer.journal.settled()
    assert await original[1].hgetall("unread_2") == {"3": "1"}
    assert await original[1].hget("1_1_im_user_group", "count") == "2"
    await writer.journal.submit(sessions.remove, writer.conversations, 2, 1, 3, NOW)
    assert await original[1].hgetall("unread_2") == {}


async def test_what_was_read_through_an_original_counts_as_read(writer: Writer, original: Original) -> None:
    await writer.send(single(1, 2), single(3, 2), grouped(1, 1))
    await original[1].hdel("unread_2", "1")
    await original[1].hset("2_1_im_user_group", "count", "1")
    rows = await writer.database.read(unread.unread, 2)
    assert len(rows) == 3
    assert [row.peer_id for row in await corrected_unread(writer.redis, 2, rows)] == [3]


async def test_groups_are_kept_in_step(writer: Writer, original: Original) -> None:
    create = {"name": "g", "group_type": 1, "member_ids": [1, 2], "by": 1, "now": NOW}
    group = await writer.journal.submit(membership.create, **create)
    key = f"group_member_{group}"
    assert await original[5].hgetall(key) == {"1": str(NOW), "2": str(NOW)}
    change = (writer.conversations, group)
    await writer.journal.submit(membership.add_members, *change, [3], by=1, now=NOW)
    await writer.journal.submit(membership.remove_members, *change, [2], by=1, now=NOW)
    assert sorted(await original[5].hgetall(key)) == ["1", "3"]
    await writer.journal.submit(membership.set_shield, group, 3, 1)
    assert await original[2].hgetall(f"group_set_{group}") == {"3_1": "1"}
    await original[2].hset(f"group_set_{group}", "1_1", "1")
    assert await corrected_shields(writer.redis, group, {1: 0, 3: 0}) == {1: 1, 3: 1}


async def test_tokens_are_kept_in_step(writer: Writer, original: Original) -> None:
    await writer.journal.submit(tokens.set_token, 1, tokens.IOS, "aa")
    assert await original[4].get("device_1") == "ios:aa"
    assert await original[4].get("device_aa") == "1"
    await writer.journal.submit(tokens.set_token, 2, tokens.IOS, "aa")
    assert await original[4].get("device_1") == ""
    assert await original[4].get("device_aa") == "2"
    await original[4].set("device_3", "android:bb")
    targets = await writer.database.read(tokens.push_targets, [1, 2, 3])
    found = await corrected_targets(writer.redis, [1, 2, 3], targets)
    assert [target[:3] for target in found] == [(2, "ios", "aa"), (3, "android", "bb")]


async def test_a_wiped_redis_is_filled_again(writer: Writer, original: Original, redis: Redis) -> None:
    await writer.send(single(1, 2), single(1, 2), grouped(1, 1))
    await writer.journal.submit(tokens.set_token, 1, tokens.IOS, "aa")
    await writer.journal.submit(membership.set_shield, 1, 2, 1)
    writer.journal.mark_read(2, 2, 1)
    await writer.journal.settled()
    before = await everything(original)
    redis.wipe()
    assert not await writer.redis.is_complete()
    await fill(writer)
    assert await everything(original) == before


async def everything(original: Original) -> dict[str, object]:
    found: dict[str, object] = {}
    for number, client in original.pools.items():
        for key in await client.keys("*"):
            if key.startswith("hy_"):
                continue
            read = client.hgetall if await client.type(key) == "hash" else client.get
            found[f"{number} {key}"] = await read(key)
    return found


async def test_the_watch_fills_it_by_itself(writer: Writer, original: Original, redis: Redis) -> None:
    await writer.text(1, 2)
    redis.wipe()

    async def fill_again() -> None:
        await writer.journal.submit(rebuild)
        filled.set()

    filled = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(writer.redis.watch(fill_again))
        await asyncio.wait_for(filled.wait(), 20)
        watch.cancel()
    assert await original[1].hgetall("unread_2") == {"1": "1"}


async def test_what_originals_left_in_redis_is_taken_over_once(
    company: Writer, original: Original, redis: Redis
) -> None:
    await company.send(*(single(1, 2) for _ in range(5)), *(grouped(1, 1) for _ in range(4)))
    await original[1].hset("unread_2", "1", "2")
    await original[1].hset("1_im_group_msg", "count", "4")
    await original[1].hset("2_1_im_user_group", "count", "3")
    await original[4].set("device_2", "ios:cc")
    await original[2].hset("group_set_1", "2_1", "1")
    shared = open_redis(RedisConfig(url=redis.url))
    async with running(company.database, redis=shared) as writer:
        await fill(writer)
        rows = await company.database.read(unread.unread, 2)
        assert [(row.peer_id, row.session_type, row.unread) for row in rows] == [(1, 1, 2), (1, 2, 1)]
        assert (await company.database.read(tokens.push_targets, [2]))[0].token == "cc"
    await shared.close()


async def test_two_of_ours_and_an_original_number_without_repeats(
    writer: Writer, original: Original, redis: Redis
) -> None:
    url = writer.database._url.render_as_string(hide_password=False)
    database, shared = await open_database(url), open_redis(RedisConfig(url=redis.url))
    await writer.text(1, 2)
    key = await relation(writer)
    given: list[int] = [1]

    async def write(one: Writer) -> None:
        for _ in range(15):
            given.extend(message.msg_id for message in await one.send(single(1, 2), single(2, 1)))

    async def write_original() -> None:
        for _ in range(15):
            given.append(await original.number(key))
            await asyncio.sleep(0)

    async with running(database, redis=shared) as second:
        await asyncio.gather(write(writer), write(second), write_original())
    assert sorted(given) == list(range(1, 77))
    await shared.close()
    await database.close()


async def test_users_are_made_without_redis(writer: Writer) -> None:
    assert await writer.journal.submit(accounts.add_user, NewUser("new", "h"), NOW) > 0
