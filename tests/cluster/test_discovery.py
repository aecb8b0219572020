"""Registering and following with a real etcd, which is killed, started again and emptied."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from hongyan.cluster.discovery.discovery import Discovery
from hongyan.cluster.discovery.etcd import Etcd
from hongyan.cluster.discovery.record import ServerRecord, parse_record
from hongyan.config import DiscoveryConfig
from hongyan.metrics import Metrics
from hongyan.tasks import Tasks
from hongyan.wire.commands import Node

from .etcd_server import EtcdServer

DEADLINE_S = 60.0


class Heard:
    """What a follower was told last, and a way to wait for it."""

    def __init__(self) -> None:
        self.addresses: Mapping[str, str] = {}
        self.records: tuple[ServerRecord, ...] = ()
        self._news = asyncio.Event()

    def links(self, addresses: Mapping[str, str]) -> None:
        self.addresses = addresses
        self._news.set()

    def servers(self, records: Iterable[ServerRecord]) -> None:
        self.records = tuple(records)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def discovering(config: DiscoveryConfig) -> AsyncIterator[Discovery]:
    """A process that takes part; at the end it is gone without a word, as if killed."""
    async with asyncio.TaskGroup() as group:
        tasks = Tasks(group, Metrics())
        discovery = Discovery(config, tasks)
        yield discovery
        tasks.cancel()
    await discovery.close()


def config_for(server: EtcdServer, prefix: str, ttl_s: int = 60) -> DiscoveryConfig:
    return DiscoveryConfig(etcd=(server.url,), prefix=prefix, ttl_s=ttl_s, report_load_s=0.05)


def announce_route(discovery: Discovery, load: Mapping[str, float] | None = None, port: int = 8200) -> None:
    discovery.announce(Node.ROUTE, {"route": ("10.0.0.5", port)}, lambda: load or {})


async def test_who_comes_is_heard_with_address_and_load_and_who_leaves_too(etcd_server: EtcdServer):
    config, heard, load = config_for(etcd_server, "/come"), Heard(), {"route_users": 1.0}
    async with discovering(config) as watching, discovering(config) as route:
        watching.follow_links(Node.ROUTE, heard.links)
        watching.follow(Node.ROUTE, heard.servers)
        watching.start()
        announce_route(route, load)
        await heard.until(lambda: list(heard.addresses) == ["10.0.0.5:8200"])
        assert heard.records[0].load == {"route_users": 1}
        load["route_users"] = 7.0
        await heard.until(lambda: heard.records[0].load == {"route_users": 7})
        await route.leave()
        await heard.until(lambda: not heard.addresses)


async def test_who_was_there_before_is_heard_and_other_roles_are_not(etcd_server: EtcdServer):
    config, heard = config_for(etcd_server, "/before"), Heard()
    async with discovering(config) as route, discovering(config) as watching:
        announce_route(route)
        route.announce(Node.PUSH, {"push": ("10.0.0.5", 8500)}, dict)
        await route._announcers[0].registered.wait()
        watching.follow_links(Node.ROUTE, heard.links)
        watching.start()
        await heard.until(lambda: bool(heard.addresses))
        assert list(heard.addresses) == ["10.0.0.5:8200"]


async def test_a_process_does_not_hear_itself(etcd_server: EtcdServer):
    config, heard = config_for(etcd_server, "/self"), Heard()
    async with discovering(config) as both, discovering(config) as other:
        both.follow_links(Node.ROUTE, heard.links)
        both.start()
        announce_route(both)
        announce_route(other, port=8201)
        await heard.until(lambda: list(heard.addresses) == ["10.0.0.5:8201"])


async def test_deployments_with_other_prefixes_do_not_mix(etcd_server: EtcdServer):
    heard = Heard()
    async with (
        discovering(config_for(etcd_server, "/one")) as one,
        discovering(config_for(etcd_server, "/one2")) as stranger,
        discovering(config_for(etcd_server, "/one")) as friend,
    ):
        one.follow_links(Node.ROUTE, heard.links)
        one.start()
        announce_route(stranger, port=1)
        await stranger._announcers[0].registered.wait()
        announce_route(friend, port=2)
        await heard.until(lambda: bool(heard.addresses))
        assert list(heard.addresses) == ["10.0.0.5:2"]


async def test_who_dies_without_a_word_is_gone_after_the_ttl(etcd_server: EtcdServer):
    config, heard = config_for(etcd_server, "/die", ttl_s=2), Heard()
    async with discovering(config) as watching:
        watching.follow_links(Node.ROUTE, heard.links)
        watching.start()
        async with discovering(config) as route:
            announce_route(route)
            await heard.until(lambda: bool(heard.addresses))
        await heard.until(lambda: not heard.addresses)


async def test_a_key_that_is_no_server_is_ignored(etcd_server: EtcdServer):
    config, heard = config_for(etcd_server, "/odd"), Heard()
    etcd = Etcd(config.etcd)
    await etcd.put("/odd/servers/route/x", "not json", await etcd.grant(60))
    await etcd.close()
    async with discovering(config) as watching, discovering(config) as route:
        watching.follow_links(Node.ROUTE, heard.links)
        watching.start()
        announce_route(route)
        await heard.until(lambda: list(heard.addresses) == ["10.0.0.5:8200"])


async def test_what_is_known_stays_while_etcd_is_away_and_is_registered_again_after(own_etcd: EtcdServer):
    config, heard = config_for(own_etcd, "/away", ttl_s=2), Heard()
    async with discovering(config) as watching, discovering(config) as route:
        watching.follow_links(Node.ROUTE, heard.links)
        watching.follow(Node.ROUTE, heard.servers)
        watching.start()
        load = {"route_users": 1.0}
        announce_route(route, load)
        await heard.until(lambda: bool(heard.addresses))
        own_etcd.kill()
        await asyncio.to_thread(own_etcd.wipe)
        assert list(heard.addresses) == ["10.0.0.5:8200"]
        await asyncio.to_thread(own_etcd.start)
        load["route_users"] = 2.0  # a load that only the new registration can tell
        await heard.until(lambda: bool(heard.records) and heard.records[0].load == {"route_users": 2})
        assert list(heard.addresses) == ["10.0.0.5:8200"]


async def test_without_an_etcd_nothing_happens():
    heard = Heard()
    async with discovering(DiscoveryConfig()) as discovery:
        assert not discovery.is_used
        announce_route(discovery)
        discovery.follow_links(Node.ROUTE, heard.links)
        discovery.start()
        await discovery.leave()
    assert not heard.addresses


class TestAddresses:
    """What others are told when a server listens everywhere."""

    async def told(self, config: DiscoveryConfig, host: str) -> str:
        async with discovering(config) as discovery:
            return discovery._reachable((host, 1))

    async def test_a_particular_address_is_told(self):
        assert await self.told(DiscoveryConfig(etcd=("http://127.0.0.1:1",)), "10.0.0.5") == "10.0.0.5:1"

    async def test_everywhere_means_the_way_to_etcd(self):
        config = DiscoveryConfig(etcd=("http://127.0.0.1:1",))
        assert await self.told(config, "0.0.0.0") == "127.0.0.1:1"  # noqa: S104 - not listened on

    async def test_the_operator_knows_better(self):
        config = DiscoveryConfig(etcd=("http://127.0.0.1:1",), host="fd00::5")
        assert await self.told(config, "10.0.0.5") == "[fd00::5]:1"


def test_a_record_survives_its_json():
    record = ServerRecord(role="msg", id="a", addresses={"msg": "h:1"}, load={"x": 1}, public=("1.2.3.4", ""))
    assert parse_record(record.to_json()) == record


def test_records_of_later_versions_are_read_and_nonsense_is_not():
    assert parse_record('{"role": "msg", "id": "a", "new": 1}') == ServerRecord(role="msg", id="a")
    for nonsense in ("", "[]", "{}", '{"role": 1}'):
        assert parse_record(nonsense) is None
