"""A real etcd, which a test may kill, start again and empty; Debian's serves the v2 API too."""

import shutil
import urllib.request
from collections.abc import Sequence

from measuring.ports import free_ports

from servers.process import ServerProcess, require


class EtcdServer(ServerProcess):
    """One etcd with ports and a folder of its own; started again it has the same."""

    def __init__(self) -> None:
        super().__init__()
        self.port, self._peer_port = free_ports(2)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        peer = f"http://127.0.0.1:{self._peer_port}"
        options = {
            "name": "test",
            "data-dir": f"{self.folder}/data",
            "enable-v2": "true",
            "listen-client-urls": self.url,
            "advertise-client-urls": self.url,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"test={peer}",
            "heartbeat-interval": "20",
            "election-timeout": "200",
        }
        return [require("etcd"), *(f"--{name}={value}" for name, value in options.items())]

    def wipe(self) -> None:
        """Empty it; it must not be running."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:  # noqa: S310 - our own
                return b'"true"' in answer.read()
        except OSError:
            return False
