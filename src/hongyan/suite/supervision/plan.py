"""Which processes there are, in which order they start and stop, and what each must know of the others."""

import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hongyan.cluster.discovery.record import LINK_ADDRESS
from hongyan.config import LOOPBACK, Config, Section
from hongyan.config.dump import to_toml
from hongyan.config.ports import PORTS
from hongyan.errors import ConfigError
from hongyan.roles.login.reply import UNSPECIFIED, host_in_url
from hongyan.suite.process import ALL_ROLES, with_msfs
from hongyan.wire.commands import Node

PORT_STEP: Final = 10
"""How far the ports of two servers of one role are apart."""
PEER_FIELDS: Final = {
    role: "db_proxies" if role is Node.DB_PROXY else f"{role.name.lower()}_servers" for role in LINK_ADDRESS
}
"""The setting in which a role names the servers of another that it links to."""

Addresses = Mapping[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Member:
    """One process to be: a role, and which of the servers of that role it is, from 1 on."""

    role: Node
    number: int = 1

    @property
    def name(self) -> str:
        """What it is called in logs and files: ``msg``, ``msg2``, ..."""
        return self.numbered(self.role.name.lower())

    def numbered(self, name: str) -> str:
        """Return the name of one of its addresses among those of the suite."""
        return name if self.number == 1 else f"{name}{self.number}"


class Plan:
    """The processes of a suite.

    Args:
        config: everything, as ``hongyan up`` has it.
        counts: how many servers there are of a role, where that is not one.

    Raises:
        ConfigError: so many cannot be.
    """

    def __init__(self, config: Config, counts: Mapping[Node, int]) -> None:
        if counts.get(Node.DB_PROXY, 1) > 1 and config.db_proxy.database.startswith("sqlite"):
            raise ConfigError("several db_proxies need a database server (db_proxy.database), not SQLite")
        self._config = _with_msfs(config)
        self._members = [
            Member(role, number) for role in ALL_ROLES for number in range(1, counts.get(role, 1) + 1)
        ]

    def starting(self) -> list[list[Member]]:
        """Return who starts together: first what others depend on, last those who connect."""
        return _grouped(self._members, _start_stage)

    def stopping(self) -> list[list[Member]]:
        """Return who stops together: first those who let clients in, db_proxy when nobody asks it any more.

        msfs comes after it, because db_proxy stores voice messages there.
        """
        return _grouped(self._members, _stop_stage)

    def toml(self, member: Member, known: Mapping[Member, Addresses], watch: str = "") -> str:
        """Return the file of one process.

        Args:
            member: which one.
            known: where the processes listen that have started, ``member`` itself when it did before.
            watch: the metrics address of the supervisor, for the console's dashboard.
        """
        role = member.role.name.lower()
        config = self._config
        section = getattr(config, role)
        section = section.model_copy(update=_ports(section, member) | self._peers(member.role, known))
        section = section.model_copy(update=_fixed(role, known.get(member, {})))
        if watch and "watch" in type(section).model_fields:
            section = section.model_copy(update={"watch": (watch,)})
        metrics = config.metrics.model_copy(update={"host": LOOPBACK, "port": 0})
        config = config.model_copy(update={role: section, "metrics": metrics})
        return to_toml(config, [name for name in Config.model_fields if name == role or name not in _ROLES])

    def _peers(self, role: Node, known: Mapping[Member, Addresses]) -> dict[str, Any]:
        """Return the settings that name other servers."""
        peers = {PEER_FIELDS[peer]: tuple(_links_to(peer, known)) for peer in _peers_of(role)}
        if role is Node.MSG:
            peers["db_proxies"] *= 2  # logins and history from each, and all else too
        if "push_servers" in peers and not self._config.push.reaches_phones:
            peers["push_servers"] = ()  # nothing would come of it, and messages are spared the work
        return peers


_ROLES: Final = frozenset(role.name.lower() for role in Node)


def merged_addresses(known: Mapping[Member, Addresses]) -> dict[str, tuple[str, int]]:
    """Return every address of the suite by its name; those of the second msg_server end in 2."""
    return {
        member.numbered(name): address
        for member, addresses in known.items()
        for name, address in addresses.items()
        if name != "metrics"
    }


def _grouped(members: Iterable[Member], stage: Callable[[Member], int]) -> list[list[Member]]:
    stages: dict[int, list[Member]] = {}
    for member in sorted(members, key=lambda member: member.name):
        stages.setdefault(stage(member), []).append(member)
    return [stages[number] for number in sorted(stages)]


def _start_stage(member: Member) -> int:
    return _depth(member.role)


def _stop_stage(member: Member) -> int:
    if _depth(member.role):
        return 0
    return {Node.DB_PROXY: 2, Node.MSFS: 3}.get(member.role, 1)


def _depth(role: Node) -> int:
    """Return how many servers must be there one after the other before a role is started."""
    return max((1 + _depth(peer) for peer in _peers_of(role)), default=0)


def _peers_of(role: Node) -> list[Node]:
    """Return the roles that a role opens links to."""
    fields = _section_of(role).model_fields
    return [peer for peer, field in PEER_FIELDS.items() if field in fields]


def _section_of(role: Node) -> type[Section]:
    section = Config.model_fields[role.name.lower()].annotation
    assert isinstance(section, type)  # noqa: S101 - the sections of roles are not optional
    assert issubclass(section, Section)  # noqa: S101 - the same
    return section


def _free_port(host: str) -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        port: int = probe.getsockname()[1]
        return port


def _links_to(role: Node, known: Mapping[Member, Addresses]) -> Iterable[str]:
    for member, addresses in known.items():
        if member.role is role:
            host, port = addresses[LINK_ADDRESS[role]]
            yield f"{host_in_url('127.0.0.1' if host in UNSPECIFIED else host)}:{port}"


def _with_msfs(config: Config) -> Config:
    """Tell the others where msfs will be, so that they need not wait for it."""
    host, port = config.msfs.host[0], config.msfs.port or _free_port(config.msfs.host[0])
    msfs = config.msfs.model_copy(update={"port": port})
    return with_msfs(config.model_copy(update={"msfs": msfs}), host, port)


def _ports(section: Section, member: Member) -> dict[str, Any]:
    """Give the second server of a role ports of its own; free ones stay free ones."""
    role, more = member.role.name.lower(), (member.number - 1) * PORT_STEP
    ports = {field: getattr(section, field) for section_name, field in PORTS.values() if section_name == role}
    return {field: port and port + more for field, port in ports.items()}


def _fixed(role: str, addresses: Addresses) -> dict[str, int]:
    """Have a process that starts again listen where it did before: the others know it there."""
    return {
        PORTS[name][1]: port
        for name, (_, port) in addresses.items()
        if name in PORTS and PORTS[name][0] == role
    }
