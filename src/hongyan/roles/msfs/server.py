"""The msfs role (spec/http.md 3)."""

import asyncio
from typing import Final

from hongyan.config.msfs import MsfsConfig
from hongyan.errors import ConfigError
from hongyan.reactor.http import HttpServer
from hongyan.roles.msfs.blobs import Blobs
from hongyan.roles.msfs.disk import DiskBlobs
from hongyan.roles.msfs.http import MsfsHttp
from hongyan.roles.runtime import Runtime
from hongyan.wire.commands import Node

FIRST_REQUEST_S: Final = 60.0


class MsfsServer:
    """Keeps images, voice and avatars. It has no links: clients and db_proxy come over HTTP."""

    node = Node.MSFS

    def __init__(self, runtime: Runtime, config: MsfsConfig) -> None:
        self._runtime = runtime
        self._config = config
        self._http: HttpServer | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> dict[str, tuple[str, int]]:
        """Listen; return the address by its name in the ready file.

        Raises:
            ConfigError: the folder or the object store cannot be used, or the address is taken.
        """
        config, runtime = self._config, self._runtime
        app = MsfsHttp(config, _open_blobs(config), runtime.trust, runtime.metrics)
        self._http = HttpServer(app, config.host, config.port, FIRST_REQUEST_S)
        self._serving = runtime.tasks.start("msfs http", self._http.run())
        runtime.tasks.start("msfs cleaning", app.resumable.clean())
        runtime.metrics.gauge(
            "msfs_resumable", "Resumable uploads that are remembered", lambda: app.resumable.count
        )
        await self._http.wait_ready()
        return {"msfs": self._http.address}

    def stop(self) -> None:
        """Accept no more."""
        if self._http is not None:
            self._http.close()

    async def close(self) -> None:
        """Give requests that are under way a moment to end."""
        if self._serving is not None:
            await self._serving


def _open_blobs(config: MsfsConfig) -> Blobs:
    if config.store == "disk":
        return DiskBlobs(config.folder)
    try:
        from hongyan.roles.msfs.s3 import S3Blobs  # noqa: PLC0415 - an extra that need not be installed
    except ImportError as error:
        raise ConfigError(
            "msfs.store: s3 needs an extra; install it with: pip install 'hongyan[s3]'"
        ) from error
    return S3Blobs(config.s3)
