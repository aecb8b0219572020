"""A msg_server as discovery lists it."""

from ipaddress import ip_address

from hongyan.cluster.discovery.record import ServerRecord
from hongyan.config import split_address
from hongyan.roles.login.registry import MsgServer


def listed_server(record: ServerRecord) -> MsgServer:
    """Read a msg_server from its record."""
    host, port = split_address(record.addresses.get("msg", ":0"))
    ip1, ip2 = record.public
    return MsgServer(
        ip1=ip1 or _for_others(host),
        ip2=ip2 or ip1 or _for_others(host),
        port=port,
        max_clients=int(record.load.get("msg_max_sessions", 0)),
        clients=int(record.load.get("msg_sessions", 0)),
        host_name=record.host_name,
        ws_port=split_address(record.addresses.get("msg_ws", ":0"))[1],
        ws_is_encrypted=record.ws_is_encrypted,
        ws_url=record.ws_url,
    )


def _for_others(host: str) -> str:
    """Return an address that clients can use; none for loopback, which means that it runs on this machine."""
    try:
        return "" if ip_address(host).is_loopback else host
    except ValueError:
        return host
