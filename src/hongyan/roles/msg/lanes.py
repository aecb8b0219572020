"""A request to db_proxy while it is under way, and the lane in which messages keep their order."""

from typing import Any

from hongyan.cluster.link import Link
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame


class Lane:
    """Conversations that share a slot: their messages travel on one link at a time.

    Attributes:
        link: the one on which something was sent last.
        under_way: how many messages have no answer yet.
        waiting: what goes to another link as soon as nothing is under way on this one.
    """

    __slots__ = ("link", "under_way", "waiting")

    def __init__(self) -> None:
        self.link: Link | None = None
        self.under_way = 0
        self.waiting: list[Request] = []

    def may_take(self, link: Link) -> bool:
        """Tell whether a message may be sent on ``link`` now without overtaking another."""
        return not self.under_way or (self.link is link and not self.waiting)


class Request:
    """One request.

    Attributes:
        order: rises with every request.
        number: what attach_data carries, there and back; unlike the order it has 32 bits.
        key: decides which link it takes.
        lane: of a message; other requests have no order among each other.
        link: on which it was sent last.
        tries: how often it was sent.
    """

    __slots__ = ("command", "frame", "key", "lane", "link", "number", "order", "tries")

    command: Command[Any]
    frame: Frame

    def __init__(self, order: int, number: int, key: int, lane: Lane | None) -> None:
        self.order = order
        self.number = number
        self.key = key
        self.lane = lane
        self.link: Link | None = None
        self.tries = 0
