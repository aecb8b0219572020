"""The command table against the protocol's enums and the table of the specification.

data/enums.tsv and data/commands.tsv are copies of the specification's own tables.
"""

import csv
import re
from itertools import pairwise
from pathlib import Path

import pytest

from hongyan.wire.commands import COMMANDS, Command, Node
from hongyan.wire.pb import administration_pb2, base_define_pb2, extension_pb2

DATA = Path(__file__).parent / "data"

EXTENSIONS = {*range(0x0740, 0x0743), *range(0x0750, 0x0755), 0x0788, 0x0789, 0x07E1, 0x07E2, 0x07E3, 0x07F0}
BEFORE_LOGIN = {0x0101, 0x0103, 0x0110, 0x0305, 0x0501, 0x0701}
"""Choosing a server, logging in, registering, the time, joining a file transfer, the heartbeat."""

OF_OURS = {
    # 0voice_im only logs it; ours stores and answers it.
    0x0110: {("M", "D")},
    0x0111: {("D", "M"), ("M", "C")},
    # The original never sends it.
    0x0212: {("M", "R"), ("R", "M"), ("M", "C")},
    # login_server serves the console, http_msg_server the API; both ask, announce and kick.
    0x0301: {("H", "D"), ("D", "H")},
    0x0304: {("H", "R")},
    0x040B: {("L", "R")},
    0x0701: {(a, b) for peer in "DR" for a, b in (("L", peer), (peer, "L"))},
    0x0702: {("D", "L")},
    0x070D: {("H", "R"), ("L", "R")},
}
"""Legs that the original does not have."""
HEARTBEAT_LEGS = {
    *(("C", "M"), ("M", "C"), ("C", "F"), ("F", "C")),
    *((a, b) for peer in "LRDFP" for a, b in (("M", peer), (peer, "M"))),
    *((a, b) for peer in "DR" for a, b in (("H", peer), (peer, "H"))),
}
"""The specification says ``all``: every pair that has a connection."""


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def legs_of(text: str) -> set[tuple[str, str]]:
    paths = re.sub(r"\(.*?\)", "", text).replace(",", " ").split()
    return {leg for path in paths for leg in pairwise(path.split(">"))}


SPECIFIED = rows("commands.tsv")
ENUM_IDS = {int(row["value"]): row["name"] for row in rows("enums.tsv") if row["enum"].endswith("CmdID")}
SERVICES = {int(row["value"]) for row in rows("enums.tsv") if row["enum"] == "ServiceID"}


def protocol_ids() -> dict[int, str]:
    return {
        value.number: value.name
        for file in (base_define_pb2.DESCRIPTOR, extension_pb2.DESCRIPTOR, administration_pb2.DESCRIPTOR)
        for enum in file.enum_types_by_name.values()
        if enum.name.endswith("CmdID")
        for value in enum.values
    }


def test_every_command_of_the_protocol_stands_in_the_table_under_its_own_name() -> None:
    assert {id_: command.name for id_, command in COMMANDS.items()} == protocol_ids()


def test_no_id_of_the_specification_is_missing_doubled_or_misspelt() -> None:
    names = {id_: command.name for id_, command in COMMANDS.items() if id_ not in EXTENSIONS}
    assert names == ENUM_IDS
    assert len(set(names.values())) == len(names)


def test_every_command_stands_under_its_own_id() -> None:
    assert all(command.id == id_ for id_, command in COMMANDS.items())


def test_extensions_use_only_ids_that_the_original_leaves_free() -> None:
    assert COMMANDS.keys() - ENUM_IDS.keys() == EXTENSIONS
    assert {id_ >> 8 for id_ in EXTENSIONS} <= SERVICES


@pytest.mark.parametrize("row", SPECIFIED, ids=lambda row: row["name"])
def test_a_command_carries_the_message_and_travels_the_legs_of_the_specification(row: dict[str, str]) -> None:
    command = COMMANDS[int(row["id"], 16)]
    legs = {(sender.value, receiver.value) for sender, receiver in command.legs}
    specified = HEARTBEAT_LEGS if row["legs"] == "all" else legs_of(row["legs"])
    assert row["name"] in command.name
    assert command.message.__name__ == row["message"]
    assert legs == specified | OF_OURS.get(command.id, set())


def test_the_specification_says_something_of_every_command_but_the_extensions() -> None:
    assert {int(row["id"], 16) for row in SPECIFIED} == COMMANDS.keys() - EXTENSIONS


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_the_service_is_the_high_byte_of_the_id_and_known(command: Command) -> None:
    assert command.service == command.id >> 8
    assert command.service in SERVICES


def test_only_commands_meant_for_strangers_may_come_before_the_login() -> None:
    assert {id_ for id_, command in COMMANDS.items() if command.before_login} == BEFORE_LOGIN


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS.values() if command.reply], ids=lambda command: command.name
)
def test_the_answer_of_a_request_has_the_next_id_and_travels_the_other_way(command: Command) -> None:
    assert command.reply is not None
    assert command.reply.id == command.id + 1
    assert {(b, a) for a, b in command.legs} >= {
        leg for leg in command.reply.legs if leg[1] is not Node.CLIENT
    }


@pytest.mark.parametrize("id_", [0x0302, 0x0303, 0x050B, 0x050C, 0x0601, 0x0708, 0x070A])
def test_what_has_no_answer_in_the_protocol_has_none_in_the_table(id_: int) -> None:
    assert COMMANDS[id_].reply is None


@pytest.mark.parametrize("name", ["cluster", "internal"])
def test_internal_commands_never_travel_to_or_from_a_client(name: str) -> None:
    if name == "cluster":
        internal = [COMMANDS[id_] for id_ in (0x07E1, 0x07E2, 0x07E3)]
    else:
        internal = [COMMANDS[id_] for id_ in range(0x0702, 0x0735) if id_ in COMMANDS]
    assert internal
    assert all(Node.CLIENT not in leg for command in internal for leg in command.legs)
