"""Incremental pulls: a client that was away hears of everything that changed, and only of that."""

import pytest
from sqlalchemy import update

from hongyan.errors import ErrorCode, RefusedError
from hongyan.store import Database, SessionType, accounts, departments, sessions, users
from hongyan.store.accounts import NewUser
from hongyan.store.teamtalk import USER

from .writing import NOW, Writer


async def names_since(database: Database, since: int) -> list[str]:
    return [user.name for user in (await database.read(users.changed_since, since)).users]


@pytest.mark.parametrize("later", [-1000, 0, 1])
async def test_a_change_is_in_the_next_pull_even_if_the_clock_stands_or_goes_back(
    database: Database, later: int
) -> None:
    await database.write(accounts.add_users, [NewUser("a", "h"), NewUser("b", "h")], NOW)
    seen = (await database.read(users.changed_since, 0)).latest
    changes = (
        (users.set_sign_info, 1, "hello"),
        (users.set_avatar, 1, "pic.png"),
        (users.set_push_shield, 1, 1),
    )
    for change, *arguments in changes:
        await database.write(change, *arguments, NOW + later)
        pull = await database.read(users.changed_since, seen)
        assert "a" in [user.name for user in pull.users]
        seen = pull.latest
    await database.write(accounts.disable, "b", NOW + later)
    gone = [user for user in (await database.read(users.changed_since, seen)).users if user.status]
    assert [user.name for user in gone] == ["b"]
    assert await names_since(database, 0) == ["a"]


async def test_nothing_new_gives_nothing_and_the_same_time_back(database: Database) -> None:
    await database.write(accounts.add_user, NewUser("a", "h"), NOW)
    assert await database.read(users.changed_since, NOW + 1) == (NOW + 1, [])
    assert await database.read(departments.changed_since, NOW) == (NOW, [])


async def test_departments_made_in_one_second_are_all_pulled(database: Database) -> None:
    seen = 0
    for name in ("a", "b", "c"):
        await database.write(departments.add, name, NOW)
        pull = await database.read(departments.changed_since, seen)
        assert [department.name for department in pull.departments] == [name]
        seen = pull.latest


async def test_nulls_of_an_old_database_are_read_as_empty(database: Database) -> None:
    user_id = await database.write(accounts.add_user, NewUser("a", "h"), NOW)
    nulls = update(USER).values(avatar=None, status=None)
    await database.write(lambda connection: connection.execute(nulls) and None)
    (user,) = await database.read(users.by_ids, [user_id, user_id, 99])
    assert (user.avatar, user.status) == ("", 0)


@pytest.mark.parametrize(
    ("text", "fits"), [("x" * 128, True), ("x" * 129, False), ("好" * 42, True), ("好" * 43, False)]
)
async def test_a_signature_has_at_most_128_bytes(database: Database, text: str, fits: bool) -> None:
    user_id = await database.write(accounts.add_user, NewUser("a", "h"), NOW)
    if not fits:
        with pytest.raises(RefusedError) as refused:
            await database.write(users.set_sign_info, user_id, text, NOW)
        assert refused.value.code == ErrorCode.TOO_LARGE
        return
    await database.write(users.set_sign_info, user_id, text, NOW)
    assert (await database.read(users.by_ids, [user_id]))[0].sign_info == text


async def test_an_avatar_fits_its_column(database: Database) -> None:
    user_id = await database.write(accounts.add_user, NewUser("a", "h"), NOW)
    await database.write(users.set_avatar, user_id, "x" * 255, NOW)
    with pytest.raises(RefusedError):
        await database.write(users.set_avatar, user_id, "x" * 256, NOW)


async def test_who_was_away_hears_of_removed_sessions(writer: Writer) -> None:
    await writer.text(1, 2)
    await writer.text(1, 3)
    seen = writer.now
    place = (1, SessionType.SINGLE, 2, seen + 1)
    await writer.journal.submit(sessions.remove, writer.conversations, *place)
    changed = await writer.database.read(sessions.recent, 1, seen)
    assert [(row.peer_id, row.status, row.updated) for row in changed] == [(2, 1, seen + 1)]
    assert [row.peer_id for row in await writer.database.read(sessions.recent, 1, 0)] == [3]


async def test_the_newest_hundred_sessions_come_first(writer: Writer) -> None:
    for peer in range(2, 132):
        writer.now = NOW + peer
        await writer.text(1, peer)
    rows = await writer.database.read(sessions.recent, 1, 0)
    assert [row.peer_id for row in rows] == list(range(131, 31, -1))
    assert {row.latest.msg_id for row in rows} == {1}
