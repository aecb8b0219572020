"""What the keys of each original server are here (spec/conf.md)."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlsplit

from hongyan.config.teamtalk.draft import Draft
from hongyan.config.teamtalk.syntax import Entry, leading_integer
from hongyan.errors import ConfigError

MIN_DB_ENTRIES: Final = 2

_ONE_REDIS: Final = "all pools are in the Redis of unread"
_NOT_NEEDED: Final = "one connection is enough, and the pool sync is never used"
_NOT_NEEDED_HERE: Final = "one connection to each db_proxy_server is enough"
_NO_THREADS: Final = "here the work is not bound to a number of threads"
_CLIENTS_PORT, _MSG_PORT = ":8600", ":8601"


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
    _file_servers(draft)
    draft.peers("PushServer", "msg.push_servers")
    draft.text("aesKey", "msg.message_key", required=True)


def route(draft: Draft) -> None:
    """routeserver.conf."""
    draft.hosts("ListenIP", "route.host", required=True)
    draft.number("ListenMsgPort", "route.port", required=True)


def db_proxy(draft: Draft) -> None:
    """dbproxyserver.conf."""
    draft.hosts("ListenIP", "db_proxy.host", required=True)
    draft.number("ListenPort", "db_proxy.port", required=True)
    draft.text("aesKey", "db_proxy.message_key", required=True)
    draft.add("db_proxy.replace_legacy_passwords", value=False, why="an original may share the database")
    _databases(draft)
    _redis(draft)
    draft.drop(
        "DBInstances", "the original asks for teamtalk_master and teamtalk_slave, whatever stands here"
    )
    draft.drop("CacheInstances", "the original asks for unread, group_set, token and group_member")
    draft.drop("ThreadNum", _NO_THREADS)
    draft.drop("ThreadPool", _NO_THREADS)
    site = draft.entry("MsfsSite")
    if site is not None:
        _msfs_site(draft, site)


def _databases(draft: Draft) -> None:
    """Take the master pool as a URL, and the slave's where that is another server."""
    draft.number("teamtalk_master_maxconncnt", "db_proxy.database_readers")
    host, master = _pool(draft, "teamtalk_master", required=True)
    if host is not None:
        draft.set("db_proxy.database", master, host, "teamtalk_master_host, teamtalk_master_port, ...")
    host, slave = _pool(draft, "teamtalk_slave", required=False)
    draft.drop("teamtalk_slave_maxconncnt", "as many connections as to the master")
    if host is None:
        return
    if slave.rpartition("@")[2] == master.rpartition("@")[2]:
        draft.notes.append((host, "the same server as the master, so there is nothing to spread"))
    else:
        draft.set("db_proxy.replica", slave, host, "teamtalk_slave_host, teamtalk_slave_port, ...")


def _pool(draft: Draft, pool: str, *, required: bool) -> tuple[Entry | None, str]:
    """Return the entry of a pool's host, if there is one, and the pool as a URL."""
    keys = ("host", "port", "dbname", "username")
    parts = [draft.entry(f"{pool}_{key}", required=required) for key in keys]
    password = draft.entry(f"{pool}_password")  # an empty one is no entry
    host, port, name, user = (entry.value if entry else "" for entry in parts)
    login = quote(user, safe="") + (f":{quote(password.value, safe='')}" if password else "")
    return parts[0], f"mysql://{login}@{host}:{leading_integer(port)}/{quote(name, safe='')}"


def _msfs_site(draft: Draft, site: Entry) -> None:
    """Take where voice messages are uploaded to."""
    has_scheme = site.value.startswith(("http://", "https://"))
    url = site.value if has_scheme else f"http://{site.value}"
    if has_scheme or urlsplit(url).port is not None:
        draft.set("db_proxy.msfs_url", f"{url.rstrip('/')}/", site)
    else:
        why = "neither scheme nor port, so there is no msfs; voice messages are kept in db_proxy.audio_dir"
        draft.notes.append((site, why))


def _redis(draft: Draft) -> None:
    """Take the pools' databases, all of one Redis."""
    host, port = draft.entry("unread_host"), draft.entry("unread_port", required=True)
    if host is not None and port is not None:
        url = f"redis://{host.value}:{leading_integer(port.value)}"
        draft.set("db_proxy.redis.url", url, host, "unread_host, unread_port")
    for pool in ("unread", "group_set", "token", "group_member"):
        draft.number(f"{pool}_db", f"db_proxy.redis.{pool}_db")
        if pool != "unread":
            draft.drop(f"{pool}_host", _ONE_REDIS)
            draft.drop(f"{pool}_port", _ONE_REDIS)
        draft.drop(f"{pool}_maxconncnt", _NOT_NEEDED)
    for key in ("_host", "_port", "_db", "_maxconncnt"):
        draft.drop(f"sync{key}", _NOT_NEEDED)


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


def push(draft: Draft) -> None:
    """pushserver.conf; Apple still takes its certificates, over HTTP/2."""
    draft.hosts("ListenIP", "push.host", required=True)
    draft.number("ListenPort", "push.port", required=True)
    draft.text("CertPath", "push.apns.cert_file", required=True)
    draft.text("KeyPath", "push.apns.cert_key_file", required=True)
    draft.text("KeyPassword", "push.apns.cert_key_password", required=True)
    sandbox = draft.entry("SandBox", required=True)
    if sandbox is not None:
        draft.set("push.apns.sandbox", leading_integer(sandbox.value) == 1, sandbox)


def msfs(draft: Draft) -> None:
    """msfs.conf; the files that are there stay where they are."""
    draft.hosts("ListenIP", "msfs.host", required=True)
    draft.number("ListenPort", "msfs.port", required=True)
    draft.text("BaseDir", "msfs.directory", required=True)
    draft.drop("FileCnt", "files are named by their content, and nobody counts them")
    draft.drop("FilesPerDir", "the same")
    draft.drop("GetThreadCount", _NO_THREADS)
    draft.drop("PostThreadCount", _NO_THREADS)


def http_msg(draft: Draft) -> None:
    """httpmsgserver.conf; it may name no db_proxy at all, and answers nothing then."""
    draft.hosts("ListenIP", "http_msg.host", required=True)
    draft.number("ListenPort", "http_msg.port", required=True)
    draft.peers("DBServer", "http_msg.db_proxies")
    draft.drop("ConcurrentDBConnCnt", _NOT_NEEDED_HERE)
    draft.peers("RouteServer", "http_msg.route_servers")


def file(draft: Draft) -> None:
    """fileserver.conf."""
    draft.hosts("ClientListenIP", "file.host", required=True)
    draft.number("ClientListenPort", "file.port", required=True)
    draft.hosts("MsgServerListenIP", "file.msg_host", required=True)
    draft.number("MsgServerListenPort", "file.msg_port", required=True)
    draft.drop("TaskTimeout", "it has no effect in the original either")


def _file_servers(draft: Draft) -> None:
    """Take the file_servers; the shipped file names the port for clients, with which no original works."""
    named = draft.peers("FileServer", "msg.file_servers")
    meant = tuple(
        address.removesuffix(_CLIENTS_PORT) + _MSG_PORT if address.endswith(_CLIENTS_PORT) else address
        for address in named
    )
    if meant != named:
        setting = draft.settings[-1]
        draft.settings[-1] = setting._replace(value=meant, why=f"{setting.why}; 8601, as 8600 is for clients")


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
    "db_proxy": db_proxy,
    "http_msg": http_msg,
    "push": push,
    "file": file,
    "msfs": msfs,
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
