"""What a request over HTTP is told that is not carried out."""

import math
from collections.abc import Mapping
from http import HTTPStatus

from pydantic import BaseModel
from starlette.responses import JSONResponse

from hongyan.errors import RefusedError
from hongyan.reactor.http import STATUS_OF
from hongyan.roles.http_msg.gate import NoKeyError, OutOfScopeError


class Problem(BaseModel):
    """Why a request was not carried out: a word for programs, a sentence for people."""

    code: str
    detail: str


def problem(
    status: HTTPStatus, code: str, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Make an answer that says no."""
    content = Problem(code=code, detail=detail).model_dump()
    return JSONResponse(content, status, dict(headers or {}))


def refusal(error: RefusedError) -> JSONResponse:
    """Say why a request was refused."""
    if isinstance(error, NoKeyError):
        headers = {"WWW-Authenticate": "Bearer"}
        return problem(HTTPStatus.UNAUTHORIZED, "unauthorized", error.text, headers)
    if isinstance(error, OutOfScopeError):
        return problem(HTTPStatus.FORBIDDEN, "forbidden", error.text)
    headers = {}
    if error.retry_after_ms is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_ms / 1000))
    return problem(STATUS_OF[error.code], error.code.name.lower(), error.text, headers)
