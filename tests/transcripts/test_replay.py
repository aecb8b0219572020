"""Each role, alone as a process among trusted originals, does what TeamTalk's servers were recorded doing.

Where it does not, the deviation stands in deviations.tsv with an identifier of docs/differences.md. A
deviation that is not listed fails the test, and so does one that is listed and did not happen.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hongyan.config.toml import toml_value
from hongyan.testing import Http, Note, Transcript
from push.stand_in import StandIn, apns_error

from .accepting import replay_accepting
from .http_msg import replay_http_msg
from .msg import replay_msg
from .processes import Process, running
from .scenario import DATA, read

HERE = Path(__file__).parent
DIFFERENCES = HERE.parents[1] / "docs" / "differences.md"
LISTED = [line.split("\t") for line in (HERE / "deviations.tsv").read_text(encoding="utf-8").splitlines()]

# A scenario that is not replayed to a role, and why.
NOT_REPLAYED = {
    ("login_locked", "msg"): "shows how a name is locked, which ours does not do",
    ("login_http", "msg"): "msg_server is restarted with other settings in it",
    ("startup_msg_before_peers", "msg"): "waits for the schedule of reconnecting again and again",
    ("startup_msg_before_peers", "msg2"): "the same",
}


def takes_part(transcript: Transcript, role: str) -> bool:
    """Whether clients or servers are connected to that role in the scenario."""
    links = {record.link for record in transcript.records if not isinstance(record, Note)}
    if role in {"msg", "msg2"}:
        return f"client>{role}" in links or (role == "msg" and "msg>route" in links)
    return any(re.search(rf">{role}(-|$)", link) for link in links)


def plays(*roles: str) -> list[object]:
    names = sorted(path.stem for path in DATA.glob("*.jsonl"))
    return [
        pytest.param(name, role, id=f"{name}-{role}")
        for name in names
        for role in roles
        if (name, role) not in NOT_REPLAYED and takes_part(read(name), role)
    ]


def listed(name: str, role: str) -> Counter[str]:
    return Counter(f"{place}\t{what}" for of, at, place, what, _ in LISTED if (of, at) == (name, role))


@pytest.mark.parametrize(("name", "role"), plays("msg", "msg2"))
async def test_msg_server_among_originals(name: str, role: str, tmp_path: Path) -> None:
    with running("msg", tmp_path) as process:
        deviations = await replay_msg(process, read(name), role)
    assert Counter(deviations) == listed(name, role)


@pytest.fixture(scope="module")
def accepting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as process:
        process.start()
        yield process


@pytest.mark.parametrize("accepting", ["route"], indirect=True)
@pytest.mark.parametrize(("name", "role"), plays("route"))
async def test_route_server_among_originals(name: str, role: str, accepting: Process) -> None:
    assert Counter(await replay_accepting(accepting, read(name), role)) == listed(name, role)


@pytest.mark.parametrize("accepting", ["login"], indirect=True)
@pytest.mark.parametrize(("name", "role"), plays("login"))
async def test_login_server_among_originals(name: str, role: str, accepting: Process) -> None:
    assert Counter(await replay_accepting(accepting, read(name), role)) == listed(name, role)


@pytest.mark.parametrize("accepting", ["file"], indirect=True)
@pytest.mark.parametrize(("name", "role"), plays("file"))
async def test_file_server_among_originals(name: str, role: str, accepting: Process) -> None:
    assert Counter(await replay_accepting(accepting, read(name), role)) == listed(name, role)


async def test_http_msg_server_among_originals(tmp_path: Path) -> None:
    with running("http_msg", tmp_path) as process:
        deviations = await replay_http_msg(process, read("http_msg"))
    assert Counter(deviations) == listed("http_msg", "http_msg")


@pytest.mark.parametrize(("name", "role"), plays("push"))
async def test_push_server_among_originals(name: str, role: str, tmp_path: Path) -> None:
    """Apple takes every push but those for a token that cannot be one."""
    stand_in = StandIn(tmp_path)
    stand_in.answers["short"].extend([apns_error(400, "BadDeviceToken")] * 10)
    lines = [f"{key} = {toml_value(value)}" for key, value in stand_in.settings()["apns"].items()]
    try:
        with running("push", tmp_path, "\n".join(["[push.apns]", *lines, ""])) as process:
            await asyncio.to_thread(process.start)
            deviations = await replay_accepting(process, read(name), role)
    finally:
        await asyncio.to_thread(stand_in.close)
    assert Counter(deviations) == listed(name, role)


def test_every_deviation_has_its_reason_and_every_reason_its_deviation() -> None:
    section = DIFFERENCES.read_text(encoding="utf-8").partition("## What the recordings show")[2]
    identifiers = re.findall(r"^\| `([a-z-]+)` \|", section, flags=re.MULTILINE)
    assert len(identifiers) == len(set(identifiers))
    assert {line[4] for line in LISTED} == set(identifiers)


def test_every_listed_deviation_is_of_a_replayed_scenario() -> None:
    replayed = {
        (param.values[0], param.values[1]) for param in plays("msg", "msg2", "route", "login", "file", "push")
    }
    replayed.add(("http_msg", "http_msg"))
    assert {(line[0], line[1]) for line in LISTED if line[1] != "db_proxy"} <= replayed


def test_http_answers_are_among_what_is_replayed() -> None:
    records = read("login_http").records
    answers = [each for each in records if isinstance(each, Http) and not each.from_connecting]
    assert len(answers) >= 8
