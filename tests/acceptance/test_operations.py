"""Running the suite: start, stop, restart, and what it writes down about its users."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .client import IOS, PASSWORD, User, http, md5
from .people import People
from .suite import STOP_DEADLINE_S, Suite

ROLES = ["login_http", "login_client", "login_msg", "msg", "route", "db_proxy"]
INTERNAL = ["login_msg", "route", "db_proxy"]
SECRET_TEXT = b"the goose flies at midnight"
TOKEN = "5ec2e7" * 10 + "abcd"


def test_the_ready_file_names_an_address_for_every_role(suite: Suite) -> None:
    addresses = json.loads(suite.server.ready_file.read_text(encoding="utf-8"))
    assert addresses.keys() >= set(ROLES)
    assert all(re.fullmatch(r"[^:]+:\d+", address) for address in addresses.values())
    assert len(set(addresses.values())) == len(addresses)


def test_internal_ports_are_on_loopback(suite: Suite) -> None:
    for role in INTERNAL:
        assert suite.addresses[role].startswith("127.0.0.1:")


async def test_sigterm_ends_the_suite_in_time_and_closes_its_clients(
    own_suite: Suite, own_people: People
) -> None:
    clients = [await own_people.online() for _ in range(3)]
    clients.append(await own_people.connect())
    assert own_suite.stop() < STOP_DEADLINE_S
    for client in clients:
        await client.closed()


async def test_an_idle_suite_ends_at_once_on_sigterm(own_suite: Suite) -> None:
    assert own_suite.stop() < 5.0


async def test_a_restart_on_the_same_data_keeps_everything(own_suite: Suite, own_people: People) -> None:
    alice_user, bob_user = await own_people.user(), await own_people.user()
    alice = await own_people.online(alice_user)
    await alice.say(bob_user.user_id, b"before")
    group = (await alice.create_group(bob_user.user_id)).group_id
    await alice.say_to_group(group, b"all before")
    await alice.ask("IMChangeSignInfoReq", sign_info="here to stay")
    await alice.ask("IMPushShieldReq", shield_status=1)
    own_suite.stop()
    own_suite.start()
    alice, bob = await own_people.online(alice_user), await own_people.online(bob_user)
    assert (alice.user_id, bob.user_id) == (alice_user.user_id, bob_user.user_id)
    assert {key: entry.unread_cnt for key, entry in (await bob.unread()).items()} == {
        (alice.user_id, 1): 1,
        (group, 2): 1,
    }
    assert [message.msg_data for message in await bob.history(alice.user_id)] == [b"before"]
    assert [message.msg_data for message in await bob.history(group, 2)] == [b"all before"]
    read = await bob.ask("IMUsersInfoReq", user_id_list=[alice.user_id])
    assert read.user_info_list[0].sign_info == "here to stay"
    assert (await alice.ask("IMQueryPushShieldReq")).shield_status == 1
    assert (await alice.say(bob.user_id, b"after")).msg_id == 2
    assert (await alice.say_to_group(group, b"all after")).msg_id == 2


async def test_users_made_while_it_is_down_can_log_in_when_it_is_up(
    own_suite: Suite, own_people: People
) -> None:
    own_suite.stop()
    own_suite.admin("user", "add", "午夜", "--password", "pw")
    own_suite.start()
    assert (await own_people.online(User("午夜", password="pw"))).user_id > 0


@pytest.fixture
def talkative_suite(tmp_path: Path) -> Iterator[Suite]:
    suite = Suite(tmp_path, "", "--log-level", "debug")
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()


async def test_neither_passwords_nor_messages_nor_tokens_are_in_the_log_even_at_debug(
    talkative_suite: Suite,
) -> None:
    people = People(talkative_suite)
    alice, bob = await people.online(), await people.online(kind=IOS)
    await alice.say(bob.user_id, SECRET_TEXT)
    await bob.ask("IMDeviceTokenReq", device_token=TOKEN, client_type=0x11)
    await alice.send("IMP2PCmdMsg", to_user_id=bob.user_id, cmd_msg_data=SECRET_TEXT.decode())
    wrong = await people.connect(User(alice.user.name, password="mistyped secret"))
    await wrong.request_login()
    broken = await people.online()
    await broken.send("IMMsgData", to_session_id=bob.user_id, msg_data=SECRET_TEXT)
    await bob.arrived()
    await people.close()
    log = talkative_suite.server.log_text()
    secrets = [PASSWORD, "mistyped secret", SECRET_TEXT.decode(), TOKEN]
    secrets += [md5(PASSWORD), md5("mistyped secret"), SECRET_TEXT.hex()]
    assert [secret for secret in secrets if secret in log] == []


def test_the_cluster_secret_is_not_readable_by_other_users_of_the_machine(suite: Suite) -> None:
    for path in suite.data.rglob("*secret*"):
        assert path.stat().st_mode & 0o077 == 0, path


async def test_counters_are_served_for_prometheus(suite: Suite) -> None:
    request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    reply = await http(suite.addresses["metrics"], request)
    assert reply.startswith(b"HTTP/1.1 200")
    assert b"# TYPE hongyan" in reply
