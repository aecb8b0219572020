"""Every way in which the API says no."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from hongyan.errors import BackendError, ErrorCode, RefusedError
from hongyan.roles.http_msg.gate import NoKeyError, OutOfScopeError

_log = structlog.get_logger("hongyan.http_msg")

_STATUS: Final = {
    ErrorCode.MALFORMED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.UNKNOWN_COMMAND: HTTPStatus.NOT_IMPLEMENTED,
    ErrorCode.NOT_ALLOWED: HTTPStatus.CONFLICT,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.NOT_STORED: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Problem(BaseModel):
    """Why a request was not carried out: a word for programs, a sentence for people."""

    code: str
    detail: str


_EXPLAINED: Final = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON.",
    HTTPStatus.UNAUTHORIZED: "No key that is in use.",
    HTTPStatus.FORBIDDEN: "The key does not allow it.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.CONFLICT: "What is there does not allow it.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too long.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The arguments are wrong.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; Retry-After says when to go on.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Another server cannot be reached or is busy; try again.",
}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    int(status): {"model": Problem, "description": text} for status, text in _EXPLAINED.items()
}
"""For the description of the API: what each of its requests may answer besides success."""


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
    return problem(_STATUS[error.code], error.code.name.lower(), error.text, headers)


def explain_errors(app: FastAPI) -> None:
    """Let every error of the API be answered with a Problem."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(BackendError, _failed)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _other)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)  # noqa: S101 - what it is registered for
    return refusal(error)


def _failed(_request: Request, error: Exception) -> JSONResponse:
    _log.error("a request failed", error=str(error))
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "another server failed; try again later")


def _malformed(_request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong by its place; values stay out, they may be secret."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "malformed", "; ".join(faults))


def _other(_request: Request, error: Exception) -> JSONResponse:
    """Answer for the framework: no such path, no such method, no JSON."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    status = HTTPStatus(error.status_code)
    return problem(status, status.name.lower(), str(error.detail), error.headers)
