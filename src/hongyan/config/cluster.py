"""``[cluster]``: what the servers of one deployment share."""

from typing import Final

from hongyan.config.base import Section

MIN_SECRET_CHARACTERS: Final = 16


class ClusterConfig(Section):
    """How servers know each other."""

    secret: str = ""
    """What every server of the cluster knows; at least 16 characters. ``hongyan up`` makes its own."""
    trusted_peers: tuple[str, ...] = ()
    """Addresses of original servers, which cannot prove a secret."""
