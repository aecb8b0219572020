"""Users as CSV that a spreadsheet may open without harm."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hongyan.administration.users import User

HEADER: Final = (
    *("id", "name", "nick", "department", "phone", "email", "sex"),
    *("signature", "active", "created", "updated"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""


def lines_of(users: Iterable[User], departments: Mapping[int, str]) -> bytes:
    """Write users, a line each."""
    return b"".join(
        line(
            (
                *(str(user.id), user.name, user.nick, departments.get(user.department_id, "")),
                *(user.phone, user.email, user.sex, user.signature, "yes" if user.active else "no"),
                *(str(user.created), str(user.updated)),
            )
        )
        for user in users
    )


def line(cells: Sequence[str]) -> bytes:
    """Write a line; a cell that would be a formula begins with an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    return text.getvalue().encode()
