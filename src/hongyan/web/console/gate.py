"""Who may use the console: sign-in, sessions in cookies, and no requests from other people's pages.

A session is a random token in a cookie that scripts cannot read; the database keeps its digest. What
changes anything must also carry the session's CSRF token in a header, which no other page knows, and
must not come from another origin.
"""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from time import monotonic
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hongyan.administration import admins
from hongyan.administration.admins import Session, SessionProof, SignIn
from hongyan.administration.calls import Administration
from hongyan.administration.table import Caller
from hongyan.errors import ErrorCode, RefusedError
from hongyan.rules.login_throttle import LoginThrottle

COOKIE: Final = "hongyan_admin"
CSRF_HEADER: Final = "x-csrf-token"
COOKIE_LIFE_S: Final = 12 * 3600
MAX_SIGN_INS: Final = 20
"""So many attempts at a time; further ones are refused at once."""
_TOKEN_BYTES: Final = 32
_SAFE: Final = frozenset({"GET", "HEAD"})


class Admin(NamedTuple):
    """Who is signed in, where, and with which session."""

    admin_id: int
    name: str
    csrf: str
    address: str
    session: str

    @property
    def caller(self) -> Caller:
        """Who the audit log says it was."""
        return Caller(f"admin:{self.name}", self.address)


class Gate:
    """Signs administrators in and out and lets their requests in.

    Args:
        administration: where they and their sessions are kept.
        path: below which the cookie is sent.
        clock: any monotonic one, in seconds.
        sleep: waits that many of its seconds.
    """

    def __init__(
        self,
        administration: Administration,
        path: str,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._administration = administration
        self._path = path
        self._clock = clock
        self._sleep = sleep
        self._throttle = LoginThrottle()
        self._signing_in = 0

    async def sign_in(self, request: Request, name: str, password: str) -> tuple[Session, str]:
        """Check a name and a password; return the session and the token for the cookie.

        Raises:
            HTTPException: they are wrong.
            RefusedError: too many attempts, or the database cannot be asked.
        """
        if self._signing_in >= MAX_SIGN_INS:
            raise RefusedError(ErrorCode.RATE_LIMITED, "too many sign-ins at once; try again later")
        self._signing_in += 1
        try:
            return await self._sign_in(name, password, address_of(request))
        finally:
            self._signing_in -= 1

    async def _sign_in(self, name: str, password: str, address: str) -> tuple[Session, str]:
        await self._take_turn(name, address)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        csrf = secrets.token_urlsafe(_TOKEN_BYTES)
        offered = SignIn(name=name, password=password, session=_digest(token), csrf=csrf)
        session = await self._administration(admins.SIGN_IN, offered, Caller(f"admin:{name}", address))
        if not session.admin_id:
            for who in (name, ""):
                self._throttle.failed(who, address, self._clock())
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "the name or the password is wrong")
        for who in (name, ""):
            self._throttle.succeeded(who, address)
        return session, token

    async def _take_turn(self, name: str, address: str) -> None:
        """Wait after wrong passwords: of this name from this address, and of any name from there."""
        for who in (name, ""):
            wait_s = self._throttle.take_turn(who, address, self._clock())
            if wait_s is None:
                raise RefusedError(ErrorCode.RATE_LIMITED, "too many wrong passwords; wait a minute")
            if wait_s:
                await self._sleep(wait_s)

    async def admit(self, request: Request) -> Admin:
        """Return who sends a request.

        Raises:
            HTTPException: nobody who is signed in, or another page than ours sent it.
            RefusedError: the database cannot be asked.
        """
        token = request.cookies.get(COOKIE, "")
        if not token:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "sign in first")
        proof = SessionProof(session=_digest(token))
        session = await self._administration(admins.SESSION, proof, Caller("console"))
        if not session.admin_id:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "the session is over; sign in again")
        if request.method not in _SAFE:
            check_origin(request)
            if not hmac.compare_digest(request.headers.get(CSRF_HEADER, "").encode(), session.csrf.encode()):
                raise HTTPException(HTTPStatus.FORBIDDEN, "this page is out of date; load it again")
        return Admin(session.admin_id, session.name, session.csrf, address_of(request), proof.session)

    async def sign_out(self, admin: Admin) -> None:
        """End a session."""
        await self._administration(admins.SIGN_OUT, SessionProof(session=admin.session), admin.caller)

    def give_cookie(self, request: Request, response: Response, token: str) -> None:
        """Put the token into the browser, where only requests to the console of this site carry it."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=COOKIE_LIFE_S,
            path=self._path,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )

    def take_cookie(self, request: Request, response: Response) -> None:
        """Take it out again."""
        response.delete_cookie(
            COOKIE, path=self._path, secure=request.url.scheme == "https", httponly=True, samesite="strict"
        )


def check_origin(request: Request) -> None:
    """Refuse what the browser says another page sent.

    Raises:
        HTTPException: it did.
    """
    origin = request.headers.get("origin")
    is_foreign = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if is_foreign or (origin is not None and urlsplit(origin).netloc != request.headers.get("host")):
        raise HTTPException(HTTPStatus.FORBIDDEN, "requests from other pages are not taken")


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy on this machine, what that says."""
    return request.client.host if request.client is not None else ""


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
