"""The client: a login that keeps itself alive, with everything that can be asked and heard on it."""

import asyncio
from collections.abc import Coroutine, Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

from hongyan.client.calls.account import AccountCalls
from hongyan.client.calls.contacts import ContactCalls
from hongyan.client.calls.files import FileCalls
from hongyan.client.calls.groups import GroupCalls
from hongyan.client.calls.store import StoreCalls
from hongyan.client.catchup import CatchUp
from hongyan.client.content import ContentCodec
from hongyan.client.errors import ClientClosed, ClientError
from hongyan.client.events import ClientState, EventHub, Subscription
from hongyan.client.exchange import Exchange
from hongyan.client.inbox import Inbox, MessageQueue
from hongyan.client.incoming import Incoming
from hongyan.client.keeper import Keeper
from hongyan.client.login import Entrance, Login
from hongyan.client.models import Conversation, User
from hongyan.client.options import Options
from hongyan.client.outbox import Outbox
from hongyan.wire import commands
from hongyan.wire.pb.login_pb2 import IMLogoutReq

_DEFAULTS: Final = Options()
_NOTHING: Final[Mapping[Conversation, int]] = MappingProxyType({})


class Client(StoreCalls, FileCalls, ContactCalls, GroupCalls, AccountCalls):
    """A user's login, used as ``async with Client(...) as client``.

    It connects through the login server, reconnects by itself, catches up on what it missed, and ends
    when it is closed, logged out or kicked. One that has ended is not opened again.

    Args:
        login_url: the login server, such as ``http://127.0.0.1:8080``.
        name: the login name.
        password: the password, or its MD5 digest as clients send it.
        options: how the client presents itself, its times and its bounds.
        resume_after: per conversation the last message that an earlier run of the program dealt with;
            what came after it is handed over as if it arrived now.
    """

    def __init__(
        self,
        login_url: str,
        name: str,
        password: str,
        *,
        options: Options = _DEFAULTS,
        resume_after: Mapping[Conversation, int] = _NOTHING,
    ) -> None:
        exchange = Exchange(options)
        codec = ContentCodec(options.message_key)
        self._options = options
        self._resume_after = dict(resume_after)
        self._hub = EventHub(options.limits.max_waiting_events)
        self._messages = MessageQueue(options.limits.max_waiting_messages)
        self._inbox = Inbox(self._messages, self._mark_gap)
        super().__init__(exchange, codec, Outbox(exchange, options, self._inbox.acked))
        self._catch_up = CatchUp(self, self._inbox, self._outbox, options.timing.gap_s)
        self._incoming = Incoming(exchange, self._inbox, self._hub, codec)
        entrance = Entrance(login_url, name, password, options)
        self._keeper = Keeper(
            entrance, exchange, self._incoming, self._hub, options.timing, self._after_login
        )
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self._resuming: asyncio.Task[None] | None = None
        self._login: Login | None = None

    @property
    def user(self) -> User:
        """The user who is logged in, as the server described him at the last login."""
        if self._login is None:
            self._exchange.ensure_open()
        assert self._login is not None  # noqa: S101 - open means that there was a login
        return self._login.user

    @property
    def user_id(self) -> int:
        """The id of the user who is logged in."""
        return self.user.id

    @property
    def state(self) -> ClientState:
        """How the connection fares; every change is an event too."""
        return self._keeper.state

    @property
    def file_store_url(self) -> str:
        """Where images and avatars are uploaded, as the login server says."""
        return self._login.server.file_store_url if self._login is not None else ""

    def messages(self) -> MessageQueue:
        """Return the iterator over incoming messages, in the order of each conversation and once each.

        Messages that this account sends from other devices are among them, those from here are not.
        There is one queue: several iterations share it. It ends when the client is closed and raises
        :class:`Kicked` or :class:`LoginRefused` when that is what ended the client.
        """
        return self._messages

    def events(self) -> Subscription:
        """Start an iterator over everything that is not a message, from now on; before the login too."""
        return self._hub.subscribe()

    async def logout(self) -> None:
        """Log out, which also ends pushes to the account's phone, and close."""
        self._keeper.leave()
        try:
            await self._ask(commands.LOGOUT, IMLogoutReq(), commands.LOGOUT_REPLY, repeatable=False)
        finally:
            await self.close()

    async def close(self) -> None:
        """Close the connection and end all iterators. Safe to call twice."""
        await self._end(ClientClosed("the client is closed"))

    async def __aenter__(self) -> Self:
        self._exchange.open()
        try:
            await self._keeper.first_login()
        except BaseException:
            await self.close()
            raise
        await self._group.__aenter__()
        try:
            await self._start()
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        # The group hears of a cancellation only: other errors of the caller's own are not for it to wrap.
        cancelled = error if isinstance(error, asyncio.CancelledError) else None
        await self._group.__aexit__(type(cancelled) if cancelled else None, cancelled, trace)

    async def _start(self) -> None:
        self._run("keeper", self._keep())
        self._run("heartbeat", self._keeper.heartbeat())
        for filler in self._catch_up.fillers():
            self._run("filler", filler)
        await self._catch_up.begin(self._resume_after, replay_unread=self._options.replay_unread)

    def _run(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._group.create_task(work, name=f"hongyan client {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _keep(self) -> None:
        await self._end(await self._keeper.keep())

    def _after_login(self, login: Login) -> None:
        is_first = self._login is None
        self._login = login
        self._incoming.own_id = login.user.id
        self._upload_token = login.upload_token
        self._outbox.resend_all()
        if not is_first:
            self._inbox.pause()
            if self._resuming is not None:
                self._resuming.cancel()
            self._resuming = self._run("catch-up", self._catch_up.resume())

    async def _end(self, error: ClientError) -> None:
        self._exchange.end(error)
        self._outbox.end(error)
        self._messages.end(error)
        own = asyncio.current_task()
        for task in self._tasks - ({own} if own is not None else set()):
            task.cancel()
        await self._keeper.close(error)
        self._hub.end(error)

    def _mark_gap(self, conversation: Conversation) -> None:
        self._catch_up.mark(conversation)
