"""The one configuration model: a section per role, read from TOML, checked before anything starts."""

from hongyan.config.base import LOOPBACK, MAX_PORT, Address, Hosts, Port, Seconds, Section, split_address
from hongyan.config.cluster import MIN_SECRET_CHARACTERS, ClusterConfig
from hongyan.config.db_proxy import DbProxyConfig, RedisConfig
from hongyan.config.discovery import DiscoveryConfig, OriginalDiscoveryConfig
from hongyan.config.file import FileConfig
from hongyan.config.http_msg import HttpMsgConfig
from hongyan.config.http_msg_webhooks import WebhooksConfig
from hongyan.config.load import Layers, Loaded, load_config
from hongyan.config.login import LoginConfig
from hongyan.config.metrics import MetricsConfig
from hongyan.config.model import Config
from hongyan.config.msfs import MsfsConfig, S3Config
from hongyan.config.msg import ClientLimits, MsgConfig
from hongyan.config.push import ApnsConfig, PushConfig
from hongyan.config.route import RouteConfig

__all__ = [
    "LOOPBACK",
    "MAX_PORT",
    "MIN_SECRET_CHARACTERS",
    "Address",
    "ApnsConfig",
    "ClientLimits",
    "ClusterConfig",
    "Config",
    "DbProxyConfig",
    "DiscoveryConfig",
    "FileConfig",
    "Hosts",
    "HttpMsgConfig",
    "Layers",
    "Loaded",
    "LoginConfig",
    "MetricsConfig",
    "MsfsConfig",
    "MsgConfig",
    "OriginalDiscoveryConfig",
    "Port",
    "PushConfig",
    "RedisConfig",
    "RouteConfig",
    "S3Config",
    "Seconds",
    "Section",
    "WebhooksConfig",
    "load_config",
    "split_address",
]
