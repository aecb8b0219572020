"""The whole configuration: a section per role."""

from hongyan.config.base import Section
from hongyan.config.cluster import ClusterConfig
from hongyan.config.db_proxy import DbProxyConfig
from hongyan.config.discovery import DiscoveryConfig
from hongyan.config.file import FileConfig
from hongyan.config.http_msg import HttpMsgConfig
from hongyan.config.login import LoginConfig
from hongyan.config.metrics import MetricsConfig
from hongyan.config.msfs import MsfsConfig
from hongyan.config.msg import MsgConfig
from hongyan.config.push import PushConfig
from hongyan.config.route import RouteConfig
from hongyan.config.supervisor import SupervisorConfig


class Config(Section):
    """Everything; a process reads the sections of the roles that it runs."""

    cluster: ClusterConfig = ClusterConfig()
    discovery: DiscoveryConfig = DiscoveryConfig()
    login: LoginConfig = LoginConfig()
    msg: MsgConfig = MsgConfig()
    route: RouteConfig = RouteConfig()
    db_proxy: DbProxyConfig = DbProxyConfig()
    http_msg: HttpMsgConfig = HttpMsgConfig()
    push: PushConfig = PushConfig()
    file: FileConfig = FileConfig()
    msfs: MsfsConfig = MsfsConfig()
    metrics: MetricsConfig = MetricsConfig()
    supervisor: SupervisorConfig = SupervisorConfig()
