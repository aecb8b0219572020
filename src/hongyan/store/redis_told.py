"""For tools beside the servers: a database whose changes original servers find in Redis too."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from hongyan.store.database import Database
from hongyan.store.redis_shared import SharedRedis

P = ParamSpec("P")
T = TypeVar("T")


class ToldDatabase(Database):
    """Passes everything on to another database, which it owns, and tells Redis of what was written."""

    def __init__(self, database: Database, redis: SharedRedis) -> None:
        self._database = database
        self._redis = redis

    @property
    def dialect(self) -> str:  # noqa: D102
        return self._database.dialect

    async def open(self) -> None:  # noqa: D102
        await self._database.open()

    async def close(self) -> None:  # noqa: D102
        await self._database.close()
        await self._redis.close()

    async def read(  # noqa: D102
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._database.read(query, *args, **kwargs)

    async def write(  # noqa: D102
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def told(connection: Connection) -> T:
            with self._redis.transaction(connection):
                return work(connection, *args, **kwargs)

        result = await self._database.write(told)
        # Redis that does not answer is logged: a db_proxy_server tells it everything at its next start.
        await self._redis.committed()
        return result
