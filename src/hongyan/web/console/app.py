"""The console as an ASGI application: its pages, and the JSON that they ask for."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

import structlog
from pydantic import Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from hongyan.administration import admins, users
from hongyan.administration.admins import Password, Session
from hongyan.administration.calls import Administration
from hongyan.administration.live import Live
from hongyan.administration.table import Model, Nothing, explain
from hongyan.errors import BackendError, RefusedError
from hongyan.web.console.gate import Admin, Gate, check_origin
from hongyan.web.console.http import HEADERS, answer, body_of, failed, refused
from hongyan.web.console.offered import OFFERED, follow_up
from hongyan.web.console.people import People
from hongyan.web.files import Receive, Scope, Send
from hongyan.web.site import console_pages

_log = structlog.get_logger("hongyan.console")

ROOT: Final = "/admin"
API: Final = f"{ROOT}/api/"
OPERATION: Final = f"{API}do/"
MAX_BODY_BYTES: Final = 128 * 1024
MAX_IMPORT_BODY_BYTES: Final = 8 * 1024 * 1024

Handler = Callable[[Request, Admin], Awaitable[Response]]


class Credentials(Model):
    """What is typed to sign in."""

    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=256)]


class OwnPassword(Model):
    """Another password for whoever is signed in."""

    old: Annotated[str, Field(max_length=256)]
    new: Annotated[str, Field(min_length=10, max_length=256)]


class SignedIn(Model):
    """Who is signed in; ``csrf`` goes into a header of every request that changes something."""

    name: str
    csrf: str


class Console:
    """The ASGI application.

    Args:
        administration: calls the operations of db_proxy.
        live: asks who is online, and kicks.
        history: returns what the dashboard shows, newer than a time in seconds since 1970.
    """

    def __init__(
        self, administration: Administration, live: Live, history: Callable[[float], Mapping[str, Any]]
    ) -> None:
        self._administration = administration
        self._live = live
        self._history = history
        self._pages = console_pages(ROOT)
        self._gate = Gate(administration, ROOT)
        people = People(administration, live)
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "session"): self._session,
            ("POST", "sign-out"): self._sign_out,
            ("POST", "password"): self._change_password,
            ("POST", "online"): people.online,
            ("POST", "kick"): people.kick,
            ("GET", "users.csv"): people.export,
            ("GET", "status"): self._status,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        if path.startswith(API):
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)
        elif path == f"{ROOT}/":
            await RedirectResponse(ROOT)(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._route(request)
        except HTTPException as error:
            status = HTTPStatus(error.status_code)
            return failed(status, status.name.lower(), error.detail)
        except ValidationError as error:
            return failed(HTTPStatus.BAD_REQUEST, "malformed", explain(error))
        except RefusedError as error:
            return refused(error)
        except BackendError as error:
            _log.error("a request failed", path=request.url.path, error=str(error))
            return failed(
                HTTPStatus.BAD_GATEWAY, "unavailable", "the database server answered something else"
            )

    async def _route(self, request: Request) -> Response:
        path = request.url.path
        if path == f"{API}sign-in" and request.method == "POST":
            return await self._sign_in(request)
        admin = await self._gate.admit(request)
        if path.startswith(OPERATION) and request.method == "POST":
            return await self._operate(request, admin, path.removeprefix(OPERATION))
        handler = self._handlers.get((request.method, path.removeprefix(API)))
        if handler is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is nothing here")
        return await handler(request, admin)

    async def _operate(self, request: Request, admin: Admin, name: str) -> Response:
        """Call an operation of the table."""
        operation = OFFERED.get(name)
        if operation is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such operation")
        limit = MAX_IMPORT_BODY_BYTES if operation is users.IMPORT else MAX_BODY_BYTES
        arguments = operation.arguments.model_validate_json(await body_of(request, limit))
        result: Any = await self._administration(operation, arguments, admin.caller)
        follow_up(operation, arguments, result, self._live)
        return answer(result)

    async def _status(self, request: Request, _admin: Admin) -> Response:
        """Tell how the servers are and were."""
        try:
            after = float(request.query_params.get("after", "0"))
        except ValueError as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "after: a time in seconds") from error
        return JSONResponse(self._history(after), headers=HEADERS)

    # Whoever is signed in.

    async def _sign_in(self, request: Request) -> Response:
        check_origin(request)
        offered = Credentials.model_validate_json(await body_of(request, MAX_BODY_BYTES))
        session, token = await self._gate.sign_in(request, offered.name, offered.password)
        response = answer(_signed_in(session))
        self._gate.give_cookie(request, response, token)
        return response

    async def _session(self, _request: Request, admin: Admin) -> Response:
        return answer(SignedIn(name=admin.name, csrf=admin.csrf))

    async def _sign_out(self, request: Request, admin: Admin) -> Response:
        await self._gate.sign_out(admin)
        response = answer(Nothing())
        self._gate.take_cookie(request, response)
        return response

    async def _change_password(self, request: Request, admin: Admin) -> Response:
        """Change the own password, which ends all own sessions, this one too."""
        typed = OwnPassword.model_validate_json(await body_of(request, MAX_BODY_BYTES))
        arguments = Password(admin_id=admin.admin_id, old=typed.old, new=typed.new)
        changed = await self._administration(admins.PASSWORD, arguments, admin.caller)
        if not changed.done:
            raise HTTPException(HTTPStatus.CONFLICT, "the old password is wrong")
        response = answer(changed)
        self._gate.take_cookie(request, response)
        return response


def _signed_in(session: Session) -> SignedIn:
    return SignedIn(name=session.name, csrf=session.csrf)
