"""A file on its way from one user to another, as both of them know it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from hongyan.client.convert import lenient
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import file_pb2

LARGEST_FILE_BYTES: Final = 2**32 - 1
"""The protocol has sizes as 32-bit numbers."""

_MAX_NAME_BYTES: Final = 200
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
_NAMELESS: Final = "file"


@dataclass(frozen=True, slots=True)
class FileOffer:
    """A file that one user sends to another. Keep it, and the transfer can be taken up again with it.

    Attributes:
        sender_id: who sends it.
        receiver_id: whom it is for.
        name: as the sender wrote it, which may be anything; see ``safe_name``.
        size: in bytes.
        task_id: the servers' name for the transfer.
        is_online: whether it passes straight from one to the other; otherwise it is kept until it is fetched.
        servers: hosts and ports of the file_server, in the order in which they are tried.
        token: what lets this user, and nobody else, take part; empty where the servers know no such thing.
    """

    sender_id: int
    receiver_id: int
    name: str
    size: int
    task_id: str
    is_online: bool
    servers: tuple[tuple[str, int], ...]
    token: str = field(default="", repr=False)

    @property
    def safe_name(self) -> str:
        """The name without anything that could lead out of a folder, hide the file or mislead a reader."""
        return safe_name(self.name)


def safe_name(name: str) -> str:
    """Make a name for a file in a folder of ours out of what somebody else called it."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(each for each in last if not unicodedata.category(each).startswith("C"))
    plain = _FORBIDDEN.sub("_", shown).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending.encode()) > _MAX_NAME_BYTES // 4:
        return _shorten(plain, _MAX_NAME_BYTES) or _NAMELESS
    return f"{_shorten(stem, _MAX_NAME_BYTES - len(ending.encode()) - 1) or _NAMELESS}.{ending}"


def _shorten(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore").rstrip(" .")


def answered_offer(answer: file_pb2.IMFileRsp, size: int) -> FileOffer:
    """Read the answer to a request of ours to send a file."""
    return FileOffer(
        sender_id=answer.from_user_id,
        receiver_id=answer.to_user_id,
        name=lenient(answer.file_name),
        size=size,
        task_id=lenient(answer.task_id),
        is_online=answer.trans_mode == base.FILE_TYPE_ONLINE,
        servers=_addresses(answer.ip_addr_list),
        token=lenient(answer.file_token),
    )


def notified_offer(notify: file_pb2.IMFileNotify) -> FileOffer:
    """Read the notice that somebody sends a file to us."""
    return FileOffer(
        sender_id=notify.from_user_id,
        receiver_id=notify.to_user_id,
        name=lenient(notify.file_name),
        size=notify.file_size,
        task_id=lenient(notify.task_id),
        is_online=notify.trans_mode == base.FILE_TYPE_ONLINE,
        servers=_addresses(notify.ip_addr_list),
        token=lenient(notify.file_token),
    )


def waiting_offers(answer: file_pb2.IMFileHasOfflineRsp) -> list[FileOffer]:
    """Read the list of files that are kept for us; one that was announced twice stands in it twice."""
    offers = [
        FileOffer(
            sender_id=info.from_user_id,
            receiver_id=answer.user_id,
            name=lenient(info.file_name),
            size=info.file_size,
            task_id=lenient(info.task_id),
            is_online=False,
            servers=_addresses(info.server_addr or answer.ip_addr_list),
            token=lenient(info.file_token),
        )
        for info in answer.offline_file_list
    ]
    return list({offer.task_id: offer for offer in offers}.values())


def _addresses(found: Iterable[base.IpAddr]) -> tuple[tuple[str, int], ...]:
    return tuple(dict.fromkeys((lenient(address.ip), address.port) for address in found))
