"""Where administrators and other systems ask: finds the operation, checks its arguments, keeps the log."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection

from hongyan.administration.table import OPERATIONS, Caller, Model, Operation, explain
from hongyan.cluster.link import Link
from hongyan.errors import ErrorCode, RefusedError
from hongyan.roles.db_proxy.backend import Backend, now
from hongyan.store import audit
from hongyan.store.audit import Deed
from hongyan.wire.pb.administration_pb2 import IMAdminReq, IMAdminRsp
from hongyan.wire.text import text

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A", bound=Model)
R = TypeVar("R", bound=Model)
Work = Callable[[A, Caller], Awaitable[R]]

SLOW_THREADS: Final = 1
"""Slow hashes for administrators, beside those of logins, so that an import does not make logins wait."""


class Desk:
    """Serves the operations of the table."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._works: dict[str, tuple[Operation[Any, Any], Work[Any, Any]]] = {}
        self._threads = ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="administration")

    def on(self, operation: Operation[A, R], work: Work[A, R]) -> None:
        """Let ``work`` serve ``operation``; the type checker compares their shapes."""
        if operation.name in self._works:
            raise ValueError(f"{operation.name} is served twice")
        self._works[operation.name] = (operation, work)

    def check_complete(self) -> None:
        """Refuse to start when an operation of the table is not served."""
        missing = OPERATIONS.keys() - self._works.keys()
        if missing:
            raise ValueError(f"nobody serves {', '.join(sorted(missing))}")

    def close(self) -> None:
        """Let go of the thread."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def serve(self, _link: Link, message: IMAdminReq) -> IMAdminRsp:
        """Answer one request."""
        try:
            result = await self._run(message)
        except RefusedError as error:
            return IMAdminRsp(error_code=error.code, error_text=error.text)
        return IMAdminRsp(result=result.model_dump_json().encode(), error_code=0)

    async def _run(self, message: IMAdminReq) -> Model:
        found = self._works.get(text(message.operation))
        if found is None:
            raise RefusedError(ErrorCode.UNKNOWN_COMMAND, "this version does not know the operation")
        operation, work = found
        try:
            arguments = operation.arguments.model_validate_json(message.arguments)
        except ValidationError as error:
            raise RefusedError(ErrorCode.MALFORMED, explain(error)) from error
        result: Model = await work(arguments, Caller(text(message.actor), text(message.address)))
        return result

    # What the operations are made of.

    async def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query."""
        return await self.backend.database.read(query, *args, **kwargs)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a change that the log does not keep."""
        return await self.backend.journal.submit(work, *args, **kwargs)

    async def change(self, deed: Deed, work: Callable[[Connection], T]) -> T:
        """Run a change and log it in the same transaction; an empty target becomes the result."""
        return await self.backend.journal.submit(_logged, deed, work, now())

    async def slowly(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what takes long, such as hashing a password, beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))


def deed(operation: Operation[A, Any], arguments: A, caller: Caller, target: object = "") -> Deed:
    """Say for the log who does what, without secrets."""
    detail = arguments.model_dump_json(exclude=set(operation.secret), exclude_defaults=True)
    return Deed(caller.actor, caller.address, operation.name, str(target), detail)


def _logged(connection: Connection, deed: Deed, work: Callable[[Connection], T], now: int) -> T:
    result = work(connection)
    target = deed.target or (str(result) if isinstance(result, int) else "")
    audit.record(connection, deed._replace(target=target), now)
    return result
