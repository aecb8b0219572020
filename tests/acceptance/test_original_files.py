"""login, msg and route on the configuration files of their originals, as they are."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from measuring.ports import free_ports

from .client import http
from .people import People, people_of
from .suite import Cluster, running

LOGIN = """\
ClientListenIP=127.0.0.1   # several with ;
ClientPort={login_client}
HttpListenIP=127.0.0.1
HttpPort={login_http}
MsgServerListenIP=127.0.0.1
MsgServerPort={login_msg}
msfs=http://127.0.0.1:8700/
discovery=http://127.0.0.1/api/discovery
"""
ROUTE = "ListenIP=127.0.0.1\nListenMsgPort={route}\n"
MSG = """\
ListenIP=127.0.0.1
ListenPort={msg}
ConcurrentDBConnCnt=2
DBServerIP1=127.0.0.1
DBServerPort1={db_proxy}
DBServerIP2=127.0.0.1
DBServerPort2={db_proxy}
LoginServerIP1=localhost
LoginServerPort1={login_msg}
RouteServerIP1=localhost
RouteServerPort1={route}
IpAddr1=127.0.0.1
IpAddr2=127.0.0.1
MaxConnCnt=100000
aesKey=12345678901234567890123456789012
"""
DB_PROXY = """\
[cluster]
secret = "acceptance tests only"
trusted_peers = ["127.0.0.1"]
[db_proxy]
port = {db_proxy}
database = "sqlite:///{folder}/hongyan.db"
[metrics]
port = {metrics}
"""
FILES = {
    "login.conf": LOGIN,
    "route.conf": ROUTE,
    "msg.conf": MSG,
    "msg2.conf": MSG,
    "db_proxy.toml": DB_PROXY,
}


class ConfCluster(Cluster):
    def _config(self, role: str) -> Path:
        name = next(name for name in FILES if name.partition(".")[0] == role)
        ports = self.ports | {"msg": self.ports[role]} if role == "msg2" else self.ports
        text = FILES[name].format(**ports, folder=self.folder, metrics=free_ports(1)[0])
        (self.folder / name).write_text(text, encoding="utf-8")
        return self.folder / name


@pytest.fixture(scope="module")
def conf_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(ConfCluster(tmp_path_factory.mktemp("originals"))) as cluster:
        yield cluster


@pytest.fixture
async def people(conf_cluster: Cluster) -> AsyncIterator[People]:
    async with people_of(conf_cluster) as people:
        yield people


async def test_people_on_two_servers_chat(people: People, conf_cluster: Cluster) -> None:
    alice, bob = await people.online(), await people.online(server=conf_cluster.msg2)
    assert (await alice.say(bob.user_id, b"there")).msg_id == 1
    assert (await bob.hears(b"there")).msg_id == 1


async def test_login_server_names_the_public_address(people: People, conf_cluster: Cluster) -> None:
    await people.online()
    reply = await http(conf_cluster.addresses["login_http"], b"GET /msg_server HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b'"priorIP" : "127.0.0.1"' in reply
