"""What msfs asks of the place where files are kept: a disk or an object store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Protocol

from hongyan.errors import BackendError

CHUNK_BYTES: Final = 256 * 1024


class NoSpaceError(BackendError):
    """The disk is full."""


class Blobs(Protocol):
    """Contents by their keys. A content is there whole or not at all, and is never changed."""

    async def size(self, key: str) -> int | None:
        """Return how long a content is; None when there is none.

        Raises:
            BackendError: the store failed.
        """

    def read(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from ``start`` up to ``stop`` of a content that is there.

        Raises:
            BackendError: the store failed, or the content is shorter.
        """

    async def add(self, key: str, draft: Path) -> None:
        """Take a finished file of this machine under a key; the file is gone afterwards.

        Raises:
            BackendError: it could not be stored; the file is still there.
        """
