"""Free ports of the loopback for servers that are started, stopped and started again."""

import fcntl
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

FIRST: Final = 10_000
LAST: Final = 32_767
"""Below those that systems give to outgoing connections, which would take one while its server is down."""
_chosen: Final[set[int]] = set()


def free_ports(count: int) -> list[int]:
    """Return ports that are this process's until it ends: nobody else who asks here gets one of them.

    Their servers may not listen yet, or not for a while, so that a port looks free does not say enough:
    tests run in several processes.
    """
    chosen: list[int] = []
    while len(chosen) < count:
        port = random.randint(FIRST, LAST)  # noqa: S311 - no secret
        if port not in _chosen and _claim(port) and _is_free(port):
            _chosen.add(port)
            chosen.append(port)
    return chosen


def _claim(port: int) -> bool:
    """Lock the port's byte of a file that all processes share; the system unlocks it at our end."""
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _claims() -> int:
    """Open the file, which stays empty; to close it would unlock everything."""
    path = Path(tempfile.gettempdir()) / f"hongyan-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
