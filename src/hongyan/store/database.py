"""What every engine offers the store: many parallel reads, one write transaction at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from hongyan.errors import BackendError

P = ParamSpec("P")
T = TypeVar("T")


class ConflictError(BackendError):
    """The database is well but holds something that these rows contradict."""


class UnfitValueError(BackendError):
    """The database is well but cannot hold one of these values."""


class Database(ABC):
    """One database with its schema in place; an adapter per engine.

    Queries are plain functions of a synchronous Core ``Connection``, so that the same ones serve
    every engine. They run outside the event loop's thread and must touch nothing but the
    connection and their arguments.
    """

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

    @abstractmethod
    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run the work in a transaction of its own and return after the commit.

        Calls are served one at a time in their order. Within the suite only the journal calls
        this; command-line tools, which are processes of their own, may.
        """


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what a driver raises into the tree of :mod:`hongyan.errors`."""
    try:
        yield
    except IntegrityError as error:
        raise ConflictError(_driver_text(error)) from error
    except DataError as error:
        raise UnfitValueError(_driver_text(error)) from error
    # The drivers raise these two while they bind a value, before they speak to the database.
    except (OverflowError, UnicodeEncodeError) as error:
        raise UnfitValueError(f"a value cannot be stored ({type(error).__name__})") from error
    except SQLAlchemyError as error:
        raise BackendError(_driver_text(error)) from error


def _driver_text(error: SQLAlchemyError) -> str:
    # Only the driver's own sentence: SQLAlchemy's text would quote the parameters, which are
    # people's messages and passwords.
    return str(getattr(error, "orig", None) or type(error).__name__)
