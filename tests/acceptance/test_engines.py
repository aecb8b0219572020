"""Two db_proxies on the originals' own file, one MariaDB and one Redis: everything fails under load."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from redis import Redis as RedisClient

from servers.databases import MariaDb, Redis
from servers.teamtalk import dbproxy_conf, make_teamtalk

from .client import GROUP, GROUP_TEXT, PASSWORD, SINGLE, User, eventually, md5
from .people import People
from .suite import Cluster
from .talking import Talker, talking
from .test_original_files import ConfCluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

BOTH_TWICE = """\
DBServerIP1=127.0.0.1
DBServerPort1={db_proxy}
DBServerIP2=127.0.0.1
DBServerPort2={db_proxy2}
DBServerIP3=127.0.0.1
DBServerPort3={db_proxy}
DBServerIP4=127.0.0.1
DBServerPort4={db_proxy2}
"""
"""Logins have the first half of the list and messages the other; both db_proxies are to serve both."""


class EngineCluster(ConfCluster):
    """Every server on its original's file; two msg_servers, two db_proxies."""

    ROLES = ("db_proxy", "db_proxy2", "route", "login", "msg", "msg2")
    PORTS = (*Cluster.PORTS, "db_proxy2")

    def __init__(self, folder: Path, mariadb: MariaDb, redis: Redis) -> None:
        self.mariadb, self.redis = mariadb, redis
        super().__init__(folder)

    def _config(self, role: str) -> Path:
        if not role.startswith("db_proxy"):
            file = super()._config(role)
            if role.startswith("msg"):
                # The first of two equal keys counts.
                file.write_text(BOTH_TWICE.format(**self.ports) + file.read_text())
            return file
        file = self.folder / f"{role}.conf"
        file.write_text(dbproxy_conf(self.mariadb, self.redis, self.ports[role]))
        return file

    def admin(self, *arguments: str) -> str:
        return super().admin(*arguments, config="db_proxy.conf")


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[MariaDb, Redis]]:
    """Servers of this module's own, to be restarted."""
    with MariaDb() as mariadb, Redis() as redis:
        make_teamtalk(mariadb)
        fill(mariadb, redis)
        yield mariadb, redis


@pytest.fixture(scope="module")
def place(
    engines: tuple[MariaDb, Redis], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineCluster]:
    cluster = EngineCluster(tmp_path_factory.mktemp("engines"), *engines)
    try:
        cluster.start("db_proxy", "db_proxy2", "route", "login")
        cluster.start("msg", "msg2")  # later, for they would try again after four seconds
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
async def people(place: EngineCluster) -> AsyncIterator[People]:
    people = People(place)
    for server in (place.msg, place.msg2):
        await people.welcome_at(server, 30)
    yield people
    await people.close()


async def talkers_in(people: People, place: EngineCluster) -> list[Talker]:
    """Three pairs, one of them writing both ways, and two members of a group on two msg_servers."""
    users = [await people.user() for _ in range(7)]
    pairs = [(0, 1), (1, 0), (2, 3), (4, 5)]
    servers = (place.msg, place.msg2)
    talkers = [
        Talker(users[sender], servers[sender % 2], users[receiver].user_id) for sender, receiver in pairs
    ]
    speaker = await people.online(users[6])
    group = (await speaker.create_group(users[5].user_id)).group_id
    await speaker.close()
    talkers += [Talker(users[at], servers[at % 2], group, GROUP_TEXT) for at in (5, 6)]
    return talkers


async def history_of(people: People, talker: Talker) -> dict[bytes, int]:
    """What a talker reads of his conversation; numbers rise by one from 1, and no text is there twice."""
    reader = await people.online(talker.user, server=talker.server)
    kind = GROUP if talker.kind == GROUP_TEXT else SINGLE
    messages = await reader.whole_history(talker.to, kind)
    await reader.close()
    assert [message.msg_id for message in messages] == list(range(1, len(messages) + 1))
    found = {message.msg_data: message.msg_id for message in messages}
    assert len(found) == len(messages)
    return found


async def test_what_was_acknowledged_is_there_once_and_in_order_whatever_fails(
    people: People, place: EngineCluster
) -> None:
    talkers = await talkers_in(people, place)
    async with talking(talkers) as crowd:
        await crowd.go_on()
        place.redis.wipe()
        await crowd.go_on()
        await asyncio.to_thread(place.mariadb.stop)
        await asyncio.to_thread(place.mariadb.start)
        await crowd.go_on()
        place.servers["db_proxy2"].kill()
        await crowd.go_on()
        place.servers["db_proxy2"].launch()
        await crowd.go_on()
        await asyncio.to_thread(place.mariadb.kill)
        await asyncio.to_thread(place.mariadb.start)
        await crowd.go_on()
        place.servers["db_proxy"].kill()
        await crowd.go_on()
    place.start("db_proxy")
    for talker in talkers:
        history = await history_of(people, talker)
        assert talker.acked.items() <= history.items()
        others = {text for other in talkers if talker is not other for text in other.acked}
        assert set(history) - others == set(talker.acked)
    await eventually(lambda: _redis_is_in_step(place), bool, "Redis in step", 30)


async def _redis_is_in_step(place: EngineCluster) -> bool:
    """An original would go on with the numbers where they are."""
    rows = await asyncio.to_thread(place.mariadb.ask, _NEWEST)
    with RedisClient(port=place.redis.port, db=1, decode_responses=True) as redis:
        return all(redis.get(key) == number for key, number in rows)


_SHARDS = [("msg_id_", "relateId", f"IMMessage_{shard}") for shard in range(8)]
_SHARDS += [("group_msg_id_", "groupId", f"IMGroupMessage_{shard}") for shard in range(8)]
_NEWEST = " UNION ".join(
    f"SELECT CONCAT('{key}', {owner}), MAX(msgId) FROM teamtalk.{table} GROUP BY 1"  # noqa: S608 - of constants
    for key, owner, table in _SHARDS
)


async def test_what_originals_have_filled_goes_on(people: People, place: EngineCluster) -> None:
    """Passwords, history, unread counts, members and numbers; originals could go on with what we write."""
    gander, goose = await people.online(User("gander")), await people.online(User("goose"))
    assert [message.msg_data for message in await gander.history(2)] == [b"two", b"one"]
    assert (await gander.unread())[2, SINGLE].unread_cnt == 1
    assert (await gander.unread())[1, GROUP].unread_cnt == 1
    assert (await gander.say(2, b"three")).msg_id == 3
    await goose.hears(b"three")
    assert (await goose.say_to_group(1, b"flock")).msg_id == 2
    await gander.hears(b"flock")
    query = (
        "SELECT fromId, toId, msgId, content, type FROM teamtalk.IMMessage_1 WHERE relateId = 1 AND msgId = 3"
    )
    row = await asyncio.to_thread(place.mariadb.ask, query)
    assert row == [("1", "2", "3", "three", "1")]
    hashes = await asyncio.to_thread(place.mariadb.ask, "SELECT password FROM teamtalk.IMUser WHERE id < 3")
    assert hashes == [(legacy("salt"),), (legacy("salt"),)]
    with RedisClient(port=place.redis.port, db=1, decode_responses=True) as redis:
        assert redis.get("msg_id_1") == "3"
        assert redis.hgetall("unread_2") == {"1": "1"}
        assert redis.hgetall("1_im_group_msg") == {"count": "2"}
        assert redis.hgetall("2_1_im_user_group") == {"count": "2"}


def legacy(salt: str) -> str:
    return md5(md5(PASSWORD) + salt)


def fill(mariadb: MariaDb, redis: Redis) -> None:
    """Two users, a conversation and a group, as an original db_proxy_server writes them."""
    user = "INSERT INTO IMUser (id, name, nick, password, salt, departId, created, updated)"
    mariadb.sql(
        "USE teamtalk",
        f"{user} VALUES (1, 'gander', 'Gander', '{legacy('salt')}', 'salt', 0, 100, 100)",
        f"{user} VALUES (2, 'goose', 'Goose', '{legacy('salt')}', 'salt', 0, 100, 100)",
        "INSERT INTO IMRelationShip (smallId, bigId, created, updated) VALUES (1, 2, 100, 100)",
        "INSERT INTO IMRecentSession (userId, peerId, type, created, updated)"
        " VALUES (1, 2, 1, 100, 100), (2, 1, 1, 100, 100), (1, 1, 2, 100, 100)",
        "INSERT INTO IMMessage_1 (relateId, fromId, toId, msgId, content, created, updated)"
        " VALUES (1, 1, 2, 1, 'one', 100, 100), (1, 2, 1, 2, 'two', 101, 101)",
        "INSERT INTO IMGroup (name, creator, status, userCnt, created) VALUES ('geese', 1, 0, 4, 100)",
        "INSERT INTO IMGroupMember (groupId, userId, status, created, updated)"
        " VALUES (1, 1, 0, 100, 100), (1, 2, 0, 100, 100)",
        "INSERT INTO IMGroupMessage_1 (groupId, userId, msgId, content, type, created, updated)"
        " VALUES (1, 2, 1, 'honk', 17, 102, 102)",
    )
    with RedisClient(port=redis.port, db=1) as unread:
        unread.mset({"msg_id_1": 2, "group_msg_id_1": 1})
        unread.hset("unread_1", "2", "1")
        unread.hset("1_im_group_msg", "count", "1")
        unread.hset("2_1_im_user_group", "count", "1")
    with RedisClient(port=redis.port, db=5) as members:
        members.hset("group_member_1", mapping={"1": "100", "2": "100"})
