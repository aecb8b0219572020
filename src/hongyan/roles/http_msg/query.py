"""The original's ``/query/``: groups made and changed by other systems (spec/http.md 2)."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from hongyan.errors import ErrorCode, HongyanError, RefusedError
from hongyan.roles.http_msg.links import Links
from hongyan.wire import commands
from hongyan.wire.frame import OutboundFrame
from hongyan.wire.pb.base_define_pb2 import GroupModifyType, GroupType
from hongyan.wire.pb.group_pb2 import (
    IMGroupChangeMemberNotify,
    IMGroupChangeMemberReq,
    IMGroupChangeMemberRsp,
    IMGroupCreateReq,
    IMGroupCreateRsp,
)

PREFIX: Final = "/query/"
ADMINISTRATOR: Final = 0
MAX_UINT: Final = 2**32 - 1
MAX_MEMBERS: Final = 5000
Answer = dict[str, int | str]

DONE: Final = (0, "成功")
WRONG_PARAMETER: Final = (1, "参数错误")
FOREIGN_ADDRESS: Final = (6, "未授权的IP")
NOT_ALLOWED: Final = (5, "未授权的接口")
NO_DATABASE: Final = (10, "服务器异常")
NOT_CREATED: Final = (11, "创建群失败")
NOT_CHANGED: Final = (12, "更改群成员失败")


class _WrongParameterError(HongyanError):
    """A key is missing, or has a value of the wrong kind."""


class Queries:
    """Answers the two queries."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._known = {"CreateGroup": self._create_group, "ChangeMembers": self._change_members}

    async def answer(self, path: str, body: bytes) -> Response:
        """Answer one request; the status is 200 whatever is wrong, as the original has it."""
        query = _read_json(body)
        if query is None:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        if not _is_number(query.get("app_key", "")) and not isinstance(query.get("app_key", ""), str):
            return written(*NOT_ALLOWED)
        if "req_user_id" in query and not _is_uint(query["req_user_id"]):
            return written(*NOT_ALLOWED)
        ask = self._known.get(path.removeprefix(PREFIX))
        if ask is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        try:
            _uint(query, "req_user_id")
            return await ask(query)
        except _WrongParameterError:
            return written(*WRONG_PARAMETER)

    async def _create_group(self, query: Mapping[str, Any]) -> Response:
        request = IMGroupCreateReq(
            user_id=ADMINISTRATOR,
            group_type=GroupType.ValueType(_choice(query, "group_type", GroupType.values())),
            group_name=_text(query, "group_name"),
            group_avatar=_text(query, "group_avatar"),
            member_id_list=_ids(query, "user_id_list"),
        )
        try:
            link = self._links.db_proxies.pick()
            reply: IMGroupCreateRsp = await self._links.calls.ask(link, commands.GROUP_CREATE, request)
        except RefusedError as error:
            return _refused(error, NOT_CREATED, group_id=0)
        if reply.result_code:
            return written(*NOT_CREATED, group_id=0)
        return written(*DONE, group_id=reply.group_id)

    async def _change_members(self, query: Mapping[str, Any]) -> Response:
        request = IMGroupChangeMemberReq(
            user_id=ADMINISTRATOR,
            change_type=GroupModifyType.ValueType(_choice(query, "modify_type", GroupModifyType.values())),
            group_id=_uint(query, "group_id"),
            member_id_list=_ids(query, "user_id_list"),
        )
        try:
            link = self._links.db_proxies.pick(request.group_id)
            reply = await self._links.calls.ask(link, commands.GROUP_CHANGE_MEMBER, request)
        except RefusedError as error:
            return _refused(error, NOT_CHANGED)
        if reply.result_code:
            return written(*NOT_CHANGED)
        self._tell_members(reply)
        return written(*DONE)

    def _tell_members(self, reply: IMGroupChangeMemberRsp) -> None:
        notice = IMGroupChangeMemberNotify(
            user_id=ADMINISTRATOR,
            change_type=reply.change_type,
            group_id=reply.group_id,
            cur_user_id_list=reply.cur_user_id_list,
            chg_user_id_list=reply.chg_user_id_list,
        )
        if self._links.route_servers.is_open:
            master = self._links.route_servers.master()
            master.send(OutboundFrame(commands.GROUP_CHANGE_MEMBER_NOTIFY, notice))


def written(code: int, text: str, **more: int) -> Response:
    """Write an answer as the original does: sorted keys, three spaces."""
    answer: Answer = {"error_code": code, "error_msg": text, **more}
    body = json.dumps(answer, ensure_ascii=False, indent=3, separators=(",", " : "), sort_keys=True)
    headers = {"Cache-Control": "no-cache", "Connection": "close"}
    return Response(f"{body}\n".encode(), HTTPStatus.OK, headers, "text/html;charset=utf-8")


def _refused(error: RefusedError, refusal: tuple[int, str], **more: int) -> Response:
    code, text = NO_DATABASE if error.code is ErrorCode.UNAVAILABLE else refusal
    return written(code, text, **({} if code == NO_DATABASE[0] else more))


def _read_json(body: bytes) -> Mapping[str, Any] | None:
    """Read an object; what stands behind it is nobody's business, as in the original."""
    try:
        query, _ = json.JSONDecoder().raw_decode(body.decode().lstrip())
    except (ValueError, RecursionError):
        return None
    return query if isinstance(query, dict) else None


# The kinds of values, as the original's reader takes them.


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _is_uint(value: object) -> bool:
    """Booleans and fractions count as numbers, texts do not."""
    return isinstance(value, int | float) and 0 <= value <= MAX_UINT


def _take(query: Mapping[str, Any], key: str, *, fits: Callable[[object], bool]) -> Any:
    value = query.get(key)
    if not fits(value):
        raise _WrongParameterError(key)
    return value


def _uint(query: Mapping[str, Any], key: str) -> int:
    return int(_take(query, key, fits=_is_uint))


def _choice(query: Mapping[str, Any], key: str, choices: list[Any]) -> int:
    value = _uint(query, key)
    if value not in choices:
        raise _WrongParameterError(key)
    return value


def _text(query: Mapping[str, Any], key: str) -> str:
    return str(_take(query, key, fits=lambda value: isinstance(value, str)))


def _ids(query: Mapping[str, Any], key: str) -> list[int]:
    values = _take(query, key, fits=lambda value: isinstance(value, list) and len(value) <= MAX_MEMBERS)
    if not all(map(_is_uint, values)):
        raise _WrongParameterError(key)
    return [int(value) for value in values]
