"""Files in an object store that speaks S3, through obstore (the extra ``hongyan[s3]``)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from hongyan.config.msfs import S3Config
from hongyan.errors import BackendError
from hongyan.roles.msfs.blobs import CHUNK_BYTES


class S3Blobs:
    """Contents as objects of a bucket."""

    def __init__(self, config: S3Config) -> None:
        settings: obstore.store.S3Config = {"region": config.region}
        if config.endpoint:
            settings["endpoint"] = config.endpoint
        if config.access_key_id:
            settings["access_key_id"] = config.access_key_id
            settings["secret_access_key"] = config.secret_access_key
        self._store = S3Store(
            config.bucket,
            prefix=config.prefix or None,
            config=settings,
            client_options={"allow_http": config.endpoint.startswith("http://"), "timeout": "60s"},
            retry_config={"max_retries": 3},
        )

    async def size(self, key: str) -> int | None:
        """Return how long an object is; None when there is none."""
        try:
            meta = await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return None
        except (OSError, BaseError) as error:
            raise BackendError(f"the object store failed: {type(error).__name__}") from error
        return meta["size"]

    async def read(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield a range of an object."""
        if start >= stop:
            return
        try:
            found = await obstore.get_async(self._store, key, options={"range": (start, stop)})
            async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)
        except (OSError, BaseError) as error:
            raise BackendError(f"the object store failed: {type(error).__name__}") from error

    async def add(self, key: str, draft: Path) -> None:
        """Upload a finished file, in several parts when it is long, and remove it here."""
        try:
            await obstore.put_async(self._store, key, draft)
        except (OSError, BaseError) as error:
            raise BackendError(f"the object store failed: {type(error).__name__}") from error
        await asyncio.to_thread(draft.unlink)
