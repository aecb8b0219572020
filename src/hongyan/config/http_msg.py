"""``[http_msg]``: the HTTP API."""

from typing import Annotated

from pydantic import Field

from hongyan.config.base import LOOPBACK, Address, Hosts, Network, Port, Seconds, Section
from hongyan.config.http_msg_webhooks import WebhooksConfig


class HttpMsgConfig(Section):
    """http_msg_server: the HTTP API for other systems, and the original's two queries."""

    host: Hosts = LOOPBACK
    port: Port = 8400
    message_key: Annotated[str, Field(min_length=32, max_length=32)] = "12345678901234567890123456789012"
    """Encrypts and decrypts texts for the API; the same as ``db_proxy.message_key``."""
    db_proxies: tuple[Address, ...] = ("127.0.0.1:10600",)
    """Where they run in other processes. Not used with etcd."""
    route_servers: tuple[Address, ...] = ("127.0.0.1:8200",)
    """The first one that answers relays to the msg_servers. Not used with etcd."""
    query_from: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    """Who may use the original's ``/query/``, which knows no keys: addresses and networks."""
    docs: bool = True
    """Whether there is a page to try the API at ``/api/docs``."""
    max_body_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 1024 * 1024
    """The longest request; longer ones are refused."""
    max_requests: Annotated[int, Field(ge=1, le=2000)] = 200
    """Requests at the same time; more are answered as busy."""
    request_limit_s: Seconds = 30.0
    """The longest time that one request may take to arrive."""
    wrong_keys_per_minute: Annotated[int, Field(ge=1)] = 30
    """How many wrong keys one address may try in a minute before it has to wait."""
    webhooks: WebhooksConfig = WebhooksConfig()
