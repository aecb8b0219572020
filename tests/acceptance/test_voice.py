"""Voice messages that another process, msfs, keeps: what happens while it is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from measuring.ports import free_ports

from .client import SINGLE_AUDIO, RefusedError
from .people import People
from .suite import START_DEADLINE_S, Server, Suite, accepts, running, wait_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

VOICE = b"\0\0\0\x07" + bytes(range(256)) * 8
CONFIG = """\
[cluster]
secret = "acceptance tests only"
[db_proxy]
msfs_url = "http://127.0.0.1:{port}/"
[msfs]
port = {port}
[metrics]
port = 0
"""


class Msfs:
    """One msfs by itself; started again it has the same port and files."""

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        self.config = CONFIG.format(port=self.port)
        (folder / "msfs.toml").write_text(self.config, encoding="utf-8")
        self.server = Server("msfs", ["serve", "msfs", "--config", "msfs.toml"], folder)

    def start(self) -> None:
        self.server.launch()
        wait_until(lambda: accepts(self.port), START_DEADLINE_S, "msfs answers")


@pytest.fixture
def msfs(tmp_path: Path) -> Iterator[Msfs]:
    msfs = Msfs(tmp_path)
    yield msfs
    msfs.server.kill()


@pytest.fixture
def talking(tmp_path: Path, msfs: Msfs) -> Iterator[Suite]:
    with running(Suite(tmp_path, msfs.config)) as suite:
        yield suite
        assert not suite.server.tracebacks(), suite.server.log_tail()


@pytest.fixture
async def people(talking: Suite) -> AsyncIterator[People]:
    people = People(talking)
    yield people
    await people.close()


async def test_a_dead_msfs_costs_no_acked_message(people: People, msfs: Msfs) -> None:
    alice, bob = await people.online(), await people.online()
    await alice.say(bob.user_id, b"one")
    with pytest.raises(RefusedError):
        await alice.say(bob.user_id, VOICE, SINGLE_AUDIO)
    assert (await alice.say(bob.user_id, b"two")).msg_id == 2, "what is refused leaves no hole"
    assert [each.msg_data for each in await bob.whole_history(alice.user_id)] == [b"one", b"two"]

    msfs.start()
    ack = await alice.say(bob.user_id, VOICE, SINGLE_AUDIO)
    assert (await bob.hears(VOICE)).msg_id == ack.msg_id == 3
    msfs.server.kill()
    assert [each.msg_id for each in await bob.whole_history(alice.user_id)] == [1, 2, 3]
    msfs.start()
    assert [each.msg_data for each in await bob.whole_history(alice.user_id)] == [b"one", b"two", VOICE]
