"""The runtime directory of a supervisor: what its processes read, and the lock that they share."""

import asyncio
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hongyan.errors import ConfigError

WAIT_FOR_OTHERS_S: Final = 15.0
"""How long the processes of a supervisor that was killed may take to stop."""
RETRY_S: Final = 0.1


class RuntimeFolder:
    """``run`` in the data folder, for the owner's eyes only: the files hold secrets.

    Every process inherits the lock, and so it is free when the last of them is gone.

    Args:
        data_dir: the suite's data folder.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "run"
        self._lock = -1
        self._written: list[Path] = []

    @property
    def lock(self) -> int:
        """The descriptor that processes must inherit."""
        return self._lock

    async def __aenter__(self) -> Self:
        """Wait until no other suite runs here.

        Raises:
            ConfigError: one does, or the folder cannot be written.
        """
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self._path / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"{self._path}: {error.strerror}") from error
        try:
            async with asyncio.timeout(WAIT_FOR_OTHERS_S):
                while not self._is_locked():  # noqa: ASYNC110 - nobody tells when a file is unlocked
                    await asyncio.sleep(RETRY_S)
        except TimeoutError as error:
            os.close(self._lock)
            raise ConfigError(f"{self._path}: another suite runs on this folder") from error
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for path in self._written:
            path.unlink(missing_ok=True)
        os.close(self._lock)

    def write(self, name: str, text: str) -> Path:
        """Write a file that only the owner can read, and return where it is.

        Raises:
            ConfigError: it cannot be written.
        """
        path, draft = self._path / name, self._path / f"{name}.new"
        try:
            draft.unlink(missing_ok=True)
            draft.touch(mode=0o600, exist_ok=False)
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error
        self._written.append(path)
        return path

    def _is_locked(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
