"""Looking up whoever logs in, many with one query."""

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
