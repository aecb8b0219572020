"""What goes wrong with a database, told apart by what can be done about it.

The drivers are recognised by their error codes and not imported: an installation has only its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from hongyan.errors import BackendError

_MYSQL_TRY_AGAIN: Final = frozenset((1205, 1213))
"""Lock wait timeout and deadlock."""
_MYSQL_UNFIT: Final = frozenset((1264, 1265, 1366, 1406))
_MYSQL_CONFLICT: Final = frozenset((1022, 1062, 1586))
_POSTGRESQL_TRY_AGAIN: Final = frozenset(("40001", "40P01", "55P03"))
_DATA_EXCEPTION: Final = "22"
"""The class of SQLSTATE for values that do not fit."""


class ConflictError(BackendError):
    """The database is well but holds something that these rows contradict."""


class UnfitValueError(BackendError):
    """The database is well but cannot hold one of these values."""


class TryAgainError(BackendError):
    """Nothing was stored, and the same again may succeed: a deadlock, or a connection that was cut."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what a driver raises into the tree of :mod:`hongyan.errors`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _translated(error) from error
    # The drivers raise these two while they bind a value, before they speak to the database.
    except (OverflowError, UnicodeEncodeError) as error:
        raise UnfitValueError(f"a value cannot be stored ({type(error).__name__})") from error


@contextmanager
def server_errors() -> Iterator[None]:
    """The same for a database behind a network, where connecting may fail too."""
    try:
        with translated_errors():
            yield
    except Exception as error:
        # SQLAlchemy passes on what is raised while connecting as it is.
        if isinstance(error, OSError | TimeoutError) or _is_of_a_driver(error):
            raise BackendError(f"the server does not let us in: {error}") from error
        raise


def _is_of_a_driver(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in {"asyncpg", "asyncmy"}


def _translated(error: SQLAlchemyError) -> BackendError:
    if not isinstance(error, DBAPIError):
        return BackendError(type(error).__name__)
    code = _code(error)
    if isinstance(error, IntegrityError) or code in _MYSQL_CONFLICT:
        return ConflictError(_without_values(error))
    if _is_unfit(error, code):
        return UnfitValueError(_without_values(error))
    if error.connection_invalidated or code in _MYSQL_TRY_AGAIN or code in _POSTGRESQL_TRY_AGAIN:
        return TryAgainError(_driver_text(error))
    return BackendError(_driver_text(error))


def _is_unfit(error: DBAPIError, code: int | str | None) -> bool:
    if code in _MYSQL_UNFIT or (isinstance(code, str) and code.startswith(_DATA_EXCEPTION)):
        return True
    # asyncpg has a class of its own for values that it cannot put on the wire.
    names = {type(error).__name__, type(error.orig).__name__, type(_cause(error)).__name__}
    return "DataError" in names


def _code(error: DBAPIError) -> int | str | None:
    """The error's number in MySQL, its SQLSTATE in PostgreSQL."""
    for source in (error.orig, _cause(error)):
        state = getattr(source, "sqlstate", None)
        if isinstance(state, str):
            return state
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _cause(error: DBAPIError) -> BaseException | None:
    return error.orig.__cause__ if error.orig is not None else None


def _without_values(error: DBAPIError) -> str:
    # A server quotes the value that it refuses, which may be somebody's message; SQLite does not.
    code = _code(error)
    return _driver_text(error) if code is None and not _cause(error) else f"{type(error).__name__} {code}"


def _driver_text(error: DBAPIError) -> str:
    # Only the driver's own sentence: SQLAlchemy's text would quote the parameters, which are
    # people's messages and passwords.
    return str(error.orig or type(error).__name__)
