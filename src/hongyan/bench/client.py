"""One client connection of the generator: an asyncio protocol that does nothing it need not do."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, partial
from time import perf_counter
from typing import Any, Final, TypeVar, cast

from google.protobuf.message import Message

from hongyan.bench.directory import Directory
from hongyan.bench.frames import commands_of, encode, unpack_head
from hongyan.bench.plan import CLIENT_TYPES
from hongyan.errors import BackendError, HongyanError
from hongyan.wire.commands import ERROR_NOTICE, KICK_USER, LOGIN, LOGIN_REPLY, Command
from hongyan.wire.frame import HEADER_BYTES, parse_body
from hongyan.wire.passwords import password_digest
from hongyan.wire.pb.base_define_pb2 import ResultType, UserStatType
from hongyan.wire.pb.extension_pb2 import IMErrorNotice
from hongyan.wire.pb.login_pb2 import IMLoginReq

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", bound=Message)
Handler = Callable[[int, bytes, float], None]
"""Takes a frame's seq and body and the time of the read it came in."""

ANSWER_TIMEOUT_S = 30.0
NOTICES_BYTES: Final = 1024
"""A read of so many bytes may be notices of presence, which every connection gets."""
MOST_FRAMES: Final = 20_000
"""So many users' logins are kept encoded."""


class Client(asyncio.Protocol):
    """Cuts what arrives into frames and calls the handler of each; frames without one are ignored.

    Attributes:
        handlers: by command id.
        after_read: called once after the frames of a read, to send what has become possible.
        errors: where things that should not happen are counted.
    """

    __slots__ = ("_closing", "_rest", "_transport", "_waiting", "after_read", "errors", "handlers", "user_id")

    def __init__(self, errors: Counter[str]) -> None:
        self.handlers: dict[int, Handler] = {KICK_USER.id: self._on_kick, ERROR_NOTICE.id: self._on_notice}
        self.after_read: Callable[[float], None] | None = None
        self.errors = errors
        self.user_id = 0
        self._rest = b""
        self._closing = False
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[int, asyncio.Future[bytes]] = {}

    @property
    def is_open(self) -> bool:
        """Whether frames can be sent."""
        return self._transport is not None

    def write(self, data: bytes) -> None:
        """Send whole frames; dropped when the connection is gone."""
        if self._transport is not None:
            self._transport.write(data)

    async def ask(self, command: Command[Q], message: Q, reply: Command[M]) -> M:
        """Send a request and wait for the answer, which is told by its command.

        Raises:
            BackendError: no answer in ANSWER_TIMEOUT_S, or the connection closed.
        """
        return await self.ask_encoded(encode(command, message, seq=1), reply)

    async def ask_encoded(self, request: bytes, reply: Command[M]) -> M:
        """Do the same with a frame that is encoded already."""
        self.write(request)
        loop = asyncio.get_running_loop()
        answer = self._waiting[reply.id] = loop.create_future()
        self.handlers[reply.id] = partial(self._resolve, reply.id)
        if self._transport is None:
            raise BackendError("the connection closed")
        timer = loop.call_later(ANSWER_TIMEOUT_S, self._give_up, reply)
        try:
            return parse_body(reply, await answer)
        finally:
            timer.cancel()
            del self._waiting[reply.id], self.handlers[reply.id]

    def close(self) -> None:
        """Close on purpose."""
        self._closing = True
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Handle every whole frame; this is the hot path."""
        now = perf_counter()
        if self._rest:
            data = self._rest + data
        elif len(data) >= NOTICES_BYTES and self._has_no_use_for(data):
            return
        handlers = self.handlers
        position, size = 0, len(data)
        while size - position >= HEADER_BYTES:
            length, command, seq = unpack_head(data, position)
            end = position + length
            if end > size:
                break
            handler = handlers.get(command)
            if handler is not None:
                handler(seq, data[position + HEADER_BYTES : end], now)
            position = end
        self._rest = data[position:]
        if self.after_read is not None:
            self.after_read(now)

    def _has_no_use_for(self, data: bytes) -> bool:
        handlers = self.handlers
        if self.after_read is not None or unpack_head(data)[1] in handlers:
            return False  # not a word of a message is skipped, and no cache asked
        commands = commands_of(data)
        return bool(commands) and handlers.keys().isdisjoint(commands)

    def connection_lost(self, _error: Exception | None) -> None:
        """The socket is gone; unless we closed it, that is an error."""
        self._transport = None
        if not self._closing:
            self.errors["connection_lost"] += 1
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(BackendError("the server closed the connection"))

    def _give_up(self, reply: Command[Any]) -> None:
        answer = self._waiting[reply.id]
        if not answer.done():
            answer.set_exception(BackendError(f"no {reply.name} in {ANSWER_TIMEOUT_S:.0f} s"))

    def _resolve(self, reply_id: int, _seq: int, body: bytes, _now: float) -> None:
        answer = self._waiting[reply_id]
        if not answer.done():
            answer.set_result(body)

    def _on_kick(self, _seq: int, _body: bytes, _now: float) -> None:
        self.errors["kicked"] += 1

    def _on_notice(self, _seq: int, body: bytes, _now: float) -> None:
        self.errors[f"notice_{IMErrorNotice.FromString(body).code}"] += 1


async def log_in(
    directory: Directory, name: str, password: str, client_type: str, errors: Counter[str]
) -> Client:
    """Connect to the msg_server that ``directory`` names and log in.

    Raises:
        BackendError: no connection, no answer, or a refusal.
    """
    client = await connect(await directory.msg_server(), errors)
    try:
        await _say_login(client, name, password, client_type)
    except HongyanError as error:
        client.close()
        raise BackendError(f"login of {name}: {error}") from error
    return client


async def connect(address: tuple[str, int], errors: Counter[str]) -> Client:
    """Connect without logging in.

    Raises:
        BackendError: no connection.
    """
    loop = asyncio.get_running_loop()
    try:
        _, client = await loop.create_connection(lambda: Client(errors), *address)
    except OSError as error:
        raise BackendError(f"cannot connect to {address[0]}:{address[1]}: {error}") from error
    return client


async def _say_login(client: Client, name: str, password: str, client_type: str) -> None:
    reply = await client.ask_encoded(_login_frame(name, password, client_type), LOGIN_REPLY)
    if reply.result_code != ResultType.REFUSE_REASON_NONE:
        raise BackendError(f"refused with {reply.result_code} {reply.result_string}")
    client.user_id = reply.user_info.user_id


@lru_cache(maxsize=MOST_FRAMES)
def _login_frame(name: str, password: str, client_type: str) -> bytes:
    request = IMLoginReq(
        user_name=name,
        password=password_digest(password),
        online_status=UserStatType.USER_STATUS_ONLINE,
        client_type=CLIENT_TYPES[client_type],
        client_version="hongyan-bench",
    )
    return encode(LOGIN, request, seq=1)
