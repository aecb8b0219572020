"""Clients that come by WebSocket: the same protocol, and what is WebSocket's own."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode

from .browser import BROWSER, WebClient
from .client import GROUP_TEXT, WINDOWS
from .people import People
from .suite import Suite
from .wire import COMMAND_OF, HEADER, HEARTBEAT, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIME = COMMAND_OF["IMClientTimeReq"]
GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED_DATA, POLICY, TOO_BIG = 1001, 1002, 1003, 1008, 1009


async def test_a_browser_and_a_desktop_talk(people: People) -> None:
    page, desktop = await people.online(kind=BROWSER, server=people.web), await people.online()
    ack = await page.say(desktop.user_id, b"from a page")
    assert (await desktop.hears(b"from a page", from_user_id=page.user_id)).msg_id == ack.msg_id
    ack = await desktop.say(page.user_id, b"from a desktop")
    assert (await page.hears(b"from a desktop", from_user_id=desktop.user_id)).msg_id == ack.msg_id
    assert [message.msg_data for message in await page.whole_history(desktop.user_id)] == [
        b"from a page",
        b"from a desktop",
    ]


async def test_a_browser_hears_groups_and_presence_like_anybody(people: People) -> None:
    page, desktop = await people.online(kind=BROWSER, server=people.web), await people.online()
    group = (await desktop.create_group(page.user_id)).group_id
    await page.expect("IMUserStatNotify")
    await desktop.say(group, b"all of you", GROUP_TEXT)
    await page.hears(b"all of you", to_session_id=group)


async def test_without_a_kind_of_its_own_a_browser_kicks_the_desktop(people: People) -> None:
    desktop = await people.online()
    await people.online(user=desktop.user, kind=BROWSER, server=people.web)
    await desktop.expect("IMKickUser", kick_reason=1)


async def test_with_a_device_kind_the_desktop_stays(people: People) -> None:
    desktop = await people.online()
    page = await people.online(user=desktop.user, kind=BROWSER, server=people.web, device_kind="web")
    await page.say((await people.online()).user_id, b"hello")
    await desktop.hears(b"hello")
    assert await desktop.server_time() > 0


async def test_one_message_may_hold_several_frames(people: People) -> None:
    page = await people.online(server=people.web)
    await page.send_frame(Frame(HEARTBEAT, seq=43), Frame(TIME, seq=44), Frame(HEARTBEAT, seq=45))
    answers = [await page.next(lambda frame: frame.seq > 40, "an answer") for _ in range(3)]
    assert [frame.seq for frame in answers] == [43, 44, 45]


async def test_a_fragmented_message_is_put_together(people: People) -> None:
    page = await people.online(server=people.web)
    raw = Frame(TIME, seq=77).encode() + Frame(TIME, seq=78).encode()
    for cut in range(1, len(raw)):
        await page.write_fragments([raw[:cut], raw[cut:]])
        for seq in (77, 78):
            await page.answer("IMClientTimeReq", seq)


async def test_a_text_message_is_refused(people: People) -> None:
    page = await people.online(server=people.web)
    await page.socket.send("hello")
    assert await page.close_code() == UNSUPPORTED_DATA


async def test_a_message_over_the_limit_is_refused(people: People) -> None:
    page = await people.online(server=people.web)
    await page.write(bytes(1024 * 1024 + 1))
    assert await page.close_code() == TOO_BIG


@pytest.mark.parametrize(("length", "code"), [(0, PROTOCOL_ERROR), (15, PROTOCOL_ERROR), (2**31, TOO_BIG)])
async def test_a_frame_of_impossible_length_is_refused(people: People, length: int, code: int) -> None:
    page = await people.online(server=people.web)
    await page.write(HEADER.pack(length, 1, 0, 3, TIME, 1, 0))
    assert await page.close_code() == code


async def test_broken_websocket_frames_are_refused(people: People) -> None:
    for broken in (b"\x82\x00", b"\xf2\x80\0\0\0\0", b"\x83\x80\0\0\0\0", b"\x80\x80\0\0\0\0"):
        page = await people.online(server=people.web)
        page.socket.transport.write(broken)  # no mask, reserved bits, no such opcode, nothing to continue
        assert await page.close_code() == PROTOCOL_ERROR


async def test_who_asks_for_more_than_a_login_first_is_told_that_he_may_not(people: People) -> None:
    page = await people.connect(server=people.web)
    await page.send("IMUnreadMsgCntReq")
    assert await page.close_code() == POLICY


async def test_a_ping_is_answered_with_its_own_words(people: People) -> None:
    page = await people.online(server=people.web)
    async with asyncio.timeout(8):
        await (await page.socket.ping(b"are you there?"))


async def test_a_page_may_ask_for_a_subprotocol(people: People) -> None:
    assert people.web is not None
    page = await WebClient.open(people.web, subprotocols=["binary", "teamtalk"])
    assert page.socket.subprotocol == "binary"
    await page.close()


async def test_compression_is_never_agreed_on(people: People) -> None:
    assert people.web is not None
    address = people.web
    async with connect(address, proxy=None, compression="deflate") as offered:
        assert offered.response is not None
        assert "Sec-WebSocket-Extensions" not in offered.response.headers


async def test_what_is_no_websocket_gets_an_http_answer(suite: Suite) -> None:
    host, _, port = suite.addresses["msg_ws"].rpartition(":")
    for request, status in [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"426"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", b"400"),
    ]:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        async with asyncio.timeout(8):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 " + status)


async def test_the_server_says_that_it_goes_away(own_suite: Suite, own_people: People) -> None:
    page = await own_people.online(server=own_people.web)
    loop = asyncio.get_running_loop()
    stopped = loop.run_in_executor(None, own_suite.stop)
    assert await page.close_code() == GOING_AWAY
    assert await stopped < 8


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[Suite, ssl.SSLContext]]:
    """A suite whose listener is particular: encrypted, and for one page only."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    made += ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    settings = f'[msg]\nws_certificate = "{certificate}"\nws_key = "{key}"\n'
    suite = Suite(tmp_path, settings + 'ws_origins = ["https://chat.example.org"]\nws_ping_s = 1.0\n')
    trust = ssl.create_default_context(cafile=str(certificate))
    trust.check_hostname = False
    try:
        suite.start()
        yield suite, trust
    finally:
        suite.stop()


async def test_a_page_from_elsewhere_is_refused(encrypted: tuple[Suite, ssl.SSLContext]) -> None:
    suite, trust = encrypted
    with pytest.raises(InvalidStatus) as refusal:
        await WebClient.open(
            f"wss://{suite.addresses['msg_ws']}", ssl=trust, origin="https://evil.example.org"
        )
    assert refusal.value.response.status_code == 403


async def test_a_silent_page_is_pinged_over_tls(encrypted: tuple[Suite, ssl.SSLContext]) -> None:
    suite, trust = encrypted
    people = People(suite)
    page = await WebClient.open(
        f"wss://{suite.addresses['msg_ws']}",
        user=await people.user(),
        kind=BROWSER,
        ssl=trust,
        origin="https://chat.example.org",
    )
    pinged = asyncio.Event()
    take = page.socket.process_event

    def watch(event: WireFrame) -> None:
        if event.opcode is Opcode.PING:
            pinged.set()
        take(event)

    page.socket.process_event = watch
    await page.log_in()
    async with asyncio.timeout(8):
        await pinged.wait()
    assert await page.server_time() > 0
    await page.close()


async def test_a_peer_that_hangs_up_in_the_middle_leaves_nothing_behind(people: People, suite: Suite) -> None:
    desktop = await people.online(kind=WINDOWS)
    host, _, port = suite.addresses["msg_ws"].rpartition(":")
    for _ in range(20):
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" + os.urandom(40))
    assert await desktop.server_time() > 0
