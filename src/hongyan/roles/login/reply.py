"""Which address of a msg_server a client is told."""

from typing import Final

UNSPECIFIED: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - read, not listened on


def address_for(reported: str, reached_at: str) -> str:
    """Return the address to tell a client.

    Args:
        reported: what msg_server says of itself; unspecified when its operator named no public
            address, which is right as long as it runs on this machine.
        reached_at: the address by which this client reached login_server: it can reach
            everything else on this machine by it, from inside the network and from outside.
    """
    return reached_at if reported in UNSPECIFIED else reported


def host_in_url(address: str) -> str:
    """Write an address as it stands in a URL: IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address
