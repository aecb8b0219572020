"""Staying signed in with a token instead of the password."""

from .client import TOO_LARGE, User
from .people import People
from .suite import Suite

WRONG = 6


async def token_of(people: People, user: User) -> str:
    client = await people.connect(user)
    answer = await client.request_login(wants_session_token=True)
    return answer.session_token


async def code_with(people: People, user: User, token: str) -> int:
    client = await people.connect(user)
    return (await client.request_login(password="", session_token=token)).result_code


async def test_a_token_stands_for_the_password(people: People) -> None:
    user = await people.user()
    token = await token_of(people, user)
    assert len(token) > 40
    again = await people.connect(user)
    answer = await again.request_login(password="", session_token=token)
    assert (answer.result_code, answer.user_info.user_id) == (0, user.user_id)
    assert answer.session_token is None
    assert await again.server_time() > 0


async def test_who_asks_for_no_token_gets_none(people: People) -> None:
    client = await people.connect(await people.user())
    assert (await client.request_login()).session_token is None


async def test_a_wrong_password_gets_no_token(people: People) -> None:
    client = await people.connect(await people.user())
    answer = await client.request_login(password="0" * 32, wants_session_token=True)
    assert (answer.result_code, answer.session_token) == (WRONG, None)


async def test_a_token_is_good_for_its_own_user_only(people: People) -> None:
    alice, mallory = await people.user(), await people.user()
    token = await token_of(people, alice)
    assert await code_with(people, mallory, token) == WRONG
    assert await code_with(people, alice, token[:-1]) == WRONG


async def test_a_revoked_token_lets_nobody_in(people: People) -> None:
    user = await people.user()
    first, second = await token_of(people, user), await token_of(people, user)
    client = await people.online(user=user)
    answer = await client.ask("IMRevokeSessionReq", session_token=first)
    assert answer.result_code == 0
    assert await code_with(people, user, first) == WRONG
    assert await code_with(people, user, second) == 0


async def test_nobody_revokes_the_token_of_another(people: People) -> None:
    user = await people.user()
    token = await token_of(people, user)
    mallory = await people.online()
    await mallory.ask("IMRevokeSessionReq", user_id=user.user_id, session_token=token)
    assert await code_with(people, user, token) == 0


async def test_tokens_survive_a_kill_and_end_with_the_password(own_suite: Suite, own_people: People) -> None:
    user = await own_people.user()
    token = await token_of(own_people, user)
    own_suite.kill()
    own_suite.start()
    assert await code_with(own_people, user, token) == 0
    own_suite.admin("user", "passwd", user.name, "--password", "another")
    assert await code_with(own_people, user, token) == WRONG


async def test_a_token_that_is_too_long_is_refused(people: People) -> None:
    client = await people.connect(await people.user())
    login = {"user_name": "a", "password": "", "online_status": 1, "client_type": 1}
    assert await client.refused("IMLoginReq", **login, session_token="x" * 200) == TOO_LARGE
