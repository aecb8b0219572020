"""Files between two clients of the real suite: every way, over cut connections and kills."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hongyan.client import (
    Client,
    Conversation,
    DeviceKind,
    FileOffer,
    FileOffered,
    Options,
    RequestRefused,
    Timing,
    TransferBroken,
    TransferRefused,
)

from .cutting_proxy import CuttingProxy
from .real_suite import PASSWORD, RealSuite

TIMING = Timing(reconnect_first_s=0.02, reconnect_longest_s=0.2, gap_s=0.1, transfer_patience_s=90)
FOREIGN = "00000000-0000-4000-8000-000000000000"
SIZE = 3 * 1024 * 1024 + 17


@pytest.fixture
def content() -> bytes:
    return random.Random(5).randbytes(SIZE)  # noqa: S311 - no secret


@pytest.fixture
def source(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "报告 1.bin"
    path.write_bytes(content)
    return path


def login(suite: RealSuite, name: str, timing: Timing = TIMING, **options: Any) -> Client:
    return Client(suite.login_url, name, PASSWORD, options=Options(timing=timing, **options))


@asynccontextmanager
async def proxy_to(suite: RealSuite) -> AsyncIterator[CuttingProxy]:
    host, _, port = suite.addresses["file"].rpartition(":")
    proxy = CuttingProxy((host, int(port)))
    async with proxy.running():
        yield proxy


def through(offer: FileOffer, proxy: CuttingProxy) -> FileOffer:
    return replace(offer, servers=(proxy.address,))


def cutting(proxy: CuttingProxy, *at: int) -> Callable[[int, int], None]:
    """Cut the connection when a transfer gets to these places."""
    places = list(at)

    def on_progress(done: int, _: int) -> None:
        if places and done >= places[0]:
            places.pop(0)
            proxy.cut()

    return on_progress


async def offered(events: Any) -> FileOffer:
    async with asyncio.timeout(60):
        async for event in events:
            if isinstance(event, FileOffered):
                return event.offer
    raise AssertionError("nothing was offered")


def is_same(path: Path, content: bytes) -> bool:
    return hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(content).digest()


def parts(folder: Path) -> list[Path]:
    return list(folder.glob(".*.part"))


async def test_a_file_is_kept_until_it_is_fetched(
    suite: RealSuite, source: Path, content: bytes, tmp_path: Path
) -> None:
    progress: list[tuple[int, int]] = []
    async with login(suite, "u1") as one:
        async with login(suite, "u2") as two:
            two_id = two.user_id
        sent = await one.send_file(
            Conversation.with_user(two_id), source, on_progress=lambda *now: progress.append(now)
        )
        assert (sent.is_online, sent.name, sent.size) == (False, source.name, SIZE)
    assert progress[-1] == (SIZE, SIZE)
    assert progress == sorted(progress)
    async with login(suite, "u2") as two:
        (offer,) = await two.waiting_files()
        assert (offer.sender_id, offer.name, offer.size) == (sent.sender_id, source.name, SIZE)
        arrived = await two.receive_file(offer, tmp_path)
        assert arrived == tmp_path / "报告 1 (2).bin"
        assert is_same(arrived, content)
        assert await two.waiting_files() == []
        with pytest.raises(TransferRefused):
            await two.receive_file(offer, tmp_path / "again")
    assert not parts(tmp_path) or parts(tmp_path)[0].stat().st_size == 0


async def test_the_receiver_is_told_of_a_kept_file(suite: RealSuite, source: Path, tmp_path: Path) -> None:
    async with login(suite, "u1") as one, login(suite, "u2") as two:
        events = two.events()
        await one.send_file(Conversation.with_user(two.user_id), source)
        offer = await offered(events)
        assert not offer.is_online
        await two.refuse_file(offer)
        assert await two.waiting_files() == []
        with pytest.raises(TransferRefused):
            await two.receive_file(offer, tmp_path / "refused")


@pytest.mark.parametrize("size", [0, 1, 32768, 32769, 262144])
async def test_files_of_any_size_pass_both_ways(suite: RealSuite, tmp_path: Path, size: int) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    async with login(suite, "u1") as one, login(suite, "u2") as two:
        for is_online in (False, True):
            events = two.events()
            target = tmp_path / f"target {is_online}"
            async with asyncio.TaskGroup() as tasks:
                to_two = Conversation.with_user(two.user_id)
                sending = tasks.create_task(one.send_file(to_two, source, is_online=is_online))
                await two.receive_file(await offered(events), target)
            assert sending.result().is_online is is_online
            assert target.read_bytes() == source.read_bytes()


async def test_kept_files_go_on_where_either_side_was_cut(
    suite: RealSuite, source: Path, content: bytes, tmp_path: Path
) -> None:
    async with login(suite, "u3") as three, login(suite, "u4") as four, proxy_to(suite) as proxy:
        events = four.events()
        offer = await three.offer_file(Conversation.with_user(four.user_id), source)
        watch = cutting(proxy, 100_000, SIZE // 2, SIZE)
        await three.send_file(through(offer, proxy), source, on_progress=watch)
        assert proxy.connections >= 3
        offer, proxy.connections = await offered(events), 0
        starts: list[int] = []
        cut = cutting(proxy, 1, SIZE // 3, SIZE - 1)

        def on_progress(done: int, size: int) -> None:
            starts.append(done)
            cut(done, size)

        arrived = await four.receive_file(
            through(offer, proxy), tmp_path / "arrived", on_progress=on_progress
        )
        assert is_same(arrived, content)
        assert proxy.connections >= 3
        assert starts == sorted(set(starts))  # no byte came twice
        assert parts(tmp_path) == []


async def test_files_get_through_connections_that_never_live_long(
    suite: RealSuite, source: Path, content: bytes, tmp_path: Path
) -> None:
    few = content[: 5 * 65536]
    await asyncio.to_thread(source.write_bytes, few)
    async with login(suite, "u3") as three, login(suite, "u4") as four, proxy_to(suite) as proxy:
        proxy.most_bytes = 100_000
        events = four.events()
        offer = await three.offer_file(Conversation.with_user(four.user_id), source)
        await three.send_file(through(offer, proxy), source)
        arrived = await four.receive_file(through(await offered(events), proxy), tmp_path / "arrived")
        assert is_same(arrived, few)
        assert proxy.connections > 8


@pytest.mark.parametrize("side", ["sender", "receiver"])
async def test_online_transfers_go_on_where_either_side_was_cut(
    suite: RealSuite, source: Path, content: bytes, tmp_path: Path, side: str
) -> None:
    async with login(suite, "u3") as three, login(suite, "u4") as four, proxy_to(suite) as proxy:
        events = four.events()
        to_four = Conversation.with_user(four.user_id)
        outgoing = await three.offer_file(to_four, source, is_online=True)
        incoming = await offered(events)
        if side == "sender":
            outgoing = through(outgoing, proxy)
        else:
            incoming = through(incoming, proxy)
        watch = cutting(proxy, 1, SIZE // 3, SIZE // 2)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(three.send_file(outgoing, source))
            arrived = await four.receive_file(incoming, tmp_path / "arrived", on_progress=watch)
        assert is_same(arrived, content)
        assert proxy.connections >= 3


class StoppedError(Exception):
    """The program ends in the middle of a transfer."""


def stop_at(place: int) -> Callable[[int, int], None]:
    def on_progress(done: int, _: int) -> None:
        if done >= place:
            raise StoppedError

    return on_progress


async def test_a_program_that_starts_anew_goes_on_with_what_it_has(
    suite: RealSuite, source: Path, content: bytes, tmp_path: Path
) -> None:
    async with login(suite, "u1") as one, login(suite, "u2") as two:
        events = two.events()
        outgoing = await one.offer_file(Conversation.with_user(two.user_id), source)
        with pytest.raises(StoppedError):
            await one.send_file(outgoing, source, on_progress=stop_at(SIZE // 2))
        resumed: list[int] = []
        await one.send_file(outgoing, source, on_progress=lambda done, _: resumed.append(done))
        assert resumed[0] > 262144
        incoming = await offered(events)
        with pytest.raises(StoppedError):
            await two.receive_file(incoming, tmp_path / "arrived", on_progress=stop_at(SIZE // 2))
        (part,) = parts(tmp_path)
        there = part.stat().st_size
        resumed.clear()
        arrived = await two.receive_file(
            incoming, tmp_path / "arrived", on_progress=lambda done, _: resumed.append(done)
        )
        assert resumed[0] == there >= SIZE // 2
        assert is_same(arrived, content)


async def test_refused_and_cancelled_transfers_end_for_both(
    suite: RealSuite, source: Path, tmp_path: Path
) -> None:
    async with login(suite, "u5") as five, login(suite, "u6") as six:
        events = six.events()
        to_six = Conversation.with_user(six.user_id)
        outgoing = await five.offer_file(to_six, source, is_online=True)
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(failure_of(five.send_file(outgoing, source)))
            await six.refuse_file(await offered(events))
        assert isinstance(sending.result(), TransferRefused)

        outgoing = await five.offer_file(to_six, source, is_online=True)
        incoming = await offered(events)
        async with asyncio.TaskGroup() as tasks:
            receiving = tasks.create_task(failure_of(six.receive_file(incoming, tmp_path / "no")))
            await five.cancel_file(outgoing)
        assert isinstance(receiving.result(), TransferRefused)
        await five.cancel_file(outgoing)  # once more does no harm
        with pytest.raises(TransferRefused):
            await five.send_file(outgoing, source)


async def failure_of(work: Any) -> Exception | None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error
    return None


async def test_a_receiver_without_a_pc_gets_the_file_later(
    suite: RealSuite, source: Path, content: bytes, tmp_path: Path
) -> None:
    async with login(suite, "u7") as seven, login(suite, "u8", device=DeviceKind.ANDROID) as phone:
        sent = await seven.send_file(Conversation.with_user(phone.user_id), source, is_online=True)
        assert not sent.is_online
        (offer,) = await phone.waiting_files()
        assert is_same(await phone.receive_file(offer, tmp_path / "arrived"), content)


async def test_nobody_else_can_take_part(suite: RealSuite, source: Path, tmp_path: Path) -> None:
    async with login(suite, "u1") as one, login(suite, "u2") as two, login(suite, "u9") as nine:
        events = two.events()
        await one.send_file(Conversation.with_user(two.user_id), source)
        offer = await offered(events)
        with pytest.raises(ValueError, match="neither from nor for"):
            await nine.receive_file(offer, tmp_path / "stolen")
        forged = replace(offer, receiver_id=nine.user_id)
        with pytest.raises(TransferRefused):
            await nine.receive_file(forged, tmp_path / "stolen")
        for task_id in ("", "../../../etc/passwd", offer.task_id.upper(), offer.task_id + "\0", "x" * 5000):
            with pytest.raises(TransferRefused):
                await two.receive_file(replace(offer, task_id=task_id), tmp_path / "stolen")
        token = ("B" if offer.token[-1] == "A" else "A").join((offer.token[:-1], ""))
        with pytest.raises(TransferRefused):
            await two.receive_file(replace(offer, token=token), tmp_path / "stolen")
        # another user's announcement and deletion do nothing
        for task_id in (offer.task_id, FOREIGN, FOREIGN[:-4] + offer.task_id[-4:]):
            await nine._announce(replace(offer, sender_id=nine.user_id, task_id=task_id))
        await one._announce(replace(offer, size=1))
        await nine.refuse_file(forged)
        assert [each.task_id for each in await two.waiting_files()] == [offer.task_id]
        await two.refuse_file(offer)


async def test_an_offer_that_nobody_takes_is_given_up_and_can_be_taken_up(
    suite: RealSuite, source: Path, content: bytes, tmp_path: Path
) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(2**32)
    impatient = replace(TIMING, transfer_patience_s=0.3)
    async with login(suite, "u2") as two:
        events = two.events()
        to_two = Conversation.with_user(two.user_id)
        async with login(suite, "u1", impatient) as one:
            outgoing = await one.offer_file(to_two, source, is_online=True)
            with pytest.raises(TransferBroken, match=r"no progress for 0\.3 s"):
                await one.send_file(outgoing, source)
            with pytest.raises(RequestRefused, match="4 GiB"):
                await one.send_file(to_two, huge)
        async with login(suite, "u1") as one, asyncio.TaskGroup() as tasks:
            arriving = tasks.create_task(two.receive_file(await offered(events), tmp_path / "arrived"))
            await one.send_file(outgoing, source)
        assert is_same(arriving.result(), content)


async def test_a_killed_server_goes_on_where_it_was(
    tmp_path_factory: pytest.TempPathFactory, source: Path, content: bytes, tmp_path: Path
) -> None:
    suite = RealSuite(tmp_path_factory.mktemp("killed"))
    suite.add_users()
    suite.start()
    try:
        async with login(suite, "u1") as one, login(suite, "u2") as two:
            events = two.events()
            to_two = Conversation.with_user(two.user_id)
            kept = await one.offer_file(to_two, source)
            resumed = await over_a_kill(suite, lambda watch: one.send_file(kept, source, on_progress=watch))
            assert resumed > 0
            incoming = await offered(events)
            target = tmp_path / "kept"
            resumed = await over_a_kill(
                suite, lambda watch: two.receive_file(incoming, target, on_progress=watch)
            )
            assert resumed > SIZE // 2
            assert is_same(target, content)

            online = await one.offer_file(to_two, source, is_online=True)
            incoming = await offered(events)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(two.receive_file(incoming, tmp_path / "online"))
                await over_a_kill(suite, lambda watch: one.send_file(online, source, on_progress=watch))
            assert is_same(tmp_path / "online", content)
    finally:
        suite.stop()


async def over_a_kill(suite: RealSuite, transfer: Callable[[Callable[[int, int], None]], Any]) -> int:
    """Kill the server when a transfer is half through, start it anew; return where it went on."""
    is_killed = asyncio.Event()
    after: list[int] = []

    def watch(done: int, size: int) -> None:
        if is_killed.is_set():
            after.append(done)
        elif done >= size // 2:
            suite.kill()
            is_killed.set()

    async with asyncio.timeout(90), asyncio.TaskGroup() as tasks:
        tasks.create_task(transfer(watch))
        await is_killed.wait()
        await asyncio.to_thread(suite.start)
    return after[0]
