"""Webhooks: every event arrives, signed, whatever fails on the way; and nobody else is told."""

import asyncio
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from measuring.ports import free_ports

from hongyan.client import Conversation
from hongyan.roles.http_msg.webhooks.outside import ForbiddenTargetError, Targets

from .receiver import Receiver, Told, say_yes
from .running import ALL_SCOPES, Api, ApiSuite
from .telling import SETTINGS, register, say, taken

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiSuite]:
    suite = ApiSuite(tmp_path_factory.mktemp("webhooks"), {"http_msg.webhooks": SETTINGS})
    suite.start()
    yield suite
    suite.stop()


@pytest.fixture(scope="module")
def token(telling: ApiSuite) -> str:
    return telling.key("everything", ALL_SCOPES)


@pytest.fixture
async def api(telling: ApiSuite, token: str) -> Any:
    async with telling.api(token) as api:
        yield api
        for hook in (await api.ask("GET", "/webhooks"))["webhooks"]:
            await api.ask("DELETE", f"/webhooks/{hook['id']}", 204)


async def test_nothing_is_lost_when_the_receiver_fails_half_the_time_and_the_server_is_killed(
    telling: ApiSuite, api: Api, receiver: Receiver
) -> None:
    _, secret = await register(api, receiver.url, "message")
    turn = itertools.count(1)
    all_said, is_killed, is_back = threading.Event(), threading.Event(), False

    def answer(_told: Told) -> int:
        if not all_said.is_set():
            return 503
        number = next(turn)
        if number == 2:
            telling.kill()  # this answer is heard by nobody
            is_killed.set()
        return 204 if number % 2 == 0 else 500

    receiver.answer = answer
    texts = [f"message {number}" for number in range(4)]
    for text in texts:
        await say(api, text)
    all_said.set()
    arrived: dict[str, list[str]] = {}
    while len(arrived) < len(texts):
        told = await taken(receiver)
        told.check_signature(secret)
        arrived.setdefault(told.text, []).append(told.id)
        if is_killed.is_set() and not is_back:  # others may have been under way before
            await asyncio.to_thread(telling.start)
            is_back = True
    assert sorted(arrived) == texts
    assert all(len(set(ids)) == 1 for ids in arrived.values())  # a repeat has the same id
    assert receiver.refused.qsize() >= 3
    receiver.answer = say_yes
    await say(api, "the last")
    last = await taken(receiver)
    while last.text != "the last":
        last = await taken(receiver)
    assert last.id not in {id_ for ids in arrived.values() for id_ in ids}


async def test_what_is_given_up_can_be_seen_and_sent_again(
    telling: ApiSuite, api: Api, receiver: Receiver
) -> None:
    path, _ = await register(api, receiver.url, "message")
    receiver.answer = lambda _told: 410
    await say(api, "unwanted")
    assert (await asyncio.to_thread(receiver.refused.get, timeout=20)).text == "unwanted"
    async with asyncio.timeout(40):
        while not (dead := (await api.ask("GET", f"{path}/deliveries"))["deliveries"]):
            pass
    assert (dead[0]["state"], dead[0]["attempts"], dead[0]["error"]) == (
        "dead",
        1,
        "answered with status 410",
    )
    assert dead[0]["payload"]["text"] == "unwanted"
    number = path.rpartition("/")[2]
    assert [row["event"] for row in json.loads(telling.admin("webhook", "dead", number, "--json"))] == [
        "message"
    ]
    receiver.answer = say_yes
    assert telling.admin("webhook", "resend", number) == "1 will be sent again\n"
    assert (await taken(receiver)).text == "unwanted"
    assert (await api.ask("POST", f"{path}/deliveries/resend", 200, delivery_ids=[]))["resent"] == 0


async def test_logins_and_groups_are_told_and_nothing_that_was_not_asked_for(
    telling: ApiSuite, api: Api, receiver: Receiver
) -> None:
    path, _ = await register(api, receiver.url, "login", "group.created", "group.members", "group.removed")
    async with telling.client("u5"):
        login = await taken(receiver)
    assert (login.json["type"], login.json["data"]["name"]) == ("login", "u5")
    await say(api, "nobody's business")
    group = (await api.ask("POST", "/groups", 201, name="told", member_ids=[1, 2]))["id"]
    await api.ask("POST", f"/groups/{group}/members", user_ids=[3])
    await api.ask("DELETE", f"/groups/{group}", 204)
    told = [(await taken(receiver)).json for _ in range(3)]
    assert [one["type"] for one in told] == ["group.created", "group.members", "group.removed"]
    assert told[1]["data"] == {"group_id": group, "change": "added", "user_ids": [3], "member_ids": [1, 2, 3]}
    assert (await api.ask("PATCH", path, active=False))["active"] is False
    async with telling.client("u5"):
        pass
    assert (await api.ask("GET", "/webhooks"))["webhooks"][0]["queued"] == 0


async def test_a_webhook_of_the_inside_is_not_told_unless_it_is_allowed(api: Api, receiver: Receiver) -> None:
    for url in (receiver.url.replace("127.0.0.1", "127.0.0.2"), receiver.url.replace("127.0.0.1", "[::1]")):
        path, _ = await register(api, url, "message")
        await say(api, "secret")
        async with asyncio.timeout(40):
            error = ""
            while not error:
                waiting = await api.ask("GET", f"{path}/deliveries?state=queued")
                error = waiting["deliveries"][0]["error"]
        assert "is not public" in error
        await api.ask("DELETE", path, 204)
    for url in ("ftp://example.org/", "http:///x", "http://exa mple.org"):
        await api.ask("POST", "/webhooks", 422, name="x", url=url, events=["message"])
    assert receiver.taken.empty()


async def test_a_redirect_is_not_followed(api: Api, receiver: Receiver) -> None:
    await register(api, receiver.url, "message")
    statuses = iter([302])
    receiver.answer = lambda _told: next(statuses, 204)
    await say(api, "here")
    assert (await taken(receiver)).text == "here"
    assert receiver.refused.qsize() == 1


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.1", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1"),
        *("2002:7f00:1::", "ff02::1"),
    ],
)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(ForbiddenTargetError):
        Targets(()).check(address)


def test_what_is_public_or_allowed_is_told() -> None:
    targets = Targets(("10.0.0.0/8", "fd00::/8"))
    for address in ("93.184.216.34", "2606:2800:220:1::1", "10.1.2.3", "::ffff:10.1.2.3", "fd00::7"):
        targets.check(address)
    with pytest.raises(ForbiddenTargetError):
        targets.check("192.168.0.1")


async def test_the_examples_run(telling: ApiSuite, api: Api) -> None:
    bot_token, (port, other) = telling.bot("echo"), free_ports(2)
    async with telling.api(bot_token) as bot:
        bot_id = (await bot.ask("GET", "/me"))["user_id"]
    _, secret = await register(api, f"http://127.0.0.1:{port}/", "message", user_id=bot_id)
    _, other_secret = await register(api, f"http://127.0.0.1:{other}/", "message")
    program = [EXAMPLES / "webhook_bot.py", "--secret", secret, "--port", str(port)]
    program += ["--api", telling.base_url, "--token", bot_token]
    shower = [EXAMPLES / "webhook_receiver.py", "--secret", other_secret, "--port", str(other)]
    with running(program), running(shower) as shown:
        async with telling.client("u1") as one:
            await one.send(Conversation.with_user(bot_id), "你好")
            async with asyncio.timeout(30):
                answer = await anext(one.messages())
            assert (answer.sender_id, answer.text) == (bot_id, "你好")
        async with asyncio.timeout(30):
            events = [json.loads(await asyncio.to_thread(line_of, shown)) for _ in range(2)]
    assert [event["data"]["from_user_id"] for event in events] == [1, bot_id]


class running:  # noqa: N801 - reads as what it does
    """A program that listens, until the end of the block."""

    def __init__(self, arguments: list[Any]) -> None:
        self._process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "subprocess.Popen[str]":
        assert "listening" in line_of(self._process)
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()
