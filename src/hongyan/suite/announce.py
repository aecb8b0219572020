"""Registers the servers of a process with discovery."""

from collections.abc import Mapping
from functools import partial

from hongyan.cluster.discovery.discovery import Discovery
from hongyan.config import Config, MsgConfig
from hongyan.metrics import Metrics
from hongyan.suite.status import addresses_of, load_of
from hongyan.wire.commands import Node


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
        msg = config.msg if role is Node.MSG else MsgConfig()
        discovery.announce(
            role,
            addresses_of(name, addresses) | {"metrics": addresses["metrics"]},
            partial(load_of, name, metrics),
            (msg.public_ip1, msg.public_ip2),
            ws_url=msg.ws_url,
            ws_is_encrypted=bool(msg.ws_certificate),
        )
    if Node.LOGIN in roles:
        discovery.announce_original_login(addresses)
    discovery.start()
