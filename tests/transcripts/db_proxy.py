"""Replays recorded requests to db_proxy_server: the database before, a frame, the answer, the changes."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from hongyan.store import Database
from hongyan.store.entries import GROUP_TYPES
from hongyan.testing import Pdu
from hongyan.testing.peers import SERVER_HEADER
from hongyan.wire import commands
from hongyan.wire.commands import COMMANDS
from hongyan.wire.frame import HEADER_BYTES
from hongyan.wire.pb.message_pb2 import IMMsgData
from store.writing import wipe

from .compare import Clock, differences
from .scenario import DATA
from .storage import Rows, changes, dump, fixture, invalidate, load_changes, load_fixture
from .wires import Wire

HERE = DATA / "db_proxy"
FENCE_SEQ = 0xFE00
NOBODY = 0xFFFF_FFFE
SLACK_S = 6
"""How far from the recorded moment of the request a time may lie that means this moment."""
SLOW_S = 60
"""The same of the replay's, on a machine that is busy; all other times are years before it."""
NOT_COMPARED = {"IMAudio": {"path"}, "IMGroup": {"userCnt"}}
"""Where a sound lies is ours to choose; and the original counts the members of a group wrongly."""
AUDIO = {2, 18}


@dataclass(frozen=True)
class Case:
    """One recorded request on an otherwise quiet server."""

    file: str
    recorded: dict[str, Any]

    @property
    def number(self) -> int:
        number: int = self.recorded["n"]
        return number

    @property
    def name(self) -> str:
        name: str = self.recorded["case"]
        return name

    @property
    def request(self) -> bytes:
        return bytes.fromhex(self.recorded["request"])

    @cached_property
    def answers(self) -> list[Pdu]:
        raws = map(bytes.fromhex, self.recorded["response"])
        return [
            Pdu(self.number, 0, "msg>db", "", from_connecting=False, raw=raw, message="", body={})
            for raw in raws
        ]

    @property
    def moment(self) -> int:
        """The second in which the recorded server did it."""
        first, last = self.recorded["t0"], self.recorded["t1"]
        times = [
            value
            for change in self.recorded["changes"].values()
            for row in (*change.get("inserted", ()), *change.get("updated", ()))
            for value in row.values()
            if isinstance(value, int) and first - 1 <= value <= last + 1
        ]
        return max(times, default=int(first))


def read_cases() -> list[Case]:
    return [
        Case(file.stem, json.loads(line))
        for file in sorted(HERE.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


class Desk:
    """A link to a db_proxy_server, and the database behind it.

    Args:
        wire: which an original msg_server would hold.
        database: opened by the test beside the server.
    """

    def __init__(self, wire: Wire, database: Database) -> None:
        self._wire = wire
        self._database = database
        self._loads = 0

    async def replay(self, case: Case, answers: int) -> list[str]:
        """Return what the server did differently.

        Args:
            case: what to do.
            answers: how many frames are expected, of this server.
        """
        self._loads += 1
        before = await self._database.write(_load, case.recorded["before"], self._loads)
        clock = Clock(case.moment)
        self._wire.write(case.request)
        came = await self._answers(answers)
        now = int(time.time())
        after = await self._database.read(dump)
        wanted_frames = [replace(answer, raw=_muted(answer.raw)) for answer in case.answers]
        found = [*differences(wanted_frames, [*map(_muted, came)], clock, case.number)]
        look = Look(case, before, now)
        wanted, got = look.at(case.recorded["changes"].items()), look.at(changes(before, after))
        tables = sorted(wanted.keys() | got.keys())
        found += [f"{case.number} rows of {name}" for name in tables if wanted.get(name) != got.get(name)]
        return found

    async def _answers(self, expected: int) -> list[bytes]:
        """Take what comes; that a fence behind it is answered says that nothing else does."""
        await self._wire.wait_for_frames(expected)
        request = commands.QUERY_PUSH_SHIELD.message(user_id=NOBODY)
        self._wire.write(SERVER_HEADER.frame(commands.QUERY_PUSH_SHIELD, request, FENCE_SEQ))
        await self._wire.wait_for(commands.QUERY_PUSH_SHIELD_REPLY.id, FENCE_SEQ)
        frames, self._wire.frames = self._wire.frames, []
        return [frame.raw for frame in frames if frame.command_id != commands.HEARTBEAT.id]


def _load(connection: Connection, before: dict[str, Any], version: int) -> Rows:
    wipe(connection)
    load_fixture(connection, fixture())
    load_changes(connection, before)
    invalidate(connection, version)
    return dump(connection)


def _muted(raw: bytes) -> bytes:
    """Leave out sounds, which were kept by an msfs that is not there any more."""
    command = COMMANDS[int.from_bytes(raw[10:12], "big")]
    if command not in (commands.MSG_LIST_REPLY, commands.MSG_BY_ID_REPLY):
        return raw
    message = command.message.FromString(raw[HEADER_BYTES:])
    for info in message.msg_list:
        if info.msg_type in AUDIO:
            info.msg_data = b"sound"
    return raw[:HEADER_BYTES] + message.SerializeToString()


# Changed rows, without what is meant to differ.

Changes = Iterable[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Look:
    """What can be compared of the rows that a request has changed.

    Attributes:
        before: the rows before the request.
        now: the second of the replay.
    """

    case: Case
    before: Rows
    now: int

    def at(self, changed: Changes) -> dict[str, list[Any]]:
        """Return the changed rows of each table that has some."""
        found = {name: [*self._rows(name, change)] for name, change in changed}
        return {name: sorted(rows, key=str) for name, rows in found.items() if rows}

    def _rows(self, table: str, change: dict[str, Any]) -> Iterator[Any]:
        yield from (("deleted", row) for row in change.get("deleted", ()))
        for kind in ("inserted", "updated"):
            for row in change.get(kind, ()):
                if table == "IMRecentSession" and not self._is_own_session(row):
                    continue
                shown = self._row(table, kind, row)
                if shown.keys() - {"id"}:
                    yield kind, shown

    def _is_own_session(self, row: dict[str, Any]) -> bool:
        """The original writes other members' sessions later, in the background."""
        if int.from_bytes(self.case.request[10:12], "big") != commands.MSG_DATA.id:
            return True
        request = IMMsgData()
        request.MergeFromString(self.case.request[HEADER_BYTES:])
        whole = self.before["IMRecentSession"].get(row["id"], row)
        return request.msg_type not in GROUP_TYPES or bool(whole["userId"] == request.from_user_id)

    def _row(self, table: str, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row with "now" for its moment; ids of new rows are the database's affair (not groups')."""
        dropped = NOT_COMPARED.get(table, set())
        if kind == "inserted" and table != "IMGroup":
            dropped = dropped | {"id"}
        old = self.before[table].get(row["id"], {}) if kind == "updated" else {}
        return {
            name: "now" if self._is_now(value) else value
            for name, value in row.items()
            # What was changed in the second of the request may or may not have been changed again.
            if name not in dropped and not self._is_now(old.get(name))
        }

    def _is_now(self, value: object) -> bool:
        return isinstance(value, int) and (
            abs(value - self.case.moment) <= SLACK_S or abs(value - self.now) <= SLOW_S
        )
