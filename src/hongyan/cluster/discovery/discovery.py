"""Discovery as a process uses it: what it announces, what it follows, and the end."""

import asyncio
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from hongyan.cluster.discovery.announcing import Announcer
from hongyan.cluster.discovery.etcd import Etcd
from hongyan.cluster.discovery.following import Follower, Told
from hongyan.cluster.discovery.original import (
    OriginalAnnouncer,
    OriginalEtcd,
    OriginalFollower,
    leave_original,
)
from hongyan.cluster.discovery.record import LINK_ADDRESS, ServerRecord
from hongyan.config import DiscoveryConfig
from hongyan.errors import ConfigError
from hongyan.tasks import Tasks
from hongyan.wire.commands import Node

_UNSPECIFIED: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not listened on

Addresses = Mapping[str, tuple[str, int]]


class Discovery:
    """What a process tells etcd and hears from it. Without an etcd in the configuration it does nothing.

    Attributes:
        is_used: whether servers are found in etcd and not in files.
    """

    def __init__(self, config: DiscoveryConfig, tasks: Tasks) -> None:
        self._config = config
        self._tasks = tasks
        self.is_used = bool(config.etcd)
        self._own_id = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self._announcers: list[Announcer] = []
        self._registering: list[asyncio.Task[None]] = []
        self._etcd = self._make_etcd() if self.is_used else None
        self._follower = Follower(self._etcd, config.prefix) if self._etcd else None
        self._original = OriginalEtcd(config.original) if config.original.etcd else None
        self._is_login = False

    @property
    def finds_original_logins(self) -> bool:
        """Whether login_servers are found as 0voice_im has it."""
        return self._original is not None

    def start(self) -> None:
        """Begin to listen to etcd; everybody who follows has said so."""
        if self._follower is not None:
            self._tasks.start("discovery", self._follower.run())

    # Following.

    def follow(self, role: Node, told: Told) -> None:
        """Tell ``told`` about the servers of a role in other processes, whenever they change."""
        if self._follower is not None:
            self._follower.follow(role.name.lower(), lambda records: told(self._others(records)))

    def follow_links(self, role: Node, told: Callable[[Mapping[str, str]], None]) -> None:
        """Tell ``told`` where to link to the servers of a role: addresses, each with the server's id."""
        name = LINK_ADDRESS[role]
        self.follow(role, lambda found: told({r.addresses[name]: r.id for r in found if name in r.addresses}))

    def follow_original_logins(self, told: Callable[[Mapping[str, str]], None]) -> None:
        """The same for login_servers that register as 0voice_im's do."""
        if self._original is not None:
            every_s = self._config.original.poll_s
            follower = OriginalFollower(self._original, every_s, lambda found: told(dict.fromkeys(found, "")))
            self._tasks.start("discovery of 0voice_im's login_servers", follower.run())

    def _others(self, records: Sequence[ServerRecord]) -> tuple[ServerRecord, ...]:
        return tuple(record for record in records if record.id != self._own_id)

    # Announcing.

    def announce(
        self,
        role: Node,
        addresses: Addresses,
        load: Callable[[], Mapping[str, float]],
        public: tuple[str, str] = ("", ""),
        *,
        ws_url: str = "",
        ws_is_encrypted: bool = False,
    ) -> None:
        """Register a server of this process, with the addresses that it listens on."""
        if self._etcd is None:
            return
        record = ServerRecord(
            role=role.name.lower(),
            id=self._own_id,
            host_name=socket.gethostname(),
            addresses={name: self._reachable(address) for name, address in addresses.items()},
            public=public,
            ws_url=ws_url,
            ws_is_encrypted=ws_is_encrypted,
        )
        config = self._config
        announcer = Announcer(self._etcd, config.prefix, record, load, config.ttl_s, config.report_load_s)
        self._announcers.append(announcer)
        self._registering.append(self._tasks.start(f"registering {record.role}", announcer.run()))

    def announce_original_login(self, addresses: Addresses) -> None:
        """Register login_server for 0voice_im's msg_servers."""
        if self._original is None:
            return
        host, msg_port = addresses["login_msg"]
        self._is_login = True
        announcer = OriginalAnnouncer(
            self._original,
            self._config.original.refresh_s,
            (self._host_for(host), addresses["login_client"][1], msg_port),
        )
        task = self._tasks.start("registering login_server as 0voice_im does", announcer.run())
        self._registering.append(task)

    async def leave(self) -> None:
        """Take back what was announced, so that nobody is sent here any more."""
        for task in self._registering:
            task.cancel()
        await asyncio.gather(*(announcer.leave() for announcer in self._announcers))
        if self._original is not None and self._is_login:
            await leave_original(self._original)

    async def close(self) -> None:
        """Let go of connections; the tasks have ended."""
        if self._etcd is not None:
            await self._etcd.close()
        if self._original is not None:
            await self._original.close()

    # Addresses that others can use.

    def _reachable(self, address: tuple[str, int]) -> str:
        host = self._host_for(address[0])
        return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"

    def _host_for(self, listened_on: str) -> str:
        if self._config.host:
            return self._config.host
        return self._own_address() if listened_on in _UNSPECIFIED else listened_on

    def _own_address(self) -> str:
        """Return the address by which this machine reaches etcd; nothing is sent."""
        url = self._config.etcd[0] if self._config.etcd else self._config.original.etcd
        parts = urlsplit(url)
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, target = found[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(target)
                return str(probe.getsockname()[0])
        except OSError as error:
            raise ConfigError(
                f"discovery.host: must be set, as the way to {url} does not tell it: {error.strerror}"
            ) from error

    def _make_etcd(self) -> Etcd:
        config = self._config
        return Etcd(config.etcd, config.user, config.password, config.ca_file)
