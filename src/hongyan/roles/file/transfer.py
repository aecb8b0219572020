"""A transfer: what is sent by whom to whom, and how it stands on disk (spec/storage.md 7).

The original writes the same header before every file it keeps, so its folder can be used as it is,
and an original can be started on a folder of ours.
"""

import re
import time
from dataclasses import dataclass
from struct import Struct
from typing import Final, Self

_HEADER: Final = Struct("128s64s64s128s512s64s")
HEADER_BYTES: Final = _HEADER.size
_TASK_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TAG_CHARACTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Transfer:
    """One file on its way.

    Attributes:
        task_id: a random UUID: nobody guesses it. Its last characters are the tag of the server.
        sender: user id.
        receiver: user id.
        size: of the file, in bytes.
        created: Unix seconds.
        is_online: whether it passes straight from one client to the other.
    """

    task_id: str
    sender: int
    receiver: int
    size: int
    created: int
    is_online: bool

    @classmethod
    def make(cls, task_id: str, sender: int, receiver: int, size: int, *, is_online: bool) -> Self:
        """Make a new one."""
        return cls(task_id, sender, receiver, size, int(time.time()), is_online)

    def header(self) -> bytes:
        """Return what stands before the file's bytes on disk."""
        numbers = (self.sender, self.receiver, self.created)
        sender, receiver, created = (str(number).encode() for number in numbers)
        return _HEADER.pack(self.task_id.encode(), sender, receiver, created, b"", str(self.size).encode())

    @classmethod
    def from_header(cls, header: bytes, *, is_online: bool) -> Self:
        """Read it back.

        Raises:
            ValueError: it is no such header.
        """
        if len(header) < HEADER_BYTES:
            raise ValueError("too short for a header")
        fields = [
            field.partition(b"\0")[0].decode("ascii") for field in _HEADER.unpack(header[:HEADER_BYTES])
        ]
        task_id, sender, receiver, created, _, size = fields
        if not is_task_id(task_id):
            raise ValueError("no id of a transfer")
        return cls(task_id, int(sender), int(receiver), int(size), int(created or 0), is_online)


def is_task_id(text: str) -> bool:
    """Whether a text is one that a transfer may have; only such a text may become part of a path."""
    return _TASK_ID.fullmatch(text) is not None
