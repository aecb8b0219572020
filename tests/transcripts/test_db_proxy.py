"""db_proxy_server, alone as a process on every engine, does what TeamTalk's was recorded doing.

Where it does not, the deviation stands in deviations.tsv, as for the other roles.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from hongyan.store import open_database

from .db_proxy import Case, Desk, read_cases
from .processes import Process, running
from .test_replay import LISTED
from .wires import Wire

CASES = read_cases()
ENGINES = ("sqlite", "mariadb", "postgresql")

# Cases that are not replayed, and why.
_NIGHT = "the recorded server's clock was set; tests/rules holds the rule against every hour"
_FROM_MEMORY = "ours answers it from memory, when it can, with what its asker looks at: the members"
_LOCKS = "shows how a name is locked, which ours does not do"
NOT_REPLAYED = {
    ("groups", 12): _FROM_MEMORY,
    **{("push", number): _NIGHT for number in (26, 27, 28, 29)},
    **{("login", number): _LOCKS for number in (15, 16)},
}
REPLAYED = [case for case in CASES if (case.file, case.number) not in NOT_REPLAYED]


@pytest.fixture(scope="module", params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The URL of an empty database, and a folder."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'hongyan.db'}", folder
    return request.getfixturevalue(request.param).create("replayed"), folder


@pytest.fixture(scope="module")
def process(place: tuple[str, Path]) -> Iterator[Process]:
    with running("db_proxy", place[1], database=place[0]) as process:
        process.start()
        yield process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(process: Process, place: tuple[str, Path]) -> AsyncIterator[Desk]:
    database = await open_database(place[0], synchronous="OFF")
    wire = await Wire.connect(process.ports["db_proxy"])
    yield Desk(wire, database)
    await wire.end()
    await database.close()


def listed(case: Case) -> Counter[str]:
    mine = (f"db_proxy_{case.file}", "db_proxy")
    return Counter(what for of, at, _, what, _ in LISTED if (of, at) == mine and _number(what) == case.number)


def _number(what: str) -> int:
    return int(what.partition(" ")[0].rstrip("+"))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", REPLAYED, ids=lambda case: f"{case.file}-{case.number}-{case.name}")
async def test_db_proxy_among_originals(case: Case, desk: Desk) -> None:
    deviations = listed(case)
    answers = len(case.answers)
    for what, count in deviations.items():
        answers += {"missing": -count, "extra": count}.get(what.split()[1], 0)
    assert Counter(await desk.replay(case, answers)) == deviations


@pytest.mark.asyncio(loop_scope="module")
async def test_an_original_http_msg_server_is_known_by_its_attach_data(desk: Desk) -> None:
    (recorded,) = (case for case in CASES if (case.file, case.number) == ("groups", 30))
    attach = bytes.fromhex("000000010000000c00000000"), bytes.fromhex("000000030000000100000000")
    raw = recorded.request.replace(*attach).hex()
    answers = [answer.raw.replace(*attach).hex() for answer in recorded.answers]
    case = Case("groups", {**recorded.recorded, "request": raw, "response": answers})
    assert await desk.replay(case, 1) == []


def test_every_listed_deviation_is_of_a_replayed_case() -> None:
    mine = {(line[0].removeprefix("db_proxy_"), _number(line[3])) for line in LISTED if line[1] == "db_proxy"}
    assert mine <= {(case.file, case.number) for case in REPLAYED}


def test_what_is_not_replayed_is_there() -> None:
    assert NOT_REPLAYED.keys() <= {(case.file, case.number) for case in CASES}
