"""Links that follow a list of servers, over connections in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import cast

import pytest
from measuring.ports import free_ports

from hongyan.cluster.connector import LinkConnector, listen_for_links
from hongyan.cluster.link import Link
from hongyan.cluster.peers import Peers
from hongyan.reactor.reactor import Listener, Reactor
from hongyan.roles.runtime import Runtime
from hongyan.testing.runtime import open_runtime
from hongyan.wire.commands import Node

DEADLINE_S = 30.0


class Owner:
    """A role that only counts its links."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.links: list[Link] = []
        self._news = asyncio.Event()

    def link_opened(self, link: Link) -> None:
        self.links.append(link)
        self._news.set()

    def link_closed(self, link: Link) -> None:
        self.links.remove(link)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self._news.clear()
                await self._news.wait()


class Scene(SimpleNamespace):
    """A msg_server that is to link, and route_servers to link to."""

    runtime: Runtime
    msg: Owner
    route: Owner
    peers: Peers

    async def listen(self, port: int = 0) -> tuple[str, Listener]:
        address = (("127.0.0.1",), port)
        listener = await listen_for_links(self.route, address, self.runtime.reactor, self.runtime.trust)
        return "{}:{}".format(*listener.address), listener


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with open_runtime() as runtime:
        msg = Owner(Node.MSG)

        def connect(address: str) -> list[LinkConnector]:
            host, _, port = address.rpartition(":")
            return [LinkConnector(msg, Node.ROUTE, (host, int(port)), runtime.reactor, runtime.trust)]

        peers = Peers("msg to route", connect, runtime.tasks)
        yield Scene(runtime=runtime, msg=msg, route=Owner(Node.ROUTE), peers=peers)


async def test_what_is_listed_is_linked_to_once(scene: Scene):
    one, _ = await scene.listen()
    other, _ = await scene.listen()
    scene.peers.follow({one: "a"})
    await scene.msg.until(lambda: len(scene.msg.links) == 1)
    scene.peers.follow({one: "a", other: "b"})
    await scene.msg.until(lambda: len(scene.msg.links) == 2)


async def test_a_link_that_works_outlives_its_place_in_the_list(scene: Scene):
    address, listener = await scene.listen()
    scene.peers.follow({address: "a"})
    await scene.msg.until(lambda: bool(scene.msg.links))
    scene.peers.follow({})
    assert scene.msg.links[0].is_open
    listener.close()
    connecting = [task for task in asyncio.all_tasks() if task.get_name() == f"msg to route {address}"]
    scene.msg.links[0].close("test")
    await scene.msg.until(lambda: not scene.msg.links)
    await asyncio.wait(connecting, timeout=DEADLINE_S)
    assert not scene.peers._connectors  # nobody tries to connect any more


async def test_who_is_listed_again_in_time_is_kept(scene: Scene):
    address, _ = await scene.listen()
    scene.peers.follow({address: "a"})
    await scene.msg.until(lambda: bool(scene.msg.links))
    scene.peers.follow({})
    scene.peers.follow({address: "a"})
    link = scene.msg.links[0]
    link.close("test")
    await scene.msg.until(lambda: not scene.msg.links)
    scene.peers.follow({address: "started anew"})  # or it would be four seconds until the next try
    await scene.msg.until(lambda: bool(scene.msg.links) and scene.msg.links[0] is not link)


async def test_a_server_that_was_started_anew_is_connected_to_at_once(scene: Scene):
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    scene.peers.follow({address: "a"})
    await asyncio.sleep(0)
    await scene.listen(port)
    scene.peers.follow({address: "b"})
    await scene.msg.until(lambda: bool(scene.msg.links))


class Nowhere:
    """A reactor that reaches nobody."""

    async def connect(self, *_: object) -> None:
        raise ConnectionRefusedError


async def test_who_is_told_to_end_ends_even_when_there_is_news_at_the_same_time(scene: Scene):
    nowhere = cast("Reactor", Nowhere())
    connector = LinkConnector(scene.msg, Node.ROUTE, ("127.0.0.1", 1), nowhere, scene.runtime.trust)
    connecting = scene.runtime.tasks.start("connecting", connector.run())
    await asyncio.sleep(0)  # refused by now, and waiting for the next try
    connector.resume(restarted=True)
    await asyncio.sleep(0)
    connecting.cancel()
    await asyncio.wait([connecting], timeout=DEADLINE_S)
    assert connecting.cancelled()
