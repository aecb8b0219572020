"""One client connection of the generator: an asyncio protocol that does nothing it need not do."""

import asyncio
from collections import Counter
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar, cast

from google.protobuf.message import Message

from hongyan.bench.directory import Directory
from hongyan.bench.frames import encode, unpack_head
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
        self.write(encode(command, message, seq=1))
        self.handlers[reply.id] = lambda _seq, body, _now: self._resolve(reply.id, body)
        answer = self._waiting[reply.id] = asyncio.get_running_loop().create_future()
        if self._transport is None:
            raise BackendError("the connection closed")
        try:
            body = await asyncio.wait_for(answer, ANSWER_TIMEOUT_S)
        except TimeoutError as error:
            raise BackendError(f"no answer to {command.name} in {ANSWER_TIMEOUT_S:.0f} s") from error
        finally:
            del self._waiting[reply.id], self.handlers[reply.id]
        return parse_body(reply, body)

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

    def connection_lost(self, _error: Exception | None) -> None:
        """The socket is gone; unless we closed it, that is an error."""
        self._transport = None
        if not self._closing:
            self.errors["connection_lost"] += 1
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(BackendError("the server closed the connection"))

    def _resolve(self, reply_id: int, body: bytes) -> None:
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
    request = IMLoginReq(
        user_name=name,
        password=password_digest(password),
        online_status=UserStatType.USER_STATUS_ONLINE,
        client_type=CLIENT_TYPES[client_type],
        client_version="hongyan-bench",
    )
    reply = await client.ask(LOGIN, request, LOGIN_REPLY)
    if reply.result_code != ResultType.REFUSE_REASON_NONE:
        raise BackendError(f"refused with {reply.result_code} {reply.result_string}")
    client.user_id = reply.user_info.user_id
