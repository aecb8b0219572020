"""``[discovery]``: how servers find each other when their addresses stand in no file."""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from hongyan.config.base import Seconds, Section

_URL: Final = re.compile(r"https?://[^/\s]+/?")


def _check_url(text: str) -> str:
    if text and not _URL.fullmatch(text):
        raise ValueError("must be the URL of an etcd, such as http://10.0.0.2:2379")
    return text.rstrip("/")


def _check_key(text: str) -> str:
    if not text.startswith("/") or text.endswith("/"):
        raise ValueError("must begin with a slash and not end with one")
    return text


EtcdUrl = Annotated[str, AfterValidator(_check_url)]
Key = Annotated[str, AfterValidator(_check_key)]


class OriginalDiscoveryConfig(Section):
    """0voice_im's way.

    Its msg_servers find our login_server, and our msg_server finds its login_servers. etcd serves it
    with ``--enable-v2``.
    """

    etcd: EtcdUrl = ""
    """The URL of one etcd; empty means that this way is not used."""
    service_dir: Key = "/login_servers"
    """The directory of the login_servers (``ServiceDir``, ``LoginServiceDir``)."""
    service_id: Annotated[str, Field(pattern=r"^[^/]+$")] = "0001-0001"
    """The key of our login_server in it (``ServiceId``); every login_server needs its own."""
    refresh_s: Seconds = 2.0
    """How often login_server registers itself again (``RegisterTTL``)."""
    poll_s: Seconds = 5.0
    """How often msg_server looks for login_servers (``DiscoveryTTL``)."""


class DiscoveryConfig(Section):
    """How servers find each other.

    With ``etcd`` every server registers there with its addresses and its load, and the lists of
    addresses in the other tables are not used.
    """

    etcd: tuple[EtcdUrl, ...] = ()
    """The client URLs of the etcd cluster (version 3.4 or later), tried in turn; empty means that etcd is not
    used."""
    prefix: Key = "/hongyan"
    """Where the keys of this deployment begin; one etcd can serve several."""
    ttl_s: Annotated[int, Field(ge=2, le=3600)] = 10
    """When a server that died vanishes from etcd."""
    host: str = ""
    """The address by which other machines reach this one; empty means the one listened on or, where that is
    every one, the one by which this machine reaches etcd."""
    report_load_s: Seconds = 1.0
    """How often a server tells a load that has changed."""
    user: str = ""
    """Who to log in to etcd as; empty where etcd asks for nobody."""
    password: str = ""
    """The password of ``user``."""
    ca_file: str = ""
    """A file with the certificate authority of an etcd with ``https://``; empty means those of the system."""
    original: OriginalDiscoveryConfig = OriginalDiscoveryConfig()

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if bool(self.user) != bool(self.password):
            raise ValueError("user and password belong together")
        return self
