"""Command line tools on a database and a Redis that original servers work with."""

from hashlib import md5
from pathlib import Path

import pytest
from redis import Redis as RedisClient

from servers.databases import MariaDb, Redis
from servers.teamtalk import dbproxy_conf, make_teamtalk

from .conftest import Cli


def md5_of(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def conf(mariadb: MariaDb, redis: Redis, tmp_path: Path) -> str:
    """The originals' file."""
    redis.wipe()
    make_teamtalk(mariadb)
    file = tmp_path / "dbproxyserver.conf"
    file.write_text(dbproxy_conf(mariadb, redis, 10600))
    return str(file)


def stored(mariadb: MariaDb, name: str) -> tuple[str, str]:
    query = f"SELECT password, salt FROM teamtalk.IMUser WHERE name = '{name}'"  # noqa: S608 - a test's own
    ((password, salt),) = mariadb.ask(query)
    return password, salt


def test_originals_can_check_the_passwords_of_new_users(cli: Cli, conf: str, mariadb: MariaDb) -> None:
    assert cli("user", "add", "anna", "--password", "first", "--config", conf).code == 0
    password, salt = stored(mariadb, "anna")
    assert len(salt) == 4
    assert password == md5_of(md5_of("first") + salt)
    assert cli("user", "passwd", "anna", "--password", "second", "--config", conf).code == 0
    password, salt = stored(mariadb, "anna")
    assert password == md5_of(md5_of("second") + salt)


def test_an_import_is_for_originals_too(cli: Cli, conf: str, mariadb: MariaDb, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,password\nbob,pw\n")
    assert cli("user", "import", "people.csv", "--config", conf).code == 0
    password, salt = stored(mariadb, "bob")
    assert password == md5_of(md5_of("pw") + salt)


def test_a_new_group_is_one_for_originals(cli: Cli, conf: str, redis: Redis) -> None:
    cli("user", "add", "geese", "--count", "2", "--password", "pw", "--config", conf)
    made = cli("group", "create", "flock", "--members", "geese1,geese2", "--config", conf)
    assert made.out == "created flock with id 1\n"
    with RedisClient(port=redis.port, db=5, decode_responses=True) as members:
        assert set(members.hgetall("group_member_1")) == {"1", "2"}


def test_without_redis_the_change_is_made_and_the_lack_is_told(cli: Cli, conf: str, redis: Redis) -> None:
    cli("user", "add", "geese", "--count", "2", "--password", "pw", "--config", conf)
    redis.stop()
    try:
        made = cli("group", "create", "flock", "--members", "geese1,geese2", "--config", conf)
    finally:
        redis.start()
    assert (made.code, made.out.splitlines()[-1]) == (0, "created flock with id 1")
    assert "Redis is behind the database" in made.out + made.err
