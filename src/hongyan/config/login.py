"""``[login]``."""

from pydantic import field_validator

from hongyan.config.base import LOOPBACK, Address, Hosts, Port, Seconds, Section


class LoginConfig(Section):
    """login_server: tells clients which msg_server to use."""

    host: Hosts = LOOPBACK
    http_port: Port = 8080
    client_port: Port = 8008
    msg_host: Hosts = LOOPBACK
    msg_port: Port = 8100
    msfs_url: str = "http://127.0.0.1:8700/"
    """Told to clients. With msfs in the same process, the default means that one; the host 0.0.0.0
    stands for the address by which a client reached login_server."""
    discovery_url: str = "http://127.0.0.1/api/discovery"
    idle_limit_s: Seconds = 60.0
    console: bool = True
    """Whether there is the admin console at ``/admin`` of ``http_port``. Nobody can sign in until
    ``hongyan admin add`` has made an administrator."""
    db_proxies: tuple[Address, ...] = ()
    """The db_proxies that the console asks, where they run in other processes; without any it cannot be
    used. Found by themselves with etcd."""
    route_servers: tuple[Address, ...] = ()
    """The route_servers that know who is online, for the console; the first one is asked."""
    watch: tuple[Address, ...] = ()
    """The metrics addresses of the other processes, for the console's dashboard. Found by themselves with
    etcd."""

    @field_validator("msfs_url")
    @classmethod
    def _ends_with_slash(cls, url: str) -> str:
        if not url.endswith("/"):
            raise ValueError("must end with a slash, because clients append to it")
        return url
