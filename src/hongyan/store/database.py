"""What every engine offers the store: many parallel reads, one write transaction at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from hongyan.store.failures import ConflictError, TryAgainError, UnfitValueError, translated_errors
from hongyan.store.replica import Replica

__all__ = ["ConflictError", "Database", "TryAgainError", "UnfitValueError", "translated_errors"]

P = ParamSpec("P")
T = TypeVar("T")


class Database(ABC):
    """One database with its schema in place; an adapter per engine.

    Queries are plain functions of a synchronous Core ``Connection``, so that the same ones serve
    every engine. They must touch nothing but the connection and their arguments: SQLite runs most of
    them outside the event loop's thread, the others in it, where only the connection may wait.
    """

    replica: Replica | None = None
    """The copy that long reads go to."""

    @property
    @abstractmethod
    def dialect(self) -> str:
        """SQLAlchemy's name of the engine, such as ``sqlite``."""

    @abstractmethod
    async def open(self) -> None:
        """Connect and bring the schema up to date.

        Raises:
            ConfigError: the database cannot be opened or belongs to a newer version.
        """

    @abstractmethod
    async def close(self) -> None:
        """Wait for what is running and let go of every connection; safe to call twice."""

    @abstractmethod
    async def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query on a consistent snapshot that holds everything committed before the call."""

    async def read_again(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do the same as ``read`` for a short query of rows that were read lately, so lie in memory."""
        return await self.read(query, *args, **kwargs)

    async def read_copy(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do the same as ``read``, on a replica where there is one that has caught up: for long reads."""
        return await self.read(query, *args, **kwargs)

    @abstractmethod
    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run the work in a transaction of its own and return after the commit.

        Calls are served one at a time in their order. Within the suite only the journal calls
        this; command-line tools, which are processes of their own, may.
        """
