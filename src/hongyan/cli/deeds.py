"""The audit log of what is done from the command line."""

import getpass
from collections.abc import Callable
from time import time
from typing import TypeVar

from sqlalchemy import Connection

from hongyan.store import audit
from hongyan.store.audit import Deed

T = TypeVar("T")


def noting(
    operation: str, target: object, change: Callable[[Connection], T], detail: str = ""
) -> Callable[[Connection], T]:
    """Make a change that writes itself into the log."""

    def work(connection: Connection) -> T:
        result = change(connection)
        noted(connection, operation, target, detail)
        return result

    return work


def noted(connection: Connection, operation: str, target: object = "", detail: str = "") -> None:
    """Write into the log who did what on this machine, in the transaction of what was done."""
    deed = Deed(f"command line:{getpass.getuser()}", "", operation, str(target), detail)
    audit.record(connection, deed, int(time()))
