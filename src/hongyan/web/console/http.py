"""Requests and answers of the console: JSON, bounded, never cached."""

import asyncio
from http import HTTPStatus
from typing import Final

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from hongyan.errors import ErrorCode, RefusedError
from hongyan.reactor.http import STATUS_OF

BODY_LIMIT_S: Final = 60.0
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_STATUS: Final = {**STATUS_OF, ErrorCode.MALFORMED: HTTPStatus.BAD_REQUEST}


async def body_of(request: Request, limit: int) -> bytes:
    """Read a body in JSON.

    Args:
        request: whose body was not read yet.
        limit: how many bytes it may have.

    Raises:
        HTTPException: it is too long, no JSON by its own account, or does not arrive.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            async for part in request.stream():
                body += part
                if len(body) > limit:
                    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {limit} bytes")
    except (TimeoutError, ClientDisconnect) as error:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the request did not arrive") from error
    return bytes(body)


def answer(result: BaseModel) -> Response:
    """Answer with the JSON of a result."""
    return Response(result.model_dump_json(), media_type="application/json", headers=HEADERS)


def failed(status: HTTPStatus, code: str, text: str, headers: dict[str, str] | None = None) -> Response:
    """Say what went wrong: a word for programs and a text for people."""
    told = {"code": code, "text": text}
    return JSONResponse(told, status_code=status, headers={**HEADERS, **(headers or {})})


def refused(error: RefusedError) -> Response:
    """Turn a refusal into an answer."""
    retry = {"Retry-After": str(-(-error.retry_after_ms // 1000))} if error.retry_after_ms else None
    return failed(_STATUS[error.code], error.code.name.lower(), str(error), retry)
