"""A running msfs on a free port, in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from hongyan.cluster.pdu import ClusterTrust
from hongyan.config import MsfsConfig
from hongyan.metrics import Metrics
from hongyan.reactor.reactor import Reactor
from hongyan.roles.msfs.server import MsfsServer
from hongyan.testing.runtime import SECRET, open_runtime


@asynccontextmanager
async def open_msfs(
    folder: Path, *, trusted: frozenset[str] = frozenset(), **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of an msfs that keeps its files in ``folder``."""
    config = MsfsConfig(**{"port": 0, "directory": str(folder), "min_free_bytes": 0} | settings)
    async with open_runtime(Reactor(Metrics()), ClusterTrust(SECRET, trusted)) as runtime:
        server = MsfsServer(runtime, config)
        host, port = (await server.start())["msfs"]
        try:
            async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as http:
                yield http
        finally:
            server.stop()
            await server.close()


async def upload(http: httpx.AsyncClient, data: bytes, name: str = "a.png", **headers: str) -> httpx.Response:
    return await http.post("/", files={"image": (name, data, "image/png")}, headers=headers)


async def stored(http: httpx.AsyncClient, data: bytes, name: str = "a.png") -> str:
    """The path of a file that was just uploaded."""
    answer = (await upload(http, data, name)).json()
    assert answer["error_code"] == 0, answer
    return f"/{answer['path']}"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
