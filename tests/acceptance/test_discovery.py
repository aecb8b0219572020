"""Every role in its own process, and etcd instead of addresses in files."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from measuring.ports import free_ports

from cluster.etcd_server import EtcdServer
from push.stand_in import StandIn

from .client import Client, eventually, http
from .people import People, people_of
from .phones import apns_table, until_pushed
from .suite import Cluster, running

CONFIG = """\
[cluster]
secret = "acceptance tests only"
[discovery]
etcd = ["{etcd}"]
ttl_s = 2
report_load_s = 0.1
[login]
http_port = {login_http}
client_port = {login_client}
msg_port = {login_msg}
[msg]
port = {msg}
websocket = false
[route]
port = {route}
[db_proxy]
port = {db_proxy}
database = "sqlite:///{folder}/hongyan.db"
[file]
port = {file}
msg_port = {file_msg}
directory = "{folder}/files"
[push]
port = {push}
[metrics]
port = 0
"""


class EtcdCluster(Cluster):
    ROLES = (*Cluster.ROLES, "file", "push")
    PORTS = (*Cluster.PORTS, "file", "file_msg", "push")

    def __init__(self, folder: Path, etcd: EtcdServer, stand_in: StandIn) -> None:
        self.etcd = etcd
        self._apns = apns_table(stand_in)
        super().__init__(folder)

    def _config(self, role: str) -> Path:
        ports = self.ports | {"msg": self.ports["msg2" if role == "msg2" else "msg"]}
        path = self.folder / f"{role}.toml"
        text = CONFIG.format(**ports, etcd=self.etcd.url, folder=self.folder)
        path.write_text(text + self._apns, encoding="utf-8")
        return path

    def move(self, role: str) -> None:
        """Start a role again on another port, as on another machine."""
        self.servers[role].kill()
        self.ports[role] = free_ports(1)[0]
        self.addresses[role] = f"127.0.0.1:{self.ports[role]}"
        self._config(role)
        self.start(role)


@pytest.fixture(scope="module")
def etcd() -> Iterator[EtcdServer]:
    with EtcdServer() as server:
        yield server


@pytest.fixture(scope="module")
def cluster(
    etcd: EtcdServer, stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EtcdCluster]:
    with running(EtcdCluster(tmp_path_factory.mktemp("etcd"), etcd, stand_in)) as cluster:
        yield cluster


@pytest.fixture
async def people(cluster: EtcdCluster) -> AsyncIterator[People]:
    async with people_of(cluster) as people:
        yield people


async def told(cluster: EtcdCluster) -> dict:
    reply = await http(cluster.addresses["login_http"], b"GET /msg_server HTTP/1.1\r\nHost: x\r\n\r\n")
    return json.loads(reply.partition(b"\r\n\r\n")[2])


async def until_told(cluster: EtcdCluster, *ports: int) -> None:
    await eventually(lambda: told(cluster), lambda answer: int(answer.get("port", 0)) in ports, "answer", 30)


async def chat_across(people: People, cluster: EtcdCluster, text: bytes) -> None:
    alice, bob = await people.online(), await people.online(server=cluster.msg2)
    await alice.say(bob.user_id, text)
    await bob.hears(text)


async def test_servers_find_each_other_and_people_chat(people: People, cluster: EtcdCluster) -> None:
    await chat_across(people, cluster, b"found")
    await until_told(cluster, cluster.ports["msg"], cluster.ports["msg2"])


async def test_etcd_away_changes_nothing_and_back_it_is_told_again(
    people: People, cluster: EtcdCluster, etcd: EtcdServer
) -> None:
    etcd.kill()
    try:
        await chat_across(people, cluster, b"without etcd")
        await until_told(cluster, cluster.ports["msg"], cluster.ports["msg2"])
    finally:
        await asyncio.to_thread(etcd.wipe)
        await asyncio.to_thread(etcd.start)
    await asyncio.to_thread(cluster.move, "msg2")
    await until_told(cluster, cluster.ports["msg2"])


async def test_a_route_server_that_moves_is_followed(people: People, cluster: EtcdCluster) -> None:
    await asyncio.to_thread(cluster.move, "route")
    for server in (cluster.msg, cluster.msg2):
        await people.welcome_at(server, 30)
    alice, bob = await people.online(), await people.online(server=cluster.msg2)

    async def what_bob_hears() -> list:
        await alice.send("IMP2PCmdMsg", to_user_id=bob.user_id, cmd_msg_data="across")
        return await bob.arrived("IMP2PCmdMsg")

    await eventually(what_bob_hears, bool, "command across servers", 30)


OFFLINE_FILE = 2


async def file_servers(sender: Client) -> set[int]:
    """The ports of the file_server that takes a file now; none when the transfer is refused."""
    answer = await sender.ask(
        "IMFileReq", to_user_id=sender.user_id, file_name="a.txt", file_size=1, trans_mode=OFFLINE_FILE
    )
    return set() if answer.result_code else {address.port for address in answer.ip_addr_list}


async def until_files_go_through(sender: Client, *ports: int) -> None:
    await eventually(lambda: file_servers(sender), lambda found: found == set(ports), "file_server", 30)


async def test_file_and_push_servers_that_come_go_and_come_back_elsewhere_are_followed(
    people: People, cluster: EtcdCluster, etcd: EtcdServer, stand_in: StandIn
) -> None:
    anna = await people.online()

    async def both_are_found() -> None:
        await until_files_go_through(anna, cluster.ports["file"])
        await until_pushed(people, stand_in, 30)

    await both_are_found()
    cluster.servers["push"].kill()
    cluster.servers["file"].kill()
    await until_files_go_through(anna)  # refused, not left without an answer
    etcd.kill()
    await asyncio.to_thread(etcd.wipe)
    try:
        await chat_across(people, cluster, b"without files and pushes")
    finally:
        await asyncio.to_thread(etcd.start)
    for role in ("file", "push"):
        await asyncio.to_thread(cluster.move, role)
    await both_are_found()
