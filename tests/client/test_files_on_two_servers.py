"""Two file_servers behind one msg_server: each file is found where it is; one that dies harms no other."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from measuring.ports import free_ports

from acceptance.suite import Server
from hongyan.client import Client, ConnectFailed, Conversation, Options, Timing
from hongyan.client.transfers.file_link import FileLink, Role

from .real_suite import PASSWORD, RealSuite

SECRET = "0123456789abcdef0123456789abcdef"
MOST_TRIES = 60


class SecondFileServer:
    """``hongyan serve file``, on ports that stay the same over a kill."""

    def __init__(self, folder: Path) -> None:
        config = folder / "second.toml"
        self._server = Server("second", ["serve", "file", "--config", str(config)], folder)
        self.addresses: dict[str, str] = {}
        port, msg_port = free_ports(2)
        config.write_text(
            f'[cluster]\nsecret = "{SECRET}"\n[metrics]\nport = 0\n'
            f"[file]\nport = {port}\nmsg_port = {msg_port}\n"
            f'directory = "{folder / "second"}"\n'
        )

    def start(self) -> None:
        self.addresses = self._server.launch_until_ready()

    def kill(self) -> None:
        self._server.kill()

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.addresses["file"].rpartition(":")
        return host, int(port)


@pytest.fixture
def second(tmp_path: Path) -> Iterator[SecondFileServer]:
    server = SecondFileServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def suite(tmp_path: Path, second: SecondFileServer) -> Iterator[RealSuite]:
    settings = {
        "HONGYAN_CLUSTER__SECRET": SECRET,
        "HONGYAN_MSG__FILE_SERVERS": json.dumps([second.addresses["file_msg"]]),
    }
    suite = RealSuite(tmp_path, environment=settings)
    suite.add_users()
    suite.start()
    yield suite
    suite.stop()


def login(suite: RealSuite, name: str) -> Client:
    timing = Timing(reconnect_first_s=0.05, reconnect_longest_s=0.2, transfer_patience_s=90)
    return Client(suite.login_url, name, PASSWORD, options=Options(timing=timing))


async def test_files_are_found_on_the_server_that_has_them(
    suite: RealSuite, second: SecondFileServer, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"some bytes" * 1000)
    async with login(suite, "u1") as one, login(suite, "u2") as two:
        to_two = Conversation.with_user(two.user_id)
        sent = []
        for _ in range(MOST_TRIES):
            sent.append(await one.send_file(to_two, source))
            if {offer.servers[0] == second.address for offer in sent} == {True, False}:
                break
        waiting = await two.waiting_files()
        assert [offer.task_id for offer in waiting] == [offer.task_id for offer in sent]
        assert [offer.servers for offer in waiting] == [offer.servers for offer in sent]
        there = next(offer for offer in waiting if offer.servers[0] == second.address)

        await asyncio.to_thread(second.kill)
        with pytest.raises(ConnectFailed, match="cannot reach the file_server"):
            await FileLink.open(there, Role.DOWNLOADER, Options())
        for _ in range(3):
            after = await one.send_file(to_two, source)
            assert after.servers[0] != second.address
            await two.refuse_file(after)

        await asyncio.to_thread(second.start)
        for offer in waiting:
            arrived = await two.receive_file(offer, tmp_path)
            assert arrived.read_bytes() == source.read_bytes()
        assert await two.waiting_files() == []
