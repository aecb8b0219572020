"""Keeps a login alive: listens, heartbeats, and logs in again when the link is lost."""

import asyncio
import random
from collections.abc import Callable

from hongyan.client.errors import (
    ClientClosed,
    ClientError,
    ConnectFailed,
    ConnectionLost,
    Kicked,
    LoginRefused,
)
from hongyan.client.events import ClientState, EventHub, StateChanged
from hongyan.client.exchange import Exchange
from hongyan.client.incoming import Incoming
from hongyan.client.link import Link
from hongyan.client.login import Entrance, Login
from hongyan.client.options import Timing
from hongyan.wire import commands
from hongyan.wire.pb.other_pb2 import IMHeartBeat


class Keeper:
    """The life of one client's connection, from its first login to its end.

    Args:
        entrance: logs in.
        exchange: gets each link while it lives.
        incoming: gets each frame.
        hub: is told how the connection fares.
        timing: how often and how long.
        on_login: called after each login, the first included, before anything is read or sent.
    """

    def __init__(
        self,
        entrance: Entrance,
        exchange: Exchange,
        incoming: Incoming,
        hub: EventHub,
        timing: Timing,
        on_login: Callable[[Login], None],
    ) -> None:
        self.state = ClientState.NEW
        self._entrance = entrance
        self._exchange = exchange
        self._incoming = incoming
        self._hub = hub
        self._timing = timing
        self._on_login = on_login
        self._link: Link | None = None
        self._failures = 0
        self._is_leaving = False

    async def first_login(self) -> None:
        """Log in, once: what goes wrong at the beginning is for the caller to see.

        Raises:
            ConnectFailed, LoginRefused: as it says.
        """
        self._change_state(StateChanged(ClientState.CONNECTING))
        self._go_online(await self._entrance.log_in())

    async def keep(self) -> ClientError:
        """Stay logged in until the server ends it for good; return why."""
        while True:
            try:
                lost = await self._listen()
                if self._is_leaving:
                    return ClientClosed("logged out")
                await self._come_back(lost)
            except (Kicked, LoginRefused) as error:
                return error

    def leave(self) -> None:
        """Take the next end of the link for the last: the server closes it after a logout."""
        self._is_leaving = True

    async def heartbeat(self) -> None:
        """Send heartbeats for ever; the answers keep the silence timeout of the link away."""
        while True:
            await asyncio.sleep(self._timing.heartbeat_s)
            try:
                self._exchange.tell(commands.HEARTBEAT, IMHeartBeat())
            except ConnectionLost:
                continue  # there is no link at the moment

    async def close(self, error: ClientError) -> None:
        """Close the link; ``error`` says why there is none."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()
        shown = None if isinstance(error, ClientClosed) else error
        if self.state is not ClientState.CLOSED:
            self._change_state(StateChanged(ClientState.CLOSED, shown))

    async def _listen(self) -> ConnectionLost:
        assert self._link is not None  # noqa: S101 - set by every login, unset only by the end
        link = self._link
        try:
            while True:
                for frame in await link.read():
                    self._incoming.receive(frame)
        except ConnectionLost as error:
            self._exchange.detach(error)
            link.abort()
            return error

    async def _come_back(self, error: ClientError) -> None:
        """Try to log in until it succeeds.

        Raises:
            LoginRefused: name or password are not good any more.
        """
        while True:
            wait_s = self._next_wait_s()
            self._change_state(StateChanged(ClientState.WAITING, error, wait_s))
            await asyncio.sleep(wait_s)
            self._change_state(StateChanged(ClientState.CONNECTING))
            try:
                login = await self._entrance.log_in()
            except (ConnectFailed, LoginRefused) as failure:
                if isinstance(failure, LoginRefused) and failure.is_final:
                    raise
                error = failure
            else:
                self._go_online(login)
                return

    def _next_wait_s(self) -> float:
        """Double the wait each time; the random part keeps clients of a restarted server apart."""
        longest_s = self._timing.reconnect_longest_s
        wait_s: float = min(longest_s, self._timing.reconnect_first_s * 2**self._failures)
        self._failures = self._failures + 1 if wait_s < longest_s else self._failures
        return wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    def _go_online(self, login: Login) -> None:
        self._failures = 0
        self._link = login.link
        self._exchange.attach(login.link)
        self._on_login(login)
        self._change_state(StateChanged(ClientState.ONLINE))

    def _change_state(self, change: StateChanged) -> None:
        self.state = change.state
        self._hub.publish(change)
