"""What msfs says: the original's answers with its codes, and plain ones beside them."""

import json
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

TOO_LARGE: Final = 1
STORE_FAILED: Final = 12
NO_TOKEN: Final = 13
BUSY: Final = 14
TYPE_NOT_ALLOWED: Final = 15
TOO_SLOW: Final = 16
"""The original ends at 11; its clients take everything but 0 for a failure."""

_HTML: Final = "text/html;charset=utf-8"
_MALFORMED: Final = "格式错误"
_TEXTS: Final = {
    0: "成功",
    TOO_LARGE: "上传文件过大",
    STORE_FAILED: "存储失败",
    NO_TOKEN: "未授权",
    BUSY: "服务器繁忙",
    TYPE_NOT_ALLOWED: "不允许的文件类型",
    TOO_SLOW: "上传超时",
}


def stored(path: str, url: str) -> Response:
    """Say where a file is."""
    answer: dict[str, int | str] = {"error_code": 0, "error_msg": _TEXTS[0], "path": path, "url": url}
    return _answer(answer, HTTPStatus.OK)


def refused(code: int, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Say why a file was not taken."""
    text = _TEXTS.get(code, _MALFORMED)
    answer: dict[str, int | str] = {"error_code": code, "error_msg": text, "path": "", "url": ""}
    if code == TOO_LARGE:
        del answer["path"]
    return _answer(answer, status)


def empty(status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    """Answer with a status and nothing else."""
    return Response(status_code=status, headers=headers, media_type=_HTML)


def _answer(answer: dict[str, int | str], status: HTTPStatus) -> Response:
    # One line, spaced as the original's: some client may look for it by hand.
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    text = text.replace('"error_msg":', '"error_msg": ', 1)
    headers = {"Retry-After": "5"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return Response(text, status_code=status, headers=headers, media_type=_HTML)
