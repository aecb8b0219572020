"""Looking up whoever logs in, many with one query."""

import sqlite3
from threading import get_ident

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from hongyan.store import Database, accounts, logins
from hongyan.store.accounts import NewUser


async def test_each_name_gets_its_account(database: Database) -> None:
    people = [NewUser("anna", "hash a", nick="A"), NewUser("bob", "hash b"), NewUser("Anna", "hash A")]
    await database.write(accounts.add_users, people, 1)
    found = await database.read(logins.accounts_named, ["anna", "bob", "nobody", "Anna"])
    assert {name: account.credentials.slow_hash for name, account in found.items()} == {
        "anna": "hash a",
        "bob": "hash b",
        "Anna": "hash A",
    }
    assert found["anna"].user.nick == "A"
    assert found["anna"].credentials == await database.read(accounts.credentials, "anna")


async def test_an_account_is_what_it_was_changed_to(database: Database) -> None:
    await database.write(accounts.add_users, [NewUser("anna", "old")], 1)
    await database.write(accounts.set_password, "anna", "new", 2)
    await database.write(accounts.disable, "anna", 3)
    anna = (await database.read(logins.accounts_named, ["anna"]))["anna"]
    assert (anna.credentials.slow_hash, anna.credentials.status) == ("new", 3)


async def test_nobody_is_nobody(database: Database) -> None:
    assert await database.read(logins.accounts_named, ["x", ""]) == {}


async def test_a_row_that_is_read_again_is_what_it_was_changed_to(database: Database) -> None:
    await database.write(accounts.add_users, [NewUser("anna", "old")], 1)
    assert (await database.read_again(logins.accounts_named, ["anna"]))["anna"].credentials.slow_hash == "old"
    await database.write(accounts.set_password, "anna", "new", 2)
    assert (await database.read_again(logins.accounts_named, ["anna"]))["anna"].credentials.slow_hash == "new"


async def test_where_the_event_loop_would_have_to_wait_a_thread_does(sqlite: Database) -> None:
    threads: list[int] = []

    def busy_at_first(_connection: Connection) -> str:
        threads.append(get_ident())
        if len(threads) == 1:
            raise OperationalError("", None, sqlite3.OperationalError("database is locked"))
        return "read"

    assert await sqlite.read_again(busy_at_first) == "read"
    assert threads[0] == get_ident() != threads[1]


def test_the_names_that_were_not_read_for_longest_are_forgotten() -> None:
    lately = logins.LatelyRead(limit=2)
    for name in ("anna", "bob", "anna", "carl"):
        lately.note([name])
    assert [name in lately for name in ("anna", "bob", "carl")] == [True, False, True]
