"""Finding a msg_server and logging in on it (spec/clients.md 2, spec/http.md 1)."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

import httpx

from hongyan.client import convert
from hongyan.client.errors import ConnectFailed, ConnectionLost, LoginRefused
from hongyan.client.link import Link
from hongyan.client.models import User
from hongyan.client.options import Options
from hongyan.errors import RefusedError
from hongyan.wire import commands
from hongyan.wire.frame import Frame
from hongyan.wire.passwords import is_password_digest, password_digest
from hongyan.wire.pb import base_define_pb2 as base
from hongyan.wire.pb import login_pb2

_PATH: Final = "/msg_server"
_MAX_ANSWER_BYTES: Final = 64 * 1024
_LOGIN_SEQ: Final = 1


@dataclass(frozen=True, slots=True)
class MsgServer:
    """Where the login server sends us, in the order in which addresses are tried, and the file store."""

    hosts: tuple[str, ...]
    port: int
    file_store_url: str


@dataclass(frozen=True, slots=True)
class Login:
    """A link that is logged in, and as whom."""

    link: Link
    user: User
    server: MsgServer
    upload_token: str


class Entrance:
    """Opens logged-in links; asks the login server every time, since the answer changes.

    Args:
        login_url: the login server, with or without ``/msg_server``.
        name: the login name.
        password: the password, or the MD5 digest that clients send for it.
        options: how the client presents itself, and its limits.
    """

    def __init__(self, login_url: str, name: str, password: str, options: Options) -> None:
        self._url = login_url.rstrip("/").removesuffix(_PATH) + _PATH
        self._name = name
        self._digest = password if is_password_digest(password) else password_digest(password)
        self._options = options

    async def log_in(self) -> Login:
        """Find a msg_server, connect and log in.

        Raises:
            ConnectFailed: no server could be reached.
            LoginRefused: a server declined.
        """
        server = await self._find_server()
        link = await self._open(server)
        try:
            answer = await self._log_in_on(link)
        except BaseException:
            link.abort()
            raise
        return Login(link, convert.user(answer.user_info), server, convert.lenient(answer.upload_token))

    async def _find_server(self) -> MsgServer:
        answer = await self._ask_login_server()
        try:
            if answer["code"] != 0:
                raise LoginRefused(int(answer["code"]), str(answer.get("msg", "")))
            hosts = dict.fromkeys((str(answer["priorIP"]), str(answer.get("backupIP") or answer["priorIP"])))
            return MsgServer(tuple(hosts), int(answer["port"]), str(answer.get("msfsPrior", "")))
        except (KeyError, ValueError, TypeError) as error:
            raise ConnectFailed(f"{self._url} did not answer as a login server does") from error

    async def _ask_login_server(self) -> dict[str, Any]:
        try:
            answer = json.loads(await self._fetch())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise ConnectFailed(f"cannot reach the login server at {self._url}: {reason}") from error
        except ValueError as error:
            raise ConnectFailed(f"{self._url} did not answer as a login server does") from error
        if not isinstance(answer, dict):
            raise ConnectFailed(f"{self._url} did not answer as a login server does")
        return answer

    async def _fetch(self) -> bytes:
        # No proxies from the environment: the msg_server is reached directly too.
        http = httpx.AsyncClient(timeout=self._options.timing.connect_s, trust_env=False)
        async with http, http.stream("GET", self._url) as response:
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MAX_ANSWER_BYTES:
                    raise ConnectFailed(f"{self._url} did not answer as a login server does")
            return body

    async def _open(self, server: MsgServer) -> Link:
        failure: ConnectFailed | None = None
        for host in server.hosts:
            try:
                return await Link.open(host, server.port, self._options)
            except ConnectFailed as error:
                failure = failure or error
        raise failure or ConnectFailed("the login server named no msg_server")

    async def _log_in_on(self, link: Link) -> login_pb2.IMLoginRes:
        timing = self._options.timing
        try:
            link.send(commands.LOGIN, self._request(), _LOGIN_SEQ)
            async with asyncio.timeout(timing.login_s):
                answer = await _read_answer(link)
        except TimeoutError as error:
            raise ConnectFailed(f"no answer to the login within {timing.login_s:g} s") from error
        except ConnectionLost as error:
            raise ConnectFailed(f"the login was not answered: {error}") from error
        if answer.result_code or not answer.HasField("user_info"):
            raise LoginRefused(answer.result_code, convert.lenient(answer.result_string))
        return answer

    def _request(self) -> login_pb2.IMLoginReq:
        options = self._options
        return login_pb2.IMLoginReq(
            user_name=self._name,
            password=self._digest,
            online_status=base.UserStatType.ValueType(options.presence),
            client_type=base.ClientType.ValueType(options.device),
            client_version=options.client_version,
            acks_deliveries=True,
            wants_upload_token=True,
            device_kind=options.device_kind or None,
        )


async def _read_answer(link: Link) -> login_pb2.IMLoginRes:
    while True:
        frames = await link.read()
        for place, frame in enumerate(frames):
            if frame.command_id == commands.LOGIN_REPLY.id:
                link.unread(frames[place + 1 :])
                return _decode(frame)


def _decode(frame: Frame) -> login_pb2.IMLoginRes:
    try:
        return frame.decode(commands.LOGIN_REPLY)
    except RefusedError as error:
        raise ConnectFailed(f"the server's answer to the login is not readable: {error}") from error
