"""The one configuration model: a section per role, read from TOML, checked before anything starts."""

from hongyan.config.base import LOOPBACK, Address, Hosts, Port, Seconds, Section, split_address
from hongyan.config.cluster import MIN_SECRET_CHARACTERS, ClusterConfig
from hongyan.config.db_proxy import DbProxyConfig
from hongyan.config.load import describe, load_config, override
from hongyan.config.login import LoginConfig
from hongyan.config.metrics import MetricsConfig
from hongyan.config.model import Config
from hongyan.config.msg import ClientLimits, MsgConfig
from hongyan.config.route import RouteConfig

__all__ = [
    "LOOPBACK",
    "MIN_SECRET_CHARACTERS",
    "Address",
    "ClientLimits",
    "ClusterConfig",
    "Config",
    "DbProxyConfig",
    "Hosts",
    "LoginConfig",
    "MetricsConfig",
    "MsgConfig",
    "Port",
    "RouteConfig",
    "Seconds",
    "Section",
    "describe",
    "load_config",
    "override",
    "split_address",
]
