"""Making and changing users and departments."""

import time

import pytest

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import Database, accounts, departments, users
from hongyan.store.accounts import NewUser

from .writing import NOW


async def test_a_new_user_is_named_by_his_name_unless_told_otherwise(database: Database) -> None:
    await database.write(accounts.add_user, NewUser("wang", "hash"), NOW)
    full = NewUser("li", "hash", "李四", "lisi", 0, "13800000001", "li@example.com", 1)
    user_id = await database.write(accounts.add_user, full, NOW)
    wang, li = (await database.read(users.changed_since, 0)).users
    assert (wang.nick, wang.domain, wang.sex) == ("wang", "wang", 0)
    assert li[1:] == (1, "li", "李四", "lisi", "13800000001", "li@example.com", "", 0, 0, "")
    assert li.user_id == user_id


@pytest.mark.parametrize(
    ("user", "code"),
    [
        (NewUser("", "h"), ErrorCode.NOT_ALLOWED),
        (NewUser("  ", "h"), ErrorCode.NOT_ALLOWED),
        (NewUser("a\nb", "h"), ErrorCode.NOT_ALLOWED),
        (NewUser("a\u2028b", "h"), ErrorCode.NOT_ALLOWED),
        (NewUser("a\x00", "h"), ErrorCode.NOT_ALLOWED),
        (NewUser("half \ud83d", "h"), ErrorCode.NOT_ALLOWED),
        (NewUser("字" * 33, "h"), ErrorCode.TOO_LARGE),
        (NewUser("a", "h", nick="x" * 33), ErrorCode.TOO_LARGE),
        (NewUser("a", "h", domain="x" * 33), ErrorCode.TOO_LARGE),
        (NewUser("a", "h", phone="1" * 12), ErrorCode.TOO_LARGE),
        (NewUser("a", "h", email="x" * 65), ErrorCode.TOO_LARGE),
        (NewUser("a", "h", sex=3), ErrorCode.NOT_ALLOWED),
        (NewUser("taken", "h"), ErrorCode.NOT_ALLOWED),
    ],
)
async def test_what_does_not_fit_is_refused(database: Database, user: NewUser, code: ErrorCode) -> None:
    await database.write(accounts.add_user, NewUser("taken", "h"), NOW)
    with pytest.raises(RefusedError) as refused:
        await database.write(accounts.add_user, user, NOW)
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["王小明", "o'neil", 'a" OR 1=1 --', "字" * 32, "a b", "👩‍💻"])
async def test_unusual_names_are_names(database: Database, name: str) -> None:
    user_id = await database.write(accounts.add_user, NewUser(name, "hash"), NOW)
    found = await database.read(accounts.credentials, name)
    assert found is not None
    assert found.user_id == user_id


async def test_names_differ_in_case(database: Database) -> None:
    await database.write(accounts.add_users, [NewUser("u", "1"), NewUser("U", "2")], NOW)
    found = await database.read(accounts.credentials, "U")
    assert found is not None
    assert found.slow_hash == "2"
    assert await database.read(accounts.credentials, "u ") is None


async def test_many_users_are_made_together_or_not_at_all(database: Database) -> None:
    people = [NewUser(f"u{number}", "hash") for number in range(1000)]
    with pytest.raises(RefusedError, match="twice"):
        await database.write(accounts.add_users, [*people, people[0]], NOW)
    assert await database.read(accounts.list_accounts) == []
    assert await database.write(accounts.add_users, people, NOW) == 1000
    with pytest.raises(RefusedError, match="taken"):
        await database.write(accounts.add_users, [NewUser("new", "h"), people[5]], NOW)
    assert len(await database.read(accounts.list_accounts)) == 1000


async def test_fifty_thousand_users_take_seconds(database: Database) -> None:
    took = []
    for crowd in "abc":  # again, if other programs had the machine
        people = [NewUser(f"{crowd}{number}", "hash") for number in range(50_000)]
        started = time.perf_counter()
        await database.write(accounts.add_users, people, NOW)
        took.append(time.perf_counter() - started)
        if took[-1] < 10:
            return
    pytest.fail(f"over 10 s each time: {took}")


async def test_nobody_who_is_unknown_can_be_changed(database: Database) -> None:
    for change in (accounts.set_password, accounts.disable):
        arguments = ("ghost", "hash", NOW) if change is accounts.set_password else ("ghost", NOW)
        with pytest.raises(RefusedError) as refused:
            await database.write(change, *arguments)
        assert refused.value.code == ErrorCode.NOT_FOUND


async def test_accounts_are_listed_with_their_department(database: Database) -> None:
    office = await database.write(departments.add, "研发", NOW)
    await database.write(accounts.add_user, NewUser("u1", "h", department_id=office), NOW)
    await database.write(accounts.add_user, NewUser("u2", "h"), NOW)
    await database.write(accounts.disable, "u2", NOW)
    one, two = await database.read(accounts.list_accounts)
    assert (one.name, one.department, one.status) == ("u1", "研发", 0)
    assert (two.name, two.department, two.status) == ("u2", "", users.LEFT)


async def test_departments_stand_under_their_parent(database: Database) -> None:
    top = await database.write(departments.add, "company", NOW)
    below = await database.write(departments.add, "研发", NOW, parent="company", priority=7)
    found = await database.read(departments.list_departments)
    assert found[1] == (below, 7, "研发", top, 0)
    for name, parent in (("company", ""), ("x", "nowhere"), ("", ""), ("x" * 65, "")):
        with pytest.raises(RefusedError):
            await database.write(departments.add, name, NOW, parent=parent)
