"""Calls operations of the table on db_proxy, over whichever of its links is open."""

import itertools
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from hongyan.administration.table import Caller, Model, Operation
from hongyan.cluster.calls import Calls
from hongyan.cluster.link import Link
from hongyan.errors import BackendError, ErrorCode, RefusedError
from hongyan.wire import commands
from hongyan.wire.pb.administration_pb2 import IMAdminReq, IMAdminRsp

A = TypeVar("A", bound=Model)
R = TypeVar("R", bound=Model)


class DbProxies:
    """The links of a role to db_proxy."""

    def __init__(self) -> None:
        self._links: list[Link] = []
        self._turn = itertools.count()

    def add(self, link: Link) -> None:
        """A link was opened."""
        self._links.append(link)
        self._links.sort(key=lambda link: link.handle)

    def remove(self, link: Link) -> None:
        """A link takes no more requests."""
        if link in self._links:
            self._links.remove(link)

    @property
    def is_open(self) -> bool:
        """Whether anything can be asked."""
        return bool(self._links)

    def pick(self, key: int | None = None) -> Link:
        """Return the link for ``key``, which keeps order, or the next one in turn.

        Raises:
            RefusedError: there is none.
        """
        if not self._links:
            raise RefusedError(ErrorCode.UNAVAILABLE, "the database server is not connected; try again later")
        return self._links[(next(self._turn) if key is None else key) % len(self._links)]


class Administration:
    """What other roles see of db_proxy's administration."""

    def __init__(self, calls: Calls, pick: Callable[[], Link]) -> None:
        self._calls = calls
        self._pick = pick

    async def __call__(self, operation: Operation[A, R], arguments: A, caller: Caller) -> R:
        """Call an operation.

        Raises:
            RefusedError: declined, or db_proxy cannot be reached.
            BackendError: the answer is not what the table says: another version is running there.
        """
        request = IMAdminReq(
            operation=operation.name,
            arguments=arguments.model_dump_json().encode(),
            actor=caller.actor,
            address=caller.address,
        )
        reply = await self._calls.ask(self._pick(), commands.ADMIN, request, operation.timeout_s)
        return _result(operation, reply)


def _result(operation: Operation[A, R], reply: IMAdminRsp) -> R:
    if reply.error_code:
        known = reply.error_code in ErrorCode.__members__.values()
        code = ErrorCode(reply.error_code) if known else ErrorCode.UNAVAILABLE
        raise RefusedError(code, reply.error_text)
    try:
        return operation.result.model_validate_json(reply.result)
    except ValidationError as error:
        raise BackendError(f"{operation.name}: db_proxy answered something else") from error
