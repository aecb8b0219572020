"""Registers the servers of a process with discovery."""

from collections.abc import Mapping
from typing import Final

from hongyan.cluster.discovery.discovery import Discovery
from hongyan.config import Config
from hongyan.metrics import Metrics
from hongyan.wire.commands import Node

LOADS: Final = {Node.DB_PROXY: ("db_proxy_", "journal_pending")}
"""The gauges that tell the load of a role, where their names do not begin with its own."""


def announce(
    discovery: Discovery,
    config: Config,
    roles: frozenset[Node],
    addresses: Mapping[str, tuple[str, int]],
    metrics: Metrics,
) -> None:
    """Say where the servers of this process are, and begin to listen to what others say."""
    for role in roles:
        name = role.name.lower()
        own = {key: value for key, value in addresses.items() if key == name or key.startswith(f"{name}_")}
        prefixes = LOADS.get(role, (f"{name}_",))
        public = (config.msg.public_ip1, config.msg.public_ip2) if role is Node.MSG else ("", "")
        discovery.announce(
            role,
            own | {"metrics": addresses["metrics"]},
            lambda prefixes=prefixes: metrics.gauges(*prefixes),  # type: ignore[misc] # bound in the loop
            public,
        )
    if Node.LOGIN in roles:
        discovery.announce_original_login(addresses)
    discovery.start()
