"""msg_server and push_server as processes, linked by addresses in files; a stand-in for Apple's service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from push.stand_in import apns_error

from .client import eventually
from .people import People
from .phones import HI, apns_table, kept_tokens, phone_away, push_to, until_pushed
from .suite import CLUSTER_CONFIG, Cluster, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from push.stand_in import Request, StandIn

CONFIG = CLUSTER_CONFIG.replace("[msg]\n", '[msg]\npush_servers = ["127.0.0.1:{push}"]\n')
RECONNECTED_S = 30.0


class PushCluster(Cluster):
    ROLES = ("db_proxy", "route", "login", "push", "msg")
    PORTS = (*Cluster.PORTS, "push", "metrics")

    def __init__(self, folder: Path, stand_in: StandIn) -> None:
        self._apns = apns_table(stand_in)
        super().__init__(folder)

    def _config(self, role: str) -> Path:
        path = self.folder / f"{role}.toml"
        ports = {**self.ports, "metrics": 0}
        text = CONFIG.format(**ports, database=self.folder / "hongyan.db")
        path.write_text(f"{text}[push]\nport = {self.ports['push']}\n{self._apns}", encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def cluster(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushCluster]:
    with running(PushCluster(tmp_path_factory.mktemp("push"), stand_in)) as cluster:
        yield cluster
        assert not any(server.tracebacks() for server in cluster.servers.values())


@pytest.fixture
async def people(cluster: PushCluster, stand_in: StandIn) -> AsyncIterator[People]:
    stand_in.reset()
    people = People(cluster)
    await people.welcome_at(cluster.msg)
    await until_pushed(people, stand_in, RECONNECTED_S)
    yield people
    await people.close()


def about(push: Request) -> tuple[int, str]:
    """The badge and the text of a push."""
    aps = push.json["aps"]
    return aps["badge"], aps["alert"]["body"]


async def test_a_message_to_a_phone_that_is_away_becomes_a_push_with_badge_and_preview(
    people: People, stand_in: StandIn
) -> None:
    anna, token = await people.online(), "a1" * 32
    bob = await phone_away(people, token)
    for badge in (1, 2):
        await anna.say(bob.user_id, HI)
        push = await push_to(token, stand_in)
        assert about(push) == (badge, f"{anna.user.name}:hello")
        assert push.http_version == "2"


async def test_a_token_that_is_dead_is_taken_from_the_database(
    people: People, cluster: PushCluster, stand_in: StandIn
) -> None:
    anna, dead, alive = await people.online(), "de" * 32, "ca" * 32
    bob = await phone_away(people, dead)
    await phone_away(people, alive)

    async def kept() -> set[str]:
        return await kept_tokens(cluster.folder / "hongyan.db", dead, alive)

    assert await kept() == {dead, alive}
    stand_in.answers[dead].append(apns_error(410, "Unregistered"))
    await anna.say(bob.user_id, HI)
    await push_to(dead, stand_in)
    await eventually(kept, lambda tokens: tokens == {alive}, "forgetting", RECONNECTED_S)


async def test_push_server_is_killed_and_messages_go_on_and_when_it_is_back_pushes_too(
    people: People, cluster: PushCluster, stand_in: StandIn
) -> None:
    anna, token = await people.online(), "b0" * 32
    bob = await phone_away(people, token)
    cluster.servers["push"].kill()
    for _ in range(3):
        await anna.say(bob.user_id, HI)
    await asyncio.to_thread(cluster.start, "push")
    await until_pushed(people, stand_in, RECONNECTED_S)
    await anna.say(bob.user_id, HI)
    badge, _ = about(await push_to(token, stand_in))
    assert badge == 4  # what came meanwhile counts, too
