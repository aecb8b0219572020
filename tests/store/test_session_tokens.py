"""Session tokens: who is let in by them, and when no longer."""

from hongyan.store import Database, accounts, session_tokens
from hongyan.store.accounts import NewUser
from hongyan.store.session_tokens import MAX_TOKENS

from .writing import NOW


async def user(database: Database, name: str = "anna") -> int:
    return await database.write(accounts.add_user, NewUser(name, "hash"), NOW)


async def lets_in(database: Database, token: str, name: str = "anna", oldest_use: int = 0) -> bool:
    return await database.read(session_tokens.find_user, name, token, oldest_use) is not None


async def test_a_token_lets_its_own_user_in_and_nobody_else(database: Database) -> None:
    anna, _ = await user(database), await user(database, "bob")
    token = session_tokens.new_token()
    await database.write(session_tokens.add, anna, token, NOW)
    assert await database.read(session_tokens.find_user, "anna", token, 0) == (anna, NOW)
    assert not await lets_in(database, token, "bob")
    assert not await lets_in(database, token + "x")
    assert not await lets_in(database, "")


async def test_what_is_stored_does_not_let_anybody_in(database: Database) -> None:
    token = session_tokens.new_token()
    await database.write(session_tokens.add, await user(database), token, NOW)
    assert token not in session_tokens.digest(token)
    assert not await lets_in(database, session_tokens.digest(token))


async def test_a_token_ends_when_it_was_not_used_for_too_long(database: Database) -> None:
    token = session_tokens.new_token()
    await database.write(session_tokens.add, await user(database), token, NOW)
    assert not await lets_in(database, token, oldest_use=NOW + 1)
    await database.write(session_tokens.touch, token, NOW + 5, NOW)
    assert await lets_in(database, token, oldest_use=NOW + 5)
    await database.write(session_tokens.touch, "another", NOW + 9, NOW + 6)
    assert not await lets_in(database, token)


async def test_revoking_ends_one_or_all(database: Database) -> None:
    anna = await user(database)
    tokens = [session_tokens.new_token() for _ in range(3)]
    for token in tokens:
        await database.write(session_tokens.add, anna, token, NOW)
    await database.write(session_tokens.revoke, anna + 1, tokens[0])
    await database.write(session_tokens.revoke, anna, tokens[1])
    assert [await lets_in(database, token) for token in tokens] == [True, False, True]
    await database.write(session_tokens.revoke, anna)
    assert [await lets_in(database, token) for token in tokens] == [False, False, False]


async def test_another_password_ends_every_token(database: Database) -> None:
    token = session_tokens.new_token()
    await database.write(session_tokens.add, await user(database), token, NOW)
    await database.write(accounts.set_password, "anna", "other", NOW)
    assert not await lets_in(database, token)


async def test_a_disabled_user_has_no_tokens(database: Database) -> None:
    token = session_tokens.new_token()
    await database.write(session_tokens.add, await user(database), token, NOW)
    await database.write(accounts.disable, "anna", NOW)
    assert not await lets_in(database, token)


async def test_a_user_has_a_bounded_number_and_the_stalest_goes(database: Database) -> None:
    anna = await user(database)
    tokens = [session_tokens.new_token() for _ in range(MAX_TOKENS + 1)]
    for age, token in enumerate(tokens):
        await database.write(session_tokens.add, anna, token, NOW + age)
    assert [await lets_in(database, token) for token in tokens] == [False] + [True] * MAX_TOKENS
