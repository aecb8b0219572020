"""What a run shall do, and the part of it that one worker process takes."""

import os
from dataclasses import dataclass
from typing import Final

from hongyan.errors import ConfigError
from hongyan.wire.pb.base_define_pb2 import ClientType

SCENARIOS: Final = ("login", "p2p", "group", "idle", "echo")
MIN_PAYLOAD_BYTES: Final = 24
"""The payload carries a mark and a number, by which a delivery is recognised."""
MAX_PAYLOAD_BYTES: Final = 4096
MAX_WINDOW: Final = 1024
CONNECTIONS_PER_PROCESS: Final = 100
"""From so many connections on another process is worth starting, if there is a core for it."""

CLIENT_TYPES: Final = {
    "windows": ClientType.CLIENT_TYPE_WINDOWS,
    "mac": ClientType.CLIENT_TYPE_MAC,
    "ios": ClientType.CLIENT_TYPE_IOS,
    "android": ClientType.CLIENT_TYPE_ANDROID,
}


@dataclass(frozen=True, slots=True)
class Users:
    """``count`` users named ``prefix1``, ``prefix2`` and so on, with one password."""

    prefix: str
    count: int
    password: str

    def name(self, number: int) -> str:
        """Return the name of the user with this number, counted from 0."""
        return f"{self.prefix}{number + 1}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        scenario: one of SCENARIOS.
        login_url: login_server's HTTP address; not used by ``echo``.
        users: who logs in; ``echo`` takes only the count.
        seconds: how long is measured, after ``warmup_s`` that is not.
        grace_s: how long to wait at the end for what is still under way.
        window: messages under way for each sender.
        group_id: an existing group of all the users, instead of new temporary ones.
        rate: messages a second of all senders together; 0 is as fast as the window allows.
        stay: ``login`` only: log every user in once and keep the connections.
        processes: how many workers; 0 decides by load.
        run: five characters that no other run has, so that its messages are told from others'.
    """

    scenario: str
    login_url: str
    users: Users
    seconds: float = 10.0
    warmup_s: float = 1.0
    grace_s: float = 10.0
    pairs: int = 1
    window: int = 1
    members: int = 50
    senders: int = 1
    groups: int = 1
    group_id: int = 0
    connections: int = 50
    payload_bytes: int = 64
    client_ids: bool = False
    client_type: str = "android"
    rate: int = 0
    stay: bool = False
    processes: int = 0
    run: str = "00000"

    def check(self) -> None:
        """Refuse what cannot be run.

        Raises:
            ConfigError: with what is wrong and what is allowed.
        """
        _require(self.scenario in SCENARIOS, f"scenario {self.scenario!r}: one of {', '.join(SCENARIOS)}")
        _require(self.seconds > 0, "seconds must be more than 0")
        _require(1 <= self.window <= MAX_WINDOW, f"window must be from 1 to {MAX_WINDOW}")
        _require(
            MIN_PAYLOAD_BYTES <= self.payload_bytes <= MAX_PAYLOAD_BYTES,
            f"payload must be from {MIN_PAYLOAD_BYTES} to {MAX_PAYLOAD_BYTES} bytes",
        )
        if self.scenario == "group":
            self._check_groups()
        needed = self.users_needed
        _require(
            needed <= self.users.count,
            f"{self.scenario} needs {needed} users and has {self.users.count}: "
            f"make them with `hongyan user add {self.users.prefix} --count {needed} --password ...`",
        )

    def _check_groups(self) -> None:
        _require(self.members > 1, "a group needs two members or more")
        _require(1 <= self.senders <= self.members, "senders must be from 1 to the number of members")
        _require(
            self.group_id == 0 or self.groups == 1, "an existing group is used alone: leave --groups at 1"
        )

    @property
    def users_needed(self) -> int:
        """How many users must exist."""
        needed = {"p2p": self.pairs * 2, "group": self.members * self.groups, "idle": self.connections}
        return needed.get(self.scenario, 1)

    @property
    def units(self) -> int:
        """What is dealt out to the processes: pairs, groups, users or connections."""
        units = {"p2p": self.pairs, "group": self.groups, "login": self.users.count}
        return units.get(self.scenario, self.connections)

    def process_count(self) -> int:
        """Return how many workers to start: as asked, or by load, leaving cores to the server."""
        cores = os.cpu_count() or 1
        sockets = max(self.users_needed, self.connections if self.scenario != "p2p" else 0)
        wanted = self.processes or max(1, min(cores // 2, sockets // CONNECTIONS_PER_PROCESS))
        return min(wanted, self.units)


@dataclass(frozen=True, slots=True)
class Share:
    """The units of one worker: every ``of``-th, from ``index`` on."""

    index: int
    of: int

    def units(self, total: int) -> range:
        """Number the units of this worker, of ``total`` in all."""
        return range(self.index, total, self.of)


def _require(condition: bool, text: str) -> None:
    if not condition:
        raise ConfigError(f"bench: {text}")
