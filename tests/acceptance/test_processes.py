"""`hongyan up --processes`: every server in its own process, and what the supervisor does for them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .client import SINGLE_TEXT, Client, RefusedError, eventually, http
from .people import People
from .suite import STOP_DEADLINE_S, Suite, wait_until
from .test_durability import Talker, check_pair, talk_until_killed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

RESTART_DEADLINE_S = 60.0
GONE_DEADLINE_S = 60.0
REST = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Processes(Suite):
    """The suite in many processes; `kill` kills the one in `victim`, which comes back on its ports."""

    KEPT_PORTS = ("msg", "msg_ws", "db_proxy")
    victim = ""

    def kill_supervisor(self) -> None:
        super().kill()

    def kill(self) -> None:
        os.kill(self.pids()[self.victim], signal.SIGKILL)

    def status(self) -> list[dict[str, Any]]:
        report: dict[str, Any] = json.loads(self.admin("status", "--json"))
        return list(report["processes"])

    def pids(self) -> dict[str, int]:
        return {process["name"]: process["pid"] for process in self.status()}


async def status(suite: Processes) -> list[dict[str, Any]]:
    """Ask like `hongyan status`, which fails while a server is down."""
    answer = await http(suite.addresses["metrics"], b"GET /status" + REST)
    return list(json.loads(answer.partition(b"\r\n\r\n")[2])["processes"])


async def is_back(suite: Processes, name: str, restarts: int) -> None:
    def back(processes: list[dict[str, Any]]) -> bool:
        return any(p["name"] == name and p["pid"] and p["restarts"] >= restarts for p in processes)

    await eventually(lambda: status(suite), back, f"{name} again", RESTART_DEADLINE_S)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    suite = Processes(tmp_path_factory.mktemp("processes"), "", "--processes", "--msg-servers", "2")
    try:
        suite.start()
        yield suite
        check_the_end(suite)
    finally:
        suite.stop()


def check_the_end(suite: Processes) -> None:
    """SIGTERM: all are stopped in order, within the time."""
    pids = suite.pids()
    assert suite.stop() < STOP_DEADLINE_S
    assert suite.server.exit_code == 0
    assert not running(pids)
    lines = [line for line in suite.server.log_text().splitlines() if line.startswith("{")]
    stopped = [entry.get("process", "") for entry in map(json.loads, lines) if entry["event"] == "stopped"]
    stopped = stopped[-len(pids) - 1 :]
    assert set(stopped) == {*pids, ""}
    assert stopped[-3:] == ["db_proxy", "msfs", ""]
    assert max(stopped.index("msg"), stopped.index("msg2")) < stopped.index("route")
    assert not suite.server.tracebacks(), "a server logged an exception"


@pytest.fixture
async def people(suite: Processes) -> AsyncIterator[People]:
    people = People(suite)
    for server in (suite.msg, suite.addresses["msg2"]):
        await people.welcome_at(server, RESTART_DEADLINE_S)
    yield people
    await people.close()


async def test_people_chat_across_processes_and_status_shows_all(suite: Processes, people: People) -> None:
    alice, bob = await people.online(), await people.online(server=suite.addresses["msg2"])
    await alice.say(bob.user_id, b"across")
    await bob.hears(b"across")
    processes = {process["name"]: process for process in suite.status()}
    assert {"login", "msg", "msg2", "route", "db_proxy", "push", "msfs"} <= processes.keys()
    assert len({process["pid"] for process in processes.values()}) == len(processes)
    assert processes["msg2"]["roles"][0]["load"]["msg_users"] >= 1
    assert {(link["role"], link["remote"]) for link in processes["msg"]["links"]} >= {("msg", "db_proxy")}
    table = suite.admin("status")
    assert suite.addresses["msg2"] in table


async def test_metrics_of_all_processes_are_served_together(suite: Processes, people: People) -> None:
    answer = await http(suite.addresses["metrics"], b"GET /metrics" + REST)
    for sample in (b'hongyan_msg_users{process="msg"}', b'hongyan_msg_users{process="msg2"}'):
        assert sample in answer
    assert answer.count(b"# TYPE hongyan_msg_users") == 1


async def test_a_killed_msg_server_comes_back_and_nothing_acked_is_lost(
    suite: Processes, people: People
) -> None:
    first, second = await people.user(), await people.user()
    talkers = [
        Talker(first, second.user_id, SINGLE_TEXT, repeats=True),
        Talker(second, first.user_id, SINGLE_TEXT, repeats=False),
    ]
    suite.victim = "msg"
    await talk_until_killed(suite, people, talkers)
    await is_back(suite, "msg", 1)
    await people.welcome_at(suite.msg, RESTART_DEADLINE_S)
    await check_pair(people, first, second, talkers)


async def say_until_acked(sender: Client, to: int, text: bytes) -> int:
    """Send again what was refused, as our clients do."""
    async with asyncio.timeout(RESTART_DEADLINE_S):
        while True:
            try:
                return (await sender.say(to, text, client_msg_id=text.decode())).msg_id
            except RefusedError:
                await asyncio.sleep(0.05)


async def test_a_killed_db_proxy_comes_back_and_nothing_acked_is_lost(
    suite: Processes, people: People
) -> None:
    alice, bob = await people.online(), await people.online(server=suite.addresses["msg2"])
    acked: list[int] = []
    many = asyncio.Event()

    async def talk() -> None:
        for number in range(400):
            acked.append(await say_until_acked(alice, bob.user_id, b"%d" % number))
            if number == 100:
                many.set()

    async with asyncio.TaskGroup() as tasks:
        talking = tasks.create_task(talk())
        await many.wait()
        suite.victim = "db_proxy"
        await asyncio.to_thread(suite.kill)
        await talking
    assert acked == list(range(1, 401))
    await is_back(suite, "db_proxy", 1)
    await people.welcome_at(suite.addresses["msg2"], RESTART_DEADLINE_S)
    history = await bob.whole_history(alice.user_id)
    assert [message.msg_data for message in history] == [b"%d" % number for number in range(400)]


def test_the_files_of_the_processes_are_for_the_owner_only(suite: Processes) -> None:
    files = list((suite.data / "run").iterdir())
    assert {"msg.toml", "msg2.toml", "db_proxy.toml"} <= {file.name for file in files}
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def running(pids: dict[str, int]) -> list[str]:
    """Who of them is there and no zombie."""

    def lives(pid: int) -> bool:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
            return stat.rpartition(") ")[2][0] not in "ZX"
        except OSError:
            return False

    return [name for name, pid in pids.items() if lives(pid)]


async def test_a_killed_supervisor_takes_all_with_it_and_the_next_one_finds_everything(
    suite: Processes,
) -> None:
    people = People(suite)
    alice, bob = await people.online(), await people.user()
    await alice.say(bob.user_id, b"stored")
    pids = suite.pids()
    suite.kill_supervisor()
    await alice.closed()
    await people.close()
    wait_until(lambda: not running(pids), GONE_DEADLINE_S, "the end of the processes")
    suite.start()
    people = People(suite)
    await people.welcome_at(suite.msg, RESTART_DEADLINE_S)
    history = await (await people.online(bob)).history(alice.user_id)
    assert [message.msg_data for message in history] == [b"stored"]
    await people.close()


def test_what_cannot_start_is_said_in_a_line_and_nothing_is_left(tmp_path: Path) -> None:
    suite = Processes(tmp_path, '[db_proxy]\ndatabase = "mysql://u:p@127.0.0.1:1/none"\n', "--processes")
    suite.server.launch()
    wait_until(lambda: not suite.server.alive, RESTART_DEADLINE_S, "the end")
    suite.stop()
    assert suite.server.exit_code == 1
    assert "hongyan: db_proxy ended with exit code 1 while it started" in suite.server.log_text()
    assert [file.name for file in (suite.data / "run").iterdir()] == ["lock"]
