"""The links of msg_server to db_proxy: which one a request takes, and what becomes of it when that dies.

The original takes a random link of a pool for each request (spec/flows.md 2.2), so two messages of
one sender may overtake each other, and a request on a link that dies is never answered. Here a key
decides, so that what belongs together takes the same link; and every request is remembered until it
is answered, so that it can be sent again, or its asker told that it failed.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from random import Random
from typing import Any, Final

import structlog

from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.msg.lanes import Lane, Request
from hongyan.wire import commands
from hongyan.wire.attach import Attach, pack_db_attach, pack_pdu_attach
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.message_pb2 import IMMsgData

_log = structlog.get_logger("hongyan.msg")

SLOTS: Final = 1024
"""Keys fall into so many slots, each with one link; a power of two."""
_SLOT: Final = SLOTS - 1
DISCOVERED: Final = -1
"""The entry of a db_proxy that discovery found: it belongs to both pools."""
UNANSWERED_AFTER_S: Final = 30.0
"""After this time, and at most twice as long, a request counts as failed. A link that is dead is noticed
before: it is closed after 30 seconds of silence."""
MAX_TRIES: Final = 3
MAX_WAITING: Final = 10_000
"""Messages that may wait until a conversation has moved to another link; more are refused as busy."""
_NUMBERS: Final = 2**32

_LOGIN_POOL: Final = frozenset(
    {
        commands.VALIDATE.id,
        commands.UNREAD_COUNT.id,
        commands.MSG_LIST.id,
        commands.MSG_BY_ID.id,
        commands.RECENT_SESSIONS.id,
        commands.USERS_INFO.id,
        # In the original's general pool; but a client that marks as read, or removes, and asks next,
        # sees what it did only if both take one link.
        commands.MSG_READ_ACK.id,
        commands.REMOVE_SESSION.id,
    }
)
_LONG_LAYOUT: Final = frozenset(
    {
        commands.GROUP_INFO.id,
        commands.CHANGE_SIGN_INFO.id,
        commands.CHANGE_AVATAR.id,
        commands.PUSH_SHIELD.id,
        commands.QUERY_PUSH_SHIELD.id,
        commands.REGISTER.id,
    }
)
"""What carries the PDU attach, as the original has it (spec/wire.md 2); all else the DB attach."""
_ONCE_ONLY: Final = frozenset(
    {commands.GROUP_CREATE.id, commands.GROUP_CHANGE_MEMBER.id, commands.REGISTER.id}
)
"""What must not be sent again when nobody knows whether it was done: a second group, a wrong refusal."""


class DbLinks:
    """The open links, and the requests that are under way on them.

    Args:
        entries: how many addresses there are in the configuration. Links to the first half are the
            login pool, for logins and what a client reads most; the others are the general pool. A pool
            without an open link is stood in for by the other one.
        failed: called with a request that will not be answered.
    """

    def __init__(self, entries: int, failed: Callable[[Request], None]) -> None:
        self._half = entries // 2
        self._failed = failed
        self._links: list[Link] = []
        self._login_table: list[Link] = []
        self._general_table: list[Link] = []
        self._lanes = [Lane() for _ in range(SLOTS)]
        self._orders = itertools.count(1)
        self._young: dict[int, Request] = {}
        self._old: dict[int, Request] = {}
        self.wheel_slot: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent at all."""
        return bool(self._links)

    @property
    def under_way(self) -> int:
        """How many requests wait for their answer."""
        return len(self._young) + len(self._old)

    # Links come and go.

    def add(self, link: Link) -> None:
        """A link was opened."""
        self._links.append(link)
        self._assign()

    def remove(self, link: Link) -> None:
        """A link takes no more requests, but still answers: its db_proxy is about to stop."""
        if link in self._links:
            self._links.remove(link)
            self._assign()

    def lost(self, link: Link) -> None:
        """A link is gone: what was under way on it is sent again where that is safe, and else failed."""
        self.remove(link)
        self._give_up(link, [request for request in self._all() if request.link is link])

    def _assign(self) -> None:
        """Give each slot a link, in both pools."""
        self._links.sort(key=_by_handle)
        login = [link for link in self._links if link.entry < self._half]
        general = [link for link in self._links if not 0 <= link.entry < self._half]
        self._login_table = _spread(login or general)
        self._general_table = _spread(general or login)

    # Requests.

    def pick(self, command: Command[Any], key: int) -> Link:
        """Return the link that ``command`` takes for ``key``.

        Raises:
            RefusedError: there is no open link.
        """
        table = self._login_table if command.id in _LOGIN_POOL else self._general_table
        if not table:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the database server is not connected; try again later")
        return table[key & _SLOT]

    def tell(self, frame: Frame, command: Command[Any], key: int) -> None:
        """Send what nobody answers.

        Raises:
            RefusedError: there is no open link.
        """
        self.pick(command, key).send(frame)

    def ask(
        self,
        command: Command[Any],
        message: Any,
        asker: Attach,
        *,
        key: int | None = None,
        origin: Frame | None = None,
    ) -> None:
        """Send a request whose answer comes with ``asker`` in it.

        Args:
            command: what is asked.
            message: its attach_data is set here.
            asker: who wants to know; the number in it is chosen here.
            key: requests of one key take the same link; the asker's handle unless it is given.
            origin: the client's frame on whose behalf it is asked; gives the seq.

        Raises:
            RefusedError: there is no open link.
        """
        key = asker.handle if key is None else key
        link = self.pick(command, key)
        request = self._request(key, None)
        message.attach_data = _pack(command, asker, request.number)
        seq = origin.seq if origin is not None else 0
        # This one is made up by msg_server and has a header of its own (spec/wire.md 4).
        header = None if command is commands.VALIDATE else origin
        request.frame = OutboundFrame(command, message, seq, header)
        request.command = command
        self._send(request, link)

    def post(self, message: IMMsgData, handle: int, key: int, origin: Frame) -> None:
        """Send a message to be stored, behind all earlier ones of its conversation, which ``key`` names.

        Raises:
            RefusedError: there is no open link, or too much waits for the conversation to move.
        """
        table = self._general_table
        if not table:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the database server is not connected; try again later")
        slot = key & _SLOT
        lane, link = self._lanes[slot], table[slot]
        request = self._request(key, lane)
        message.attach_data = pack_db_attach(handle, request.number)
        request.frame = OutboundFrame(commands.MSG_DATA, message, origin.seq, origin)
        request.command = commands.MSG_DATA
        if lane.may_take(link):
            self._send(request, link)
        elif len(lane.waiting) < MAX_WAITING:
            lane.waiting.append(request)
        else:
            raise RefusedError(ErrorCode.BUSY, "the database server changes; send it again later")

    def answered(self, number: int) -> Request | None:
        """A request has its answer; return it, unless it counts as failed already or never had a number."""
        request = self._forget(number)
        if request is not None and request.lane is not None:
            self._advance(request.lane)
        return request

    def postpone(self, number: int) -> bool:
        """A message was refused because its db_proxy stops: keep it for another one, if there is one."""
        request = self._forget(number)
        if request is None or request.lane is None:
            return False
        table = self._general_table
        is_kept = bool(table) and table[request.key & _SLOT] is not request.link and request.tries < MAX_TRIES
        if is_kept:
            request.lane.waiting.append(request)
        self._advance(request.lane)
        return is_kept

    def due(self, _now: float) -> float:
        """Fail what has waited too long; the wheel calls this."""
        unanswered = list(self._old.values())
        self._old, self._young = self._young, {}
        for request in unanswered:
            if request.lane is not None:
                request.lane.under_way -= 1
            self._fail(request, "no answer")
        for lane in {request.lane for request in unanswered if request.lane is not None}:
            self._advance(lane)
        return UNANSWERED_AFTER_S

    # Sending, again or for the first time.

    def _request(self, key: int, lane: Lane | None) -> Request:
        order = next(self._orders)
        return Request(order, order % _NUMBERS or next(self._orders) % _NUMBERS, key, lane)

    def _send(self, request: Request, link: Link) -> None:
        request.link = link
        request.tries += 1
        lane = request.lane
        if lane is not None:
            lane.link = link
            lane.under_way += 1
        self._young[request.number] = request
        link.send(request.frame)

    def _forget(self, number: int) -> Request | None:
        request = self._young.pop(number, None) or self._old.pop(number, None)
        if request is not None and request.lane is not None:
            request.lane.under_way -= 1
        return request

    def _all(self) -> Iterable[Request]:
        return itertools.chain(self._old.values(), self._young.values())

    def _give_up(self, link: Link, requests: Sequence[Request]) -> None:
        """Decide about each of ``requests``, which were under way on a link that is gone."""
        again: list[Request] = []
        for request in requests:
            self._forget(request.number)
            if not _is_safe(request, link):
                self._fail(request, "its link was lost")
            elif request.lane is not None:
                request.lane.waiting.append(request)
            else:
                again.append(request)
        for request in again:
            self._try_again(request)
        for lane in {request.lane for request in requests if request.lane is not None}:
            self._advance(lane)

    def _advance(self, lane: Lane) -> None:
        """When nothing of the conversation is under way any more, send what waits, oldest first."""
        if lane.under_way or not lane.waiting:
            return
        waiting, lane.waiting = sorted(lane.waiting, key=_by_order), []
        for request in waiting:
            self._try_again(request)

    def _try_again(self, request: Request) -> None:
        try:
            link = self.pick(request.command, request.key)
        except RefusedError:
            self._fail(request, "no other link")
        else:
            self._send(request, link)

    def _fail(self, request: Request, why: str) -> None:
        _log.warning("a request to the database server failed", command=request.command.name, why=why)
        self._failed(request)


def _pack(command: Command[Any], asker: Attach, number: int) -> bytes:
    if command.id in _LONG_LAYOUT:
        return pack_pdu_attach(asker.type, asker.handle, asker.payload, number)
    return pack_db_attach(asker.handle, number)


def _is_safe(request: Request, link: Link) -> bool:
    """Tell whether a request may be sent again although nobody knows what became of it."""
    if request.tries >= MAX_TRIES or request.command.id in _ONCE_ONLY:
        return False
    message = request.frame.message
    if isinstance(message, IMMsgData):
        # The store recognises it by this id; the original's does not.
        return bool(message.client_msg_id) and link.is_proved
    return True


def _spread(links: Sequence[Link]) -> list[Link]:
    """Return the link of each slot: the same server as in every other msg_server, while it lives."""
    servers: dict[str, list[Link]] = {}
    for link in links:
        servers.setdefault(link.address, []).append(link)
    if not servers:
        return []
    likes = {server: _preferences(server) for server in servers}
    table = []
    for slot in range(SLOTS):
        favourite = servers[max(likes, key=lambda server: likes[server][slot])]
        table.append(favourite[slot % len(favourite)])
    return table


@cache
def _preferences(server: str) -> list[float]:
    """Return how much each slot likes a server: by chance, but the same in every process."""
    chance = Random(server)  # noqa: S311 - spreads load, keeps no secret
    return [chance.random() for _ in range(SLOTS)]


def _by_handle(link: Link) -> int:
    return link.handle


def _by_order(request: Request) -> int:
    return request.order
