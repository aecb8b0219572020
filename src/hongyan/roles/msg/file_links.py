"""The links of msg_server to file_server: several may be open, each with its addresses and its tag."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from hongyan.cluster.link import Link
from hongyan.wire import commands
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.base_define_pb2 import IpAddr
from hongyan.wire.pb.server_pb2 import IMFileServerIPReq, IMFileServerIPRsp
from hongyan.wire.text import text

_RANDOM = Random()  # noqa: S311 - spreads load, protects nothing


@dataclass(slots=True, eq=False)
class FileServerLink:
    """A link and what its server has said of itself.

    Attributes:
        link: the link.
        addresses: where clients reach the server.
        tag: how the ids of its transfers end; empty for an original, whose ids tell nothing.
    """

    link: Link
    addresses: list[IpAddr] = field(default_factory=list)
    tag: str = ""


class FileLinks:
    """Chooses the file_server of a transfer: any for a new one, its own for one that exists."""

    def __init__(self) -> None:
        self._links: dict[Link, FileServerLink] = {}

    def add(self, link: Link) -> None:
        """A link was opened: ask where clients reach the server."""
        self._links[link] = FileServerLink(link)
        link.send(OutboundFrame(commands.FILE_SERVER_ADDRESS, IMFileServerIPReq()))

    def remove(self, link: Link) -> None:
        """A link is gone."""
        del self._links[link]

    def told(self, link: Link, message: IMFileServerIPRsp) -> None:
        """A server says where it is; a second answer adds to the first, as in the original."""
        known = self._links.get(link)
        if known is not None:
            known.addresses.extend(message.ip_addr_list)
            known.tag = text(message.server_tag)

    def any(self) -> FileServerLink | None:
        """Return a server for a new transfer; None when there is none."""
        ready: Sequence[FileServerLink] = [each for each in self._links.values() if each.addresses]
        return _RANDOM.choice(ready or list(self._links.values())) if self._links else None

    def of_link(self, link: Link) -> FileServerLink | None:
        """Return the server at the other end of a link."""
        return self._links.get(link)

    def of_task(self, task_id: str) -> FileServerLink | None:
        """Return the server that has a transfer; any, where the id does not tell."""
        for each in self._links.values():
            if each.tag and task_id.endswith(each.tag):
                return each
        return self.any()

    def is_of_ours(self, task_id: str) -> bool:
        """Tell whether no original file_server can have made this id."""
        tags = [each.tag for each in self._links.values()]
        return bool(tags) and (all(tags) or any(tag and task_id.endswith(tag) for tag in tags))
