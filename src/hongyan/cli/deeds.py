"""The audit log of what is done from the command line."""

import getpass
from time import time

from sqlalchemy import Connection

from hongyan.store import audit
from hongyan.store.audit import Deed


def noted(connection: Connection, operation: str, target: object = "", detail: str = "") -> None:
    """Write into the log who did what on this machine, in the transaction of what was done."""
    deed = Deed(f"command line:{getpass.getuser()}", "", operation, str(target), detail)
    audit.record(connection, deed, int(time()))
