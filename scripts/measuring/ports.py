"""Free ports of the loopback for servers that are started, stopped and started again."""

import random
import socket
from typing import Final

FIRST: Final = 10_000
LAST: Final = 32_767
"""Below those that systems give to outgoing connections, which would take one while its server is down."""


def free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago, all different, and likely nobody else's choice."""
    chosen: list[int] = []
    while len(chosen) < count:
        port = random.randint(FIRST, LAST)  # noqa: S311 - no secret
        if port not in chosen and _is_free(port):
            chosen.append(port)
    return chosen


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
