"""What every request of the API has: a key, its scopes, and what it may ask of the suite with them."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hongyan.administration import admins
from hongyan.administration.admins import Noted
from hongyan.administration.keys import KeyHolder, Scope
from hongyan.administration.table import Caller, Model, Operation
from hongyan.roles.http_msg.gate import NoKeyError, OutOfScopeError
from hongyan.roles.http_msg.services import Services

A = TypeVar("A", bound=Model)
R = TypeVar("R", bound=Model)
_BEARER = HTTPBearer(
    auto_error=False, description="An API key, made with `hongyan api-key add` or `hongyan bot add`."
)


class Asker:
    """Who asks, and what with.

    Args:
        holder: the key.
        address: where the request comes from, for the audit log.
        services: what the API works with.
    """

    def __init__(self, holder: KeyHolder, address: str, services: Services) -> None:
        self.holder = holder
        self.live = services.links.live
        self.sender = services.sender
        self._administration = services.links.administration
        kind = "bot" if holder.user_id else "key"
        self._caller = Caller(f"{kind}:{holder.name}", address)

    async def call(self, operation: Operation[A, R], arguments: A) -> R:
        """Call an operation of the table.

        Raises:
            RefusedError: declined.
        """
        return await self._administration(operation, arguments, self._caller)

    async def note(self, deed: str, target: object) -> None:
        """Write into the audit log what happens outside the database."""
        await self.call(admins.NOTE, Noted(operation=deed, target=str(target)))

    def check_scope(self, scope: Scope) -> None:
        """Refuse what the key is not for.

        Raises:
            OutOfScopeError: this is it.
        """
        if scope not in self.holder.scopes:
            raise OutOfScopeError(f"this key does not have the scope {scope}")

    def check_may_be(self, user_id: int) -> None:
        """Refuse a bot what is another user's.

        Raises:
            OutOfScopeError: it is.
        """
        if self.holder.user_id and self.holder.user_id != user_id:
            raise OutOfScopeError("a bot acts and reads in its own name only")


async def ask(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
) -> Asker:
    """Find out who asks.

    Raises:
        NoKeyError: nobody who is known.
    """
    services: Services = request.app.state.services
    if credentials is None:
        raise NoKeyError
    address = request.client.host if request.client is not None else ""
    return Asker(await services.gate.admit(credentials.credentials, address), address, services)


def may(scope: Scope) -> Any:
    """Make the dependency of a request that needs a scope."""

    async def check(asker: Annotated[Asker, Depends(ask)]) -> Asker:
        asker.check_scope(scope)
        return asker

    return Depends(check)
