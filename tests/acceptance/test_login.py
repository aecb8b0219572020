"""Who gets in, who does not, and what the door says."""

import asyncio
import time
from contextlib import suppress

import pytest

from .client import (
    ANDROID,
    IOS,
    LEAVE,
    MAC,
    ONLINE,
    WINDOWS,
    Client,
    ClosedError,
    Connection,
    Kind,
    LoginRefusedError,
    RefusedError,
    User,
    md5,
)
from .people import People
from .suite import Suite
from .wire import COMMAND_OF, ERROR_NOTICE, HEARTBEAT, MESSAGE_OF, Frame, frame_of

WRONG = 6
SLOW_S = 0.7  # longer than checking a password takes on a busy machine
INJECTIONS = [
    "' OR '1'='1",
    "' OR 1=1 -- ",
    '" OR ""="',
    "x'; DROP TABLE IMUser; --",
    "x' UNION SELECT * FROM IMUser WHERE 'a'='a",
    "\\' OR 1=1 #",
    "%",
    "_",
    "*",
    "",
    " ",
    "\x00",
    "crowd1_1' -- ",
    "\udcff\udcfe",
    "a" * 10_000,
]


async def refusal(people: People, name: str, password: str) -> int:
    """Tries to log in; the result code of the refusal, after which the server closes."""
    client = await people.connect(User(name, password=password))
    answer = await client.request_login()
    assert answer.user_info is None
    await client.closed()
    return answer.result_code


def login_of(client: Client, user: User) -> Frame:
    return client.frame(
        "IMLoginReq",
        user_name=user.name,
        password=md5(user.password),
        online_status=ONLINE,
        client_type=1,
    )


@pytest.mark.parametrize("kind", [WINDOWS, MAC, IOS, ANDROID], ids=["win", "mac", "ios", "android"])
async def test_every_shipped_client_logs_in(people: People, kind: Kind) -> None:
    user = await people.user()
    client = await people.connect(user, kind)
    answer = await client.request_login()
    assert answer.has(result_code=0, result_string="成功", online_status=ONLINE)
    assert answer.user_info.has(user_id=user.user_id, user_real_name=user.name, status=0)
    assert set(answer.user_info.fields) >= {
        *("user_gender", "user_nick_name", "avatar_url", "department_id", "email"),
        *("user_tel", "user_domain", "sign_info"),
    }
    assert abs(answer.server_time - time.time()) < 60


async def test_the_online_status_asked_for_is_answered(people: People) -> None:
    client = await people.connect(await people.user())
    assert (await client.request_login(online_status=LEAVE)).online_status == LEAVE


async def test_a_wrong_password_is_refused_and_the_connection_closed(people: People) -> None:
    assert await refusal(people, (await people.user()).name, "wrong") == WRONG


async def test_the_plain_password_is_not_its_md5(people: People) -> None:
    user = await people.user()
    client = await people.connect(user)
    assert (await client.request_login(password=user.password)).result_code == WRONG


async def test_an_upper_case_md5_is_not_the_lower_case_one(people: People) -> None:
    user = await people.user()
    client = await people.connect(user)
    answer = await client.request_login(password=md5(user.password).upper())
    assert answer.result_code == WRONG


async def test_an_empty_password_is_refused(people: People) -> None:
    client = await people.connect(await people.user())
    assert (await client.request_login(password="")).result_code == WRONG


async def test_an_unknown_user_is_refused_like_a_wrong_password(people: People) -> None:
    user = await people.user()
    wrong = await (await people.connect(User(user.name))).request_login(password="x")
    unknown = await (await people.connect(User("nobody-here"))).request_login()
    assert wrong.has(result_code=WRONG)
    assert unknown.has(result_code=WRONG, result_string=wrong.result_string)


async def test_names_are_case_sensitive(people: People) -> None:
    user = await people.user()
    assert await refusal(people, user.name.upper(), user.password) == WRONG


@pytest.mark.parametrize("name", INJECTIONS, ids=lambda name: ascii(name[:12]))
async def test_sql_in_a_name_is_only_an_unknown_name(people: People, name: str) -> None:
    witness = await people.online()
    stranger = await people.connect()
    try:
        answer = await stranger.request_login(user_name=name)
    except (ClosedError, RefusedError):
        pass  # a name that cannot be one may be refused as malformed
    else:
        assert answer.has(result_code=WRONG, user_info=None)
    assert (await witness.ask("IMUsersInfoReq", user_id_list=[witness.user_id])).user_info_list


@pytest.mark.parametrize("password", ["' OR '1'='1", "\x00", "a" * 100_000], ids=["sql", "0", "a"])
async def test_nonsense_in_place_of_the_md5_is_refused(people: People, password: str) -> None:
    stranger = await people.connect(await people.user())
    try:
        answer = await stranger.request_login(password=password)
    except (ClosedError, RefusedError):
        return
    assert answer.result_code == WRONG


async def test_a_name_with_quotes_can_be_a_users(people: People, suite: Suite) -> None:
    suite.admin("user", "add", "o'brien;--", "--password", "pw", "--nick", 'the "real" one')
    client = await people.online(User("o'brien;--", password="pw"))
    me = await client.ask("IMUsersInfoReq", user_id_list=[client.user_id])
    assert me.user_info_list[0].has(user_real_name="o'brien;--", user_nick_name='the "real" one')


async def test_a_chinese_name_and_password_log_in(people: People, suite: Suite) -> None:
    suite.admin("user", "add", "张三丰", "--password", "密码", "--nick", "武当掌门")
    client = await people.connect(User("张三丰", password="密码"))
    answer = await client.request_login()
    assert answer.result_code == 0
    assert answer.user_info.has(user_real_name="张三丰", user_nick_name="武当掌门")


async def test_a_disabled_user_is_refused_at_once(people: People, suite: Suite) -> None:
    user = await people.user()
    await (await people.online(user)).ask("IMLogoutReq")
    suite.admin("user", "disable", user.name)
    assert await refusal(people, user.name, user.password) == WRONG


async def test_a_new_password_counts_at_once(people: People, suite: Suite) -> None:
    user = await people.user()
    suite.admin("user", "passwd", user.name, "--password", "another")
    assert await refusal(people, user.name, user.password) == WRONG
    await people.online(User(user.name, password="another"))


async def test_a_new_user_can_log_in_while_the_suite_runs(people: People, suite: Suite) -> None:
    suite.admin("user", "add", "newcomer", "--password", "pw")
    assert (await people.online(User("newcomer", password="pw"))).user_id > 0


async def test_a_second_login_on_a_connection_does_not_change_who_it_is(people: People) -> None:
    alice, bob = await people.online(), await people.online()
    other = await people.user()
    await alice.send_frame(login_of(alice, other))
    await alice.say(bob.user_id, b"still me")
    assert (await bob.hears(b"still me")).from_user_id == alice.user_id


async def test_unknown_fields_in_the_login_do_no_harm(people: People) -> None:
    user = await people.user()
    client = await people.connect(user)
    login = login_of(client, user)
    strange = bytes.fromhex("9a0603616263")  # field 99 = "abc", as in the original's transcript
    await client.send_frame(Frame(login.command, login.body + strange, seq=login.seq))
    assert (await client.answer("IMLoginReq", login.seq)).result_code == 0


@pytest.mark.parametrize(
    "fields",
    [{"client_type": 5}, {"client_type": None}, {"online_status": 0}, {"user_name": None}],
    ids=str,
)
async def test_a_malformed_login_lets_nobody_in(people: People, fields: dict) -> None:
    client = await people.connect(await people.user())
    with pytest.raises((ClosedError, RefusedError)):
        await client.request_login(**fields)


async def test_both_of_two_logins_under_one_name_get_their_answers(people: People) -> None:
    user = await people.user()
    right = await people.connect(user)
    wrong = await people.connect(User(user.name, password="wrong"))
    answers = await asyncio.gather(right.request_login(), wrong.request_login())
    assert [answer.result_code for answer in answers] == [0, WRONG]


# --- before login ---

SERVED_BEFORE_LOGIN = {
    COMMAND_OF[name] for name in ("IMLoginReq", "IMRegistReq", "IMHeartBeat", "IMClientTimeReq")
}
CLOSES_BEFORE_LOGIN = [
    *sorted(command for command in MESSAGE_OF if command not in SERVED_BEFORE_LOGIN),
    0x0000,
    0x0999,
    0xFFFF,
]


@pytest.mark.parametrize("command", CLOSES_BEFORE_LOGIN, ids=lambda command: f"{command:04x}")
async def test_any_other_command_before_login_closes_the_connection(people: People, command: int) -> None:
    stranger = await people.connect()
    await stranger.send_frame(Frame(command, b"\x08\x01\x10\x01", seq=5))
    answers = await stranger.closed()
    assert {frame.command for frame in answers} <= {ERROR_NOTICE}


async def test_time_heartbeat_and_registration_are_served_before_login(people: People) -> None:
    stranger = await people.connect()
    assert abs(await stranger.server_time() - time.time()) < 60
    await stranger.send_frame(Frame(HEARTBEAT, seq=3))
    await stranger.next(lambda frame: frame.command == HEARTBEAT, "heartbeat")
    answer = await stranger.ask("IMRegistReq", user_name="me", password=md5("pw"))
    assert answer.has(user_name="me", result_code=WRONG, user_id=None)


async def test_registration_that_is_off_makes_no_user(people: People) -> None:
    stranger = await people.connect()
    await stranger.ask("IMRegistReq", user_name="sneaked", password=md5("pw"))
    with pytest.raises(LoginRefusedError):
        await people.online(User("sneaked", password="pw"))


async def test_what_a_stranger_sends_reaches_nobody(people: People) -> None:
    bob = await people.online()
    for attack in [
        frame_of("IMP2PCmdMsg", from_user_id=1, to_user_id=bob.user_id, cmd_msg_data="x"),
        frame_of(
            "IMMsgData",
            from_user_id=1,
            to_session_id=bob.user_id,
            msg_id=0,
            create_time=0,
            msg_type=1,
            msg_data=b"from nobody",
        ),
        frame_of("IMServerKickUser", user_id=bob.user_id, client_type=1, reason=1),
        frame_of("IMKickPCClientReq", user_id=bob.user_id),
    ]:
        stranger = await people.connect()
        await stranger.send_frame(attack)
        await stranger.closed()
    assert not await bob.arrived("IMP2PCmdMsg", "IMMsgData", "IMKickUser")


async def test_commands_behind_a_refused_login_are_not_served(people: People) -> None:
    bob = await people.online()
    stranger = await people.connect(User("nobody-here"))
    login = stranger.frame(
        "IMLoginReq", user_name="nobody-here", password="x", online_status=1, client_type=1
    )
    attack = frame_of("IMP2PCmdMsg", from_user_id=1, to_user_id=bob.user_id, cmd_msg_data="x")
    await stranger.send_frame(login, attack)
    await stranger.closed()
    assert not await bob.arrived("IMP2PCmdMsg")


async def test_a_command_behind_its_login_in_one_write_is_never_lost_in_silence(
    people: People,
) -> None:
    user = await people.user()
    client = await people.connect(user)
    login = login_of(client, user)
    question = client.frame("IMUnreadMsgCntReq")
    await client.send_frame(login, question)
    with suppress(ClosedError):  # it had not logged in yet when it asked: closing is the rule
        await client.answer("IMUnreadMsgCntReq", question.seq)


# --- time ---


async def seconds_until_closed(connection: Connection, limit_s: float) -> float:
    begin = time.monotonic()
    await connection.closed(limit_s)
    return time.monotonic() - begin


async def keep_alive(client: Connection, until: asyncio.Event) -> None:
    while not until.is_set():
        await client.send_frame(Frame(HEARTBEAT, seq=1))
        try:
            await asyncio.wait_for(until.wait(), 1.0)
        except TimeoutError:
            continue


@pytest.mark.slow
async def test_who_does_not_log_in_within_15_seconds_is_closed_heartbeats_or_not(
    people: People,
) -> None:
    logged_in = await people.online()
    silent, beating = await people.connect(), await people.connect()
    closed = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_alive(beating, closed))
        waits = [tasks.create_task(seconds_until_closed(client, 40.0)) for client in (silent, beating)]
        await asyncio.wait(waits)
        closed.set()
    assert all(13.5 < wait.result() < 25.0 for wait in waits)
    await logged_in.server_time()


async def seconds_for_wrong_password(people: People, user: User) -> float:
    client = await people.connect(user)
    begin = time.monotonic()
    assert (await client.request_login(password="wrong")).result_code == WRONG
    return time.monotonic() - begin


async def test_guessing_is_slowed_down_and_locks_nobody_out(people: People) -> None:
    victim = await people.user()
    for _ in range(10):
        if await seconds_for_wrong_password(people, victim) > SLOW_S:
            break
    else:
        pytest.fail("ten wrong passwords, and the answers are as quick as ever")
    others = [await seconds_for_wrong_password(people, await people.user()) for _ in range(5)]
    assert min(others) < SLOW_S
    client: Client = await people.online(victim)
    assert client.user_id == victim.user_id
