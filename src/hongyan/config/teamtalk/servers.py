"""What the keys of each original server are here (spec/conf.md)."""

from collections.abc import Callable
from typing import Final

from hongyan.config.teamtalk.draft import Draft
from hongyan.config.teamtalk.syntax import leading_integer
from hongyan.errors import ConfigError

MIN_DB_ENTRIES: Final = 2

_NO_KEY_NEEDED: Final = "our msg_server passes messages on as they are and needs no key"
_NO_SUCH_SERVER: Final = "this version does not link to such a server"


def login(draft: Draft) -> None:
    """loginserver.conf."""
    http = draft.hosts("HttpListenIP", "login.host", required=True)
    clients = draft.entry("ClientListenIP")
    if clients is not None and http is not None and clients.value != ";".join(http):
        draft.notes.append((clients, "clients are served on login.host over HTTP and TCP alike"))
    draft.number("HttpPort", "login.http_port", required=True)
    draft.number("ClientPort", "login.client_port")
    draft.hosts("MsgServerListenIP", "login.msg_host", required=True)
    draft.number("MsgServerPort", "login.msg_port", required=True)
    draft.text("msfs", "login.msfs_url", required=True)
    draft.text("discovery", "login.discovery_url", required=True)
    if _etcd(draft):
        draft.text("ServiceId", "discovery.original.service_id", required=True)
        draft.text("ServiceDir", "discovery.original.service_dir", required=True)
        draft.text("HostIp", "discovery.host", required=True)
        draft.milliseconds("RegisterTTL", "discovery.original.refresh_s", required=True)


def msg(draft: Draft) -> None:
    """msgserver.conf."""
    draft.hosts("ListenIP", "msg.host", required=True)
    draft.number("ListenPort", "msg.port", required=True)
    draft.text("IpAddr1", "msg.public_ip1", required=True)
    draft.text("IpAddr2", "msg.public_ip2")
    draft.number("MaxConnCnt", "msg.max_connections", required=True)
    _db_proxies(draft, "msg.db_proxies")
    draft.number("ConcurrentDBConnCnt", "msg.db_connections")
    draft.peers("LoginServer", "msg.login_servers")
    if _etcd(draft):
        draft.text("LoginServiceDir", "discovery.original.service_dir", required=True)
        draft.milliseconds("DiscoveryTTL", "discovery.original.poll_s", required=True)
        draft.drop("HostIp", "msg_server does not register itself; the original does not use it either")
    draft.peers("RouteServer", "msg.route_servers")
    draft.add("msg.websocket", value=False, why="the original has none")
    draft.drop_peers("FileServer", _NO_SUCH_SERVER)
    draft.drop_peers("PushServer", _NO_SUCH_SERVER)
    draft.drop("aesKey", _NO_KEY_NEEDED)


def route(draft: Draft) -> None:
    """routeserver.conf."""
    draft.hosts("ListenIP", "route.host", required=True)
    draft.number("ListenMsgPort", "route.port", required=True)


def _etcd(draft: Draft) -> bool:
    """Take the etcd of 0voice_im's servers (spec/discovery.md); tell whether the file has one."""
    ip = draft.entry("RegisterCenterIp")
    if ip is None:
        return False
    port = draft.entry("RegisterCenterPort", required=True)
    number = leading_integer(port.value) if port is not None else 0
    draft.set(
        "discovery.original.etcd", f"http://{ip.value}:{number}", ip, "RegisterCenterIp, RegisterCenterPort"
    )
    return True


def _db_proxies(draft: Draft, path: str) -> None:
    found = draft.peers("DBServer", path)
    if len(found) < MIN_DB_ENTRIES:
        raise ConfigError(
            f"{draft.file}: DBServerIP1, DBServerPort1: at least two entries are needed, not {len(found)}; "
            "the same address may stand twice"
        )


SERVERS: Final[dict[str, Callable[[Draft], None]]] = {
    "login": login,
    "msg": msg,
    "route": route,
}
"""How the file of each role is read."""

SIGNATURES: Final = {
    "login": "HttpPort",
    "msg": "IpAddr1",
    "route": "ListenMsgPort",
    "db_proxy": "DBInstances",
    "file": "ClientListenPort",
    "push": "CertPath",
    "msfs": "BaseDir",
}
"""A key of each role's file that no other has; http_msg has none."""

FILE_NAMES: Final = {
    "loginserver": "login",
    "msgserver": "msg",
    "routeserver": "route",
    "dbproxyserver": "db_proxy",
    "fileserver": "file",
    "httpmsgserver": "http_msg",
    "pushserver": "push",
    "msfs": "msfs",
}
"""The roles by the names that the originals read their file under."""
