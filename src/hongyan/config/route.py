"""``[route]``."""

from hongyan.config.base import LOOPBACK, Hosts, Port, Section


class RouteConfig(Section):
    """route_server: knows who is where."""

    host: Hosts = LOOPBACK
    port: Port = 8200
