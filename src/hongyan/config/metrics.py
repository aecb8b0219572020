"""``[metrics]``."""

from hongyan.config.base import LOOPBACK, Hosts, Port, Section


class MetricsConfig(Section):
    """The Prometheus endpoint, ``/metrics``."""

    host: Hosts = LOOPBACK
    port: Port = 8790
