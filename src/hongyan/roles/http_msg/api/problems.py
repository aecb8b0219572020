"""Every way in which the API says no."""

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from hongyan.errors import BackendError, RefusedError
from hongyan.roles.http_msg.refusals import Problem, problem, refusal

_log = structlog.get_logger("hongyan.http_msg")

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
