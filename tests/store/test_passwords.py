"""Passwords: the vectors of spec/crypto.md, section 5, and who gets in."""

import pytest
from sqlalchemy import select, update

from hongyan.store import Database, accounts, passwords
from hongyan.store.accounts import NewUser
from hongyan.store.passwords import Credentials, VerifiedPasswords, client_digest, legacy_hash
from hongyan.store.teamtalk import USER

from .writing import NOW

DIGEST = client_digest("123456")


@pytest.mark.parametrize(
    ("plain", "digest"),
    [
        ("123456", "e10adc3949ba59abbe56e057f20f883e"),
        ("12345", "827ccb0eea8a706c4c34a16891f84e7b"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("admin", "21232f297a57a5a743894a0e4a801fc3"),
        ("密码", "a8105204604a0b11e916f3879aae3b0b"),
        ("1234567890123456", "abeac07d3c28c1bef9e730002c753ed4"),
    ],
)
def test_clients_send_the_md5(plain: str, digest: str) -> None:
    assert client_digest(plain) == digest


@pytest.mark.parametrize(
    ("plain", "salt", "stored"),
    [
        ("123456", "1234", "b605e86d02eef8bfd0646f6a704c17c9"),
        ("123456", "", "14e1b600b1fd579f47433b88e8d85291"),
        ("admin", "8a1c", "3559185ff7b60c77098fc8847a0b81e3"),
    ],
)
def test_the_original_stores_a_salted_md5_of_that(plain: str, salt: str, stored: str) -> None:
    assert legacy_hash(client_digest(plain), salt) == stored
    legacy = Credentials(1, 0, "", stored, salt)
    assert passwords.verify(legacy, client_digest(plain), VerifiedPasswords())
    assert not passwords.verify(legacy, client_digest(plain + "x"), VerifiedPasswords())


@pytest.fixture(scope="module")
def slow() -> str:
    return passwords.slow_hash(DIGEST)


def test_a_slow_hash_lets_the_right_password_in(slow: str) -> None:
    user = Credentials(1, 0, slow, "", "")
    assert passwords.verify(user, DIGEST, VerifiedPasswords())
    for wrong in ("", "123456", DIGEST.upper(), client_digest("1234567"), "\ud83d"):
        assert not passwords.verify(user, wrong, VerifiedPasswords())


def test_only_active_users_get_in(slow: str) -> None:
    verified = VerifiedPasswords()
    assert passwords.verify(Credentials(1, 0, slow, "", ""), DIGEST, verified)
    assert not passwords.verify(Credentials(1, 3, slow, "", ""), DIGEST, verified)
    assert not passwords.verify(None, DIGEST, verified)
    assert not passwords.verify(Credentials(1, 0, "", "", ""), DIGEST, verified)
    assert not passwords.verify(Credentials(1, 0, "damaged", "", ""), DIGEST, verified)


def test_whoever_does_not_get_in_costs_one_slow_hash(slow: str) -> None:
    costs: list[str] = []

    def nothing_fits(stored: str, _offered: str) -> bool:
        costs.append(stored)
        return False

    legacy = legacy_hash("other", "salt")
    refused = (
        None,
        Credentials(1, 3, slow, "", ""),
        Credentials(1, 0, slow, "", ""),
        Credentials(1, 0, "", legacy, "salt"),
        Credentials(1, 0, "", "", ""),
    )
    for expected, credentials in enumerate(refused, 1):
        assert not passwords.verify(credentials, DIGEST, VerifiedPasswords(), nothing_fits)
        assert len(costs) == expected


def test_a_second_login_costs_no_slow_hash(slow: str) -> None:
    def no_hash(_stored: str, _offered: str) -> bool:
        pytest.fail("a slow hash")

    verified, user = VerifiedPasswords(), Credentials(1, 0, slow, "", "")
    assert passwords.verify(user, DIGEST, verified)
    assert passwords.verify(user, DIGEST, verified, no_hash)
    # Users who were made together share one hash, and so the memory of it.
    assert passwords.verify(user._replace(user_id=2), DIGEST, verified, no_hash)
    assert not passwords.verify(user, client_digest("wrong"), verified)
    assert not passwords.verify(user._replace(slow_hash="changed"), DIGEST, verified)


def test_the_memory_of_passwords_is_bounded_and_holds_none() -> None:
    verified = VerifiedPasswords(limit=2)
    for number in range(3):
        verified.remember(f"hash{number}", DIGEST)
    assert [verified.knows(f"hash{number}", DIGEST) for number in range(3)] == [False, True, True]
    assert DIGEST not in repr(vars(verified))


async def test_a_legacy_password_is_replaced_once_it_was_right(database: Database, slow: str) -> None:
    legacy = legacy_hash(DIGEST, "1234")

    def prepare(connection):
        accounts.add_user(connection, NewUser("u1", "unused"), NOW)
        connection.execute(update(USER).values(password=legacy, salt="1234"))

    await database.write(prepare)
    checked = await database.read(accounts.credentials, "u1")
    assert checked.legacy == legacy
    assert await database.write(accounts.replace_legacy, checked, slow, NOW)
    assert not await database.write(accounts.replace_legacy, checked, "again", NOW)
    columns = select(USER.c.password, USER.c.salt)
    assert await database.read(lambda c: tuple(c.execute(columns).one())) == ("", "")
    assert (await database.read(accounts.credentials, "u1")).slow_hash == slow


async def test_a_password_that_teamtalks_tools_set_later_counts(database: Database, slow: str) -> None:
    def prepare(connection):
        accounts.add_user(connection, NewUser("u1", slow), NOW)
        legacy = legacy_hash(client_digest("new"), "77")
        connection.execute(update(USER).values(password=legacy, salt="77"))

    await database.write(prepare)
    user = await database.read(accounts.credentials, "u1")
    assert not passwords.verify(user, DIGEST, VerifiedPasswords())
    assert passwords.verify(user, client_digest("new"), VerifiedPasswords())
