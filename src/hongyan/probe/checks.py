"""What each server is asked, and which answers are right.

Nothing is changed by it, but for one small blob that msfs keeps under the hash of its content. Servers
are asked as their originals can be asked too (spec/flows.md, spec/http.md).
"""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final
from uuid import UUID

import httpx
import websockets

from hongyan.errors import BackendError
from hongyan.probe.conversation import Conversation
from hongyan.wire import commands
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.base_define_pb2 import (
    CLIENT_OFFLINE_DOWNLOAD,
    CLIENT_TYPE_WINDOWS,
    REFUSE_REASON_DB_VALIDATE_FAILED,
    REFUSE_REASON_NO_DB_SERVER,
    REFUSE_REASON_NO_LOGIN_SERVER,
    REFUSE_REASON_NO_ROUTE_SERVER,
    REFUSE_REASON_NONE,
    USER_STATUS_ONLINE,
    UserTokenInfo,
)
from hongyan.wire.pb.buddy_pb2 import IMDepartmentReq, IMUsersStatReq
from hongyan.wire.pb.file_pb2 import IMFileLoginReq
from hongyan.wire.pb.login_pb2 import IMLoginReq, IMMsgServReq
from hongyan.wire.pb.message_pb2 import IMClientTimeReq
from hongyan.wire.pb.other_pb2 import IMHeartBeat
from hongyan.wire.pb.server_pb2 import IMFileServerIPReq, IMPushToUserReq, IMValidateReq

NOBODY: Final = "hongyan probe"
"""How the names begin that are tried, and that nobody has."""
BLOB: Final = b"hongyan probe: this is 32 bytes."
NEVER: Final = 2**31 - 1
"""Nothing has changed since then, so that the answer is short."""
PARAMETERS_WRONG: Final = 1
ADDRESS_FOREIGN: Final = 6
"""http_msg_server's error codes (spec/http.md 2.3)."""
MISSING: Final = {
    REFUSE_REASON_NO_DB_SERVER: "it has no link to a db_proxy",
    REFUSE_REASON_NO_LOGIN_SERVER: "it has no link to a login_server",
    REFUSE_REASON_NO_ROUTE_SERVER: "it has no link to a route_server",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server is asked, and how long each answer may take; originals ask for no ``secret``."""

    host: str
    port: int
    secret: str = ""
    timeout_s: float = 5.0

    @property
    def url(self) -> str:
        """Its HTTP address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


Check = Callable[[Target], Awaitable[str]]
"""Returns in words what was answered.

Raises BackendError, OSError or an error of httpx or websockets when it was wrong, and TimeoutError or
httpx.TimeoutException when there was none.
"""


async def login_http(target: Target) -> str:
    """Ask as clients do which msg_server to use."""
    async with _http(target) as http:
        answer = await http.get(f"{target.url}/msg_server")
    _expect(answer.status_code == httpx.codes.OK, f"HTTP {answer.status_code}")
    found = _json(answer)
    _expect(found.get("code") == 0, str(found.get("msg") or found))
    return f"msg_server {found.get('priorIP')}:{found.get('port')}"


async def login_client(target: Target) -> str:
    """The same over TCP."""
    async with await _conversation(target) as server:
        answer = await server.ask(commands.MSG_SERVER, IMMsgServReq())
    _expect(answer.result_code == REFUSE_REASON_NONE, f"no msg_server, result {answer.result_code}")
    return f"msg_server {answer.prior_ip}:{answer.port}"


async def login_msg(target: Target) -> str:
    """Knock where msg_servers report: the port of an original says nothing."""
    async with await _conversation(target) as server:
        if target.secret:
            await server.prove(target.secret)
    return "lets msg_servers in" if target.secret else "accepts connections"


async def msg(target: Target) -> str:
    """Heartbeat, time, and a login of nobody, which every server behind msg_server has a part in."""
    async with await _conversation(target) as server:
        await server.ask(commands.HEARTBEAT, IMHeartBeat(), commands.HEARTBEAT)
        time = await server.ask(commands.TIME, IMClientTimeReq())
        request = IMLoginReq(
            user_name=f"{NOBODY} {token_hex(8)}",
            password=token_hex(16),
            online_status=USER_STATUS_ONLINE,
            client_type=CLIENT_TYPE_WINDOWS,
        )
        login = await server.ask(commands.LOGIN, request)
    code = login.result_code
    _expect(
        code == REFUSE_REASON_DB_VALIDATE_FAILED, MISSING.get(code, f"a login of nobody got result {code}")
    )
    return f"time {time.server_time}, refuses strangers"


async def msg_ws(target: Target) -> str:
    """A heartbeat by WebSocket, encrypted where it has to be."""
    heartbeat = OutboundFrame(commands.HEARTBEAT, IMHeartBeat(), 1).raw
    try:
        answer = await _by_websocket(target, heartbeat, None)
    except (websockets.WebSocketException, EOFError, ConnectionError):
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE  # it is asked by its address
        answer = await _by_websocket(target, heartbeat, anybody)
    _expect(answer == heartbeat, "another answer than a heartbeat")
    return "answers heartbeats"


async def route(target: Target) -> str:
    """Ask who is online of nobody."""
    async with await _conversation(target) as server:
        if target.secret:
            await server.prove(target.secret)
        answer = await server.ask(commands.USERS_STATUS, IMUsersStatReq(user_id=0, user_id_list=[0]))
    _expect(len(answer.user_stat_list) == 1, f"{len(answer.user_stat_list)} answers about one user")
    return "tells who is online"


async def db_proxy(target: Target) -> str:
    """Have nobody's password checked and read the departments, which takes the database."""
    async with await _conversation(target) as server:
        if target.secret:
            await server.prove(target.secret)
        name = f"{NOBODY} {token_hex(8)}"
        login = await server.ask(commands.VALIDATE, IMValidateReq(user_name=name, password=token_hex(16)))
        _expect(login.user_name == name, "the answer is for somebody else")
        _expect(login.result_code != 0, "it accepts anybody's password")
        await server.ask(commands.DEPARTMENTS, IMDepartmentReq(user_id=0, latest_update_time=NEVER))
    return "reads the database"


async def push(target: Target) -> str:
    """Push to a token of no phone."""
    nobody = UserTokenInfo(user_type=CLIENT_TYPE_WINDOWS, token=NOBODY, user_id=0, push_count=0, push_type=1)
    request = IMPushToUserReq(flash=b"probe", data="{}", user_token_list=[nobody])
    async with await _conversation(target) as server:
        if target.secret:
            await server.prove(target.secret)
        answer = await server.ask(commands.PUSH_TO_USERS, request)
    _expect(len(answer.push_result_list) == 1, "not one result for one token")
    return "answers pushes"


async def file(target: Target) -> str:
    """Join a transfer that there is not."""
    request = IMFileLoginReq(user_id=1, task_id=str(UUID(int=0)), file_role=CLIENT_OFFLINE_DOWNLOAD)
    async with await _conversation(target) as server:
        answer = await server.ask(commands.FILE_LOGIN, request)
    _expect(answer.result_code != 0, "it lets a stranger join a transfer that there is not")
    return "refuses an unknown transfer"


async def file_msg(target: Target) -> str:
    """Ask where clients find it."""
    async with await _conversation(target) as server:
        if target.secret:
            await server.prove(target.secret)
        answer = await server.ask(commands.FILE_SERVER_ADDRESS, IMFileServerIPReq())
    _expect(bool(answer.ip_addr_list), "it does not say where clients find it")
    return f"clients find it at {answer.ip_addr_list[0].ip}:{answer.ip_addr_list[0].port}"


async def msfs(target: Target) -> str:
    """Upload a few bytes and read them back; where uploads need a token, be refused."""
    async with _http(target) as http:
        files = {"file": ("probe.txt", BLOB, "text/plain")}
        answer = await http.post(f"{target.url}/", files=files)
        if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            return "refuses uploads without a token"
        found = _json(answer)
        _expect(found.get("error_code") == 0 and bool(found.get("path")), f"the upload failed: {found}")
        back = await http.get(f"{target.url}/{found['path']}")
    _expect(back.status_code == httpx.codes.OK and back.content == BLOB, "the file came back changed")
    return "stores and serves"


async def http_msg(target: Target) -> str:
    """Ask for a group in words that name none; whoever is not let in hears that, which is right too."""
    async with _http(target) as http:
        answer = await http.post(f"{target.url}/query/CreateGroup", content=b'{"req_user_id": 0}')
    found = _json(answer)
    if found.get("error_code") == ADDRESS_FOREIGN:
        return "does not let this machine ask"
    _expect(found.get("error_code") == PARAMETERS_WRONG, f"an empty request got {found}")
    return "answers queries"


CHECKS: Final[dict[str, Check]] = {
    "login_http": login_http,
    "login_client": login_client,
    "login_msg": login_msg,
    "msg": msg,
    "msg_ws": msg_ws,
    "route": route,
    "db_proxy": db_proxy,
    "file": file,
    "file_msg": file_msg,
    "http_msg": http_msg,
    "push": push,
    "msfs": msfs,
}
"""By the names of the ready file."""


async def _by_websocket(target: Target, frame: bytes, tls: ssl.SSLContext | None) -> object:
    url = target.url.replace("http", "wss" if tls else "ws", 1)
    limits_s = target.timeout_s
    async with websockets.connect(
        url, ssl=tls, proxy=None, open_timeout=limits_s, close_timeout=limits_s
    ) as server:
        await server.send(frame)
        async with asyncio.timeout(limits_s):
            return await server.recv()


async def _conversation(target: Target) -> Conversation:
    return await Conversation.open((target.host, target.port), target.timeout_s)


def _http(target: Target) -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=target.timeout_s)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError as error:
        raise BackendError(f"HTTP {answer.status_code} without JSON") from error
    _expect(isinstance(found, dict), "JSON, but no object")
    return dict(found)


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise BackendError(otherwise)
