"""Hostile bytes on every port, and hostile users, while honest people go on talking."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from .client import Client, ClosedError, Connection
from .people import People
from .suite import Suite
from .wire import COMMAND_OF, HEADER, MESSAGE_OF, SCHEMA, Frame, encode, varint

CONFIG = ""
"""A suite for what is done to it here, and for its memory."""
DICE = random.Random(20260101)  # noqa: S311 - repeatable noise, not a secret
MEMORY_LIMIT_MB = 500.0
PORTS = ["login_http", "login_client", "login_msg", "msg", "msg_ws", "route", "db_proxy", "metrics"]
AT_ONCE = 20


def header(length: int, command: int) -> bytes:
    return HEADER.pack(length, 1, 0, 7, command, 1, 0)


def nested(depth: int) -> bytes:
    """Fields inside fields inside fields."""
    body = b""
    for _ in range(depth):
        body = b"\x2a" + varint(len(body)) + body
        if len(body) > 60_000:
            break
    return body


BYTES = {
    "nothing": b"",
    "zeros": b"\0" * 20_000,
    "ones": b"\xff" * 20_000,
    "noise": DICE.randbytes(20_000),
    "text": b"hello, is this the right number?\r\n" * 100,
    "tls": bytes.fromhex("16030100c8010000c40303") + DICE.randbytes(200),
    "half a header": b"\0\0\0",
    "huge length": header(0x7FFFFFFF, 0x0103) + b"\0" * 500_000,
    "length at the edge": header(1024 * 1024, 0x0103) + b"\0" * 10_000,
    "short lengths": b"".join(header(length, 0x0701) for length in range(17)),
    "endless varint": Frame(0x0103, b"\x0a" + b"\xff" * 50_000).encode(),
    "length beyond the body": Frame(0x0103, b"\x0a\xff\xff\xff\xff\x0f").encode(),
    "open groups": Frame(0x0103, b"\x0b" * 50_000).encode(),
    "deep nesting": Frame(0x0104, nested(20_000)).encode(),
    "every command, empty": b"".join(Frame(command).encode() for command in MESSAGE_OF),
    "every command, noise": b"".join(Frame(command, DICE.randbytes(50)).encode() for command in MESSAGE_OF),
    "http get": b"GET / HTTP/1.1\r\n\r\n",
    "http junk": b"GET \0 HTTP/9.9\r\nContent-Length: -5\r\n\r\n",
    "http big body": b"POST /msg_server HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 9999,
    "http long line": b"GET /" + b"a" * 300_000,
    "http many headers": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50_000,
    "http chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n",
    "websocket": b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    + b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
    * 100,
}


@asynccontextmanager
async def honest_conversation(people: People) -> AsyncIterator[None]:
    """Two people answer each other the whole time, each within the deadline, nothing lost."""
    alice, bob = await people.online(), await people.online()
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        talk = tasks.create_task(talk_until(over, alice, bob))
        try:
            yield
        finally:
            over.set()
    assert await talk >= 2
    assert len(await bob.whole_history(alice.user_id)) == await talk


async def talk_until(over: asyncio.Event, alice: Client, bob: Client) -> int:
    said = 0
    while not over.is_set() or said < 2:
        for speaker, listener in ((alice, bob), (bob, alice)):
            said += 1
            assert (await speaker.say(listener.user_id, b"%d" % said)).msg_id == said
            assert (await listener.hears(b"%d" % said)).msg_id == said
    return said


async def attack(address: str, payload: bytes) -> None:
    """Throws bytes at a port and hangs up, after a moment for it to react."""
    connection = await Connection.open(address)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await connection.write(payload)
            await connection.read_raw(0.3)
    finally:
        connection.cut()
        await connection.close()


async def at_most_at_once(attacks: list) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(each: object) -> None:
        async with turns:
            await each

    async with asyncio.TaskGroup() as tasks:
        for each in attacks:
            tasks.create_task(in_turn(each))


@pytest.mark.parametrize("port", PORTS)
async def test_noise_on_a_port_disturbs_nobody(suite: Suite, people: People, port: str) -> None:
    address = suite.addresses[port]
    async with honest_conversation(people):
        await at_most_at_once([attack(address, payload) for payload in BYTES.values()])
    assert suite.server.memory_mb < MEMORY_LIMIT_MB


async def test_hundreds_of_connections_that_say_nothing_disturb_nobody(suite: Suite, people: People) -> None:
    addresses = [suite.addresses[port] for port in PORTS]
    async with honest_conversation(people):
        for address in addresses * 40:
            await people.raw(address)
    await people.online()


async def test_a_flood_of_half_frames_is_not_kept_in_memory(suite: Suite, people: People) -> None:
    before = suite.server.memory_mb
    half = header(1_000_000, 0x0103) + b"\0" * 900_000
    async with honest_conversation(people):
        for _ in range(100):
            stranger = await people.raw(suite.msg)
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await stranger.write(half)
    assert suite.server.memory_mb < before + 200


# --- hostile users ---


def mutated(command: int) -> bytes:
    """A plausible body of that command with something wrong in it."""
    body = bytearray(plausible(MESSAGE_OF[command]))
    for _ in range(DICE.randrange(4)):
        if body:
            body[DICE.randrange(len(body))] = DICE.randrange(256)
    return bytes(body[: DICE.randrange(len(body) + 1)] if DICE.random() < 0.3 else body)


def plausible(message: str) -> bytes:
    fields = {}
    for name, field in SCHEMA[message].items():
        if field.is_message:
            continue
        text = field.type in {"string", "bytes"}
        value = DICE.randbytes(DICE.randrange(20)) if text else DICE.choice([0, 1, 2, 2**31, 2**32 - 1])
        fields[name] = [value] * DICE.randrange(3) if field.label == "repeated" else value
    return encode(message, **fields)


async def test_a_user_who_sends_every_command_with_nonsense_disturbs_nobody(
    suite: Suite, people: People
) -> None:
    user = await people.user()
    async with honest_conversation(people):
        mallory = await people.online(user)
        for command in [*MESSAGE_OF, *range(0x0700, 0x0740)] * 4:
            body = mutated(command) if command in MESSAGE_OF else DICE.randbytes(30)
            await mallory.send_frame(Frame(command, body, seq=DICE.randrange(2**16)))
            try:
                await mallory.arrived()
            except ClosedError:
                mallory = await people.online(user)
            except AssertionError as nothing_came:
                raise AssertionError(f"after {command:04x} {body.hex()}") from nothing_came
    assert suite.server.alive


async def test_who_asks_and_does_not_read_is_not_given_endless_memory(suite: Suite, people: People) -> None:
    alice, bob = await people.online(), await people.online()
    for seq in await alice.post_all(bob.user_id, [b"x" * 3500] * 100):
        await alice.acked(seq)
    before = suite.server.memory_mb
    mallory = await people.online(bob.user)
    mallory.stop_reading()
    async with honest_conversation(people):
        question = b"".join(
            mallory.frame(
                "IMGetMsgListReq",
                session_type=1,
                session_id=alice.user_id,
                msg_id_begin=0,
                msg_cnt=100,
            ).encode()
            for _ in range(100)
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(5.0):
                for _ in range(10):  # answers of 350 MB in all
                    await mallory.write(question)
    assert suite.server.memory_mb < before + 200


async def test_a_recipient_who_does_not_read_holds_nobody_up_and_misses_nothing(
    suite: Suite, people: People
) -> None:
    alice, user = await people.online(), await people.user()
    before = suite.server.memory_mb
    deaf = await people.online(user)
    deaf.stop_reading()
    async with honest_conversation(people):
        for _ in range(40):
            sent = await alice.post_all(user.user_id, [b"y" * 4000] * 200)
            for seq in sent:
                await alice.acked(seq)
    assert suite.server.memory_mb < before + 200
    back = await people.online(user)
    assert await back.latest_msg_id(alice.user_id) == 8000


async def test_a_login_storm_disturbs_nobody(people: People) -> None:
    async def storm(number: int) -> None:
        stranger = await people.connect()
        with suppress(ClosedError):  # as everybody is who has not logged in after 15 seconds
            await stranger.request_login(user_name=f"storm{number}")

    async with honest_conversation(people):
        await asyncio.gather(*(storm(number) for number in range(60)))


async def test_who_connects_and_leaves_a_thousand_times_leaves_nothing_behind(
    suite: Suite, people: People
) -> None:
    before = suite.server.memory_mb
    async with honest_conversation(people):
        for _ in range(1000):
            connection = await Connection.open(suite.msg)
            await connection.send_frame(Frame(COMMAND_OF["IMClientTimeReq"], seq=1))
            connection.cut()
            await connection.close()
    assert suite.server.memory_mb < before + 100
