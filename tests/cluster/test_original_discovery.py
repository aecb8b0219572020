"""0voice_im's layout in etcd's v2 API: what its servers would read and what they would have written."""

import asyncio
import itertools
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from hongyan.cluster.discovery.original import OriginalEtcd
from hongyan.config import DiscoveryConfig, OriginalDiscoveryConfig
from hongyan.errors import BackendError

from .etcd_server import EtcdServer
from .test_discovery import DEADLINE_S, Heard, discovering

NUMBERS = itertools.count(1)
ADDRESSES = {
    "login_http": ("10.0.0.5", 8080),
    "login_client": ("10.0.0.5", 8008),
    "login_msg": ("10.0.0.5", 8100),
}


def v2(server: EtcdServer, path: str, value: str | None = None) -> dict:
    """One request as curl would make it."""
    body = None if value is None else urllib.parse.urlencode({"value": value, "ttl": 60}).encode()
    request = urllib.request.Request(  # noqa: S310 - our own etcd
        f"{server.url}/v2/keys{path}", body, method="GET" if value is None else "PUT"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        return json.loads(answer.read())


def config_for(server: EtcdServer, directory: str, refresh_s: float = 30) -> DiscoveryConfig:
    """Of entries that outlive a test, unless they are to be refreshed in it."""
    original = OriginalDiscoveryConfig(
        etcd=server.url, service_dir=directory, service_id="0001-0002", refresh_s=refresh_s, poll_s=0.05
    )
    return DiscoveryConfig(original=original)


@pytest.fixture
async def etcd(etcd_server: EtcdServer) -> AsyncIterator[OriginalEtcd]:
    etcd = OriginalEtcd(config_for(etcd_server, f"/mine{next(NUMBERS)}").original)
    yield etcd
    await etcd.close()


async def test_our_login_server_is_there_as_the_original_reads_it(
    etcd: OriginalEtcd, etcd_server: EtcdServer
):
    directory = etcd._directory.partition("/v2/keys")[2]
    await etcd.register("10.0.0.5", 8008, 8100)
    node = (await asyncio.to_thread(v2, etcd_server, f"{directory}?sorted=true&recursive=true"))["node"][
        "nodes"
    ][0]
    assert node["key"] == f"{directory}/0001-0002"
    assert json.loads(node["value"]) == {"client_port": 8008, "ip": "10.0.0.5", "msg_port": 8100}
    assert 0 < node["ttl"] <= 61
    await etcd.leave()
    assert await etcd.login_servers() == ()


async def test_it_is_written_again_before_it_runs_out(etcd_server: EtcdServer):
    config = config_for(etcd_server, "/again", refresh_s=0.2)
    etcd = OriginalEtcd(config.original)
    async with discovering(config) as login, asyncio.timeout(DEADLINE_S):
        login.announce_original_login(ADDRESSES)
        indexes: set[int] = set()
        while len(indexes) < 3:
            with suppress(urllib.error.HTTPError):  # a busy machine may come too late for once
                answer = await asyncio.to_thread(v2, etcd_server, "/again/0001-0002")
                indexes.add(answer["node"]["modifiedIndex"])
        await login.leave()
        assert await etcd.login_servers() == ()
    await etcd.close()


async def test_login_servers_of_0voice_im_are_found_and_their_changes_followed(etcd_server: EtcdServer):
    heard = Heard()
    async with discovering(config_for(etcd_server, "/theirs")) as msg:
        msg.follow_original_logins(heard.links)
        value = '{\n   "client_port" : 8008,\n   "ip" : "10.0.0.7",\n   "msg_port" : 8100\n}\n'
        await asyncio.to_thread(v2, etcd_server, "/theirs/0001-0001", value)
        await heard.until(lambda: list(heard.addresses) == ["10.0.0.7:8100"])
        await asyncio.to_thread(v2, etcd_server, "/theirs/0001-0002", value.replace("8100", "8101"))
        await heard.until(lambda: list(heard.addresses) == ["10.0.0.7:8100", "10.0.0.7:8101"])


@pytest.mark.parametrize(
    "value", ["nonsense", "[]", "{}", '{"ip": 5, "msg_port": 1}', '{"ip": "h", "msg_port": "8100"}']
)
async def test_what_is_no_login_server_is_skipped(value: str, etcd: OriginalEtcd, etcd_server: EtcdServer):
    await asyncio.to_thread(v2, etcd_server, f"{etcd._directory.partition('/v2/keys')[2]}/0000", value)
    await etcd.register("10.0.0.5", 8008, 8100)
    assert await etcd.login_servers() == ("10.0.0.5:8100",)


async def test_what_is_known_stays_while_etcd_is_away(own_etcd: EtcdServer):
    heard = Heard()
    config = config_for(own_etcd, "/login_servers")
    async with discovering(config) as login, discovering(config) as msg:
        login.announce_original_login(ADDRESSES)
        msg.follow_original_logins(heard.links)
        await heard.until(lambda: list(heard.addresses) == ["10.0.0.5:8100"])
        own_etcd.kill()
        with pytest.raises(BackendError):
            await msg._original.login_servers()
        assert list(heard.addresses) == ["10.0.0.5:8100"]


async def test_an_etcd_without_the_v2_api_is_named_as_such(etcd_server: EtcdServer):
    etcd = OriginalEtcd(OriginalDiscoveryConfig(etcd=etcd_server.url + "/", service_dir="/../../nowhere"))
    try:
        with pytest.raises(BackendError, match="--enable-v2"):
            await etcd.login_servers()
    finally:
        await etcd.close()
