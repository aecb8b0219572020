"""What must be done so that a file is there after a power cut. Everything here blocks: use threads."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Flush a folder: a new name in it is safe only then.

    Raises:
        OSError: the disk does not take it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
