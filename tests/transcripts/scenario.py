"""A scenario cut into steps: what to send, and what is to come back on which connection."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hongyan.testing import Event, Http, Note, Pdu, Transcript, read_transcript
from hongyan.wire import commands
from hongyan.wire.frame import HEADER_BYTES

from .compare import CLOSED, Clock, differences

DATA = Path(__file__).parent / "data"
HEARTBEAT = 0x0701
PRESENCE = " presence"
"""The end of a place's name: notices of presence may come a little later than the rest."""

Record = Pdu | Event | Http


def read(name: str) -> Transcript:
    return read_transcript(DATA / f"{name}.jsonl")


@dataclass
class Outcome:
    """What was recorded and what came, by connection, in the step under way; and all that differs."""

    clock: Clock
    step: int = 0
    recorded: dict[str, list[Pdu | int]] = field(default_factory=dict)
    came: dict[str, list[bytes]] = field(default_factory=dict)
    deviations: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)

    def expect(self, place: str, record: Pdu | Event) -> None:
        self.recorded.setdefault(place, []).append(record if isinstance(record, Pdu) else record.n)

    def came_on(self, place: str, raw: bytes) -> None:
        self.came.setdefault(place, []).append(raw)

    def _compare_presence(self, place: str) -> None:
        """Notices of presence: each that was recorded came too; a late one may be of an earlier step."""
        came = Counter(_presence(raw) for raw in self.came.get(place, ()))
        wanted = Counter(
            _presence(each.raw) for each in self.recorded.get(place, ()) if isinstance(each, Pdu)
        )
        client = place.removesuffix(PRESENCE)
        if wanted - came and client not in self.ended and CLOSED not in self.came.get(client, ()):
            self.deviations.append(f"{place}\t{self.step}+ missing {sorted((wanted - came).elements())}")

    def lacks(self, command_id: int) -> bool:
        """Whether an open connection has got fewer of these than it should."""
        key = command_id.to_bytes(2, "big")
        for place, records in self.recorded.items():
            came = self.came.get(place, [])
            wanted = sum(1 for each in records if isinstance(each, Pdu) and each.command_id == command_id)
            client = place.removesuffix(PRESENCE)
            is_closed = client in self.ended or CLOSED in self.came.get(client, [])
            if wanted > sum(1 for raw in came if raw[10:12] == key) and not is_closed:
                return True
        return False

    def has_less_than_recorded(self) -> bool:
        """Whether less has come on a connection than was recorded on it in this step."""
        return any(len(records) > len(self.came.get(place, ())) for place, records in self.recorded.items())

    def raws(self, place: str) -> tuple[list[bytes], list[bytes]]:
        """The frames recorded and those that came in this step."""
        recorded = [each.raw for each in self.recorded.get(place, ()) if isinstance(each, Pdu)]
        return recorded, [raw for raw in self.came.get(place, ()) if raw != CLOSED]

    def wants(self, place: str, command_id: int) -> bool:
        return any(_command(raw) == command_id for raw in self.raws(place)[0])

    def has(self, place: str, command_id: int) -> bool:
        return any(_command(raw) == command_id for raw in self.raws(place)[1])

    def end_step(self, next_step: int) -> None:
        for place in sorted({*self.recorded, *self.came}):
            if place.endswith(PRESENCE):
                self._compare_presence(place)
                continue
            found = differences(self.recorded.get(place, ()), self.came.get(place, ()), self.clock, self.step)
            self.deviations += [f"{place}\t{difference}" for difference in found]
        self.ended |= {place for place, frames in self.came.items() if CLOSED in frames}
        self.recorded, self.came, self.step = {}, {}, next_step


def _command(raw: bytes) -> int:
    return int.from_bytes(raw[10:12], "big")


def _presence(raw: bytes) -> tuple[int, int]:
    stat = commands.STATUS_NOTIFY.message.FromString(raw[HEADER_BYTES:]).user_stat
    return stat.user_id, stat.status


def without_server_heartbeats(transcript: Transcript) -> Iterator[Record | Note]:
    """All records but the heartbeats between servers, which follow clocks and not events."""
    for record in transcript.records:
        is_heartbeat = isinstance(record, Pdu) and record.command_id == HEARTBEAT
        if not is_heartbeat or record.link.startswith("client>"):  # type: ignore[union-attr] # a Pdu
            yield record
