"""Users from a CSV file: read, checked line by line, added all together or not at all."""

import csv
import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection

from hongyan.errors import ConfigError, RefusedError
from hongyan.slow_hashes import slow_hash
from hongyan.store.accounts import NewUser, add_user, add_users
from hongyan.store.departments import list_departments
from hongyan.store.passwords import client_digest

REQUIRED: Final = ("name", "password")
COLUMNS: Final = (*REQUIRED, "nick", "department", "phone", "email", "sex")
SEXES: Final = {
    "": 0,
    "unknown": 0,
    "0": 0,
    "male": 1,
    "m": 1,
    "男": 1,
    "1": 1,
    "female": 2,
    "f": 2,
    "女": 2,
    "2": 2,
}


def parse_sex(text: str) -> int:
    """Return the protocol's number.

    Raises:
        ValueError: with the words that are allowed.
    """
    number = SEXES.get(text.strip().lower())
    if number is None:
        raise ValueError(f"sex {text!r}: write male, female or unknown")
    return number


@dataclass(slots=True)
class Row:
    """One line of the file."""

    line: int
    values: dict[str, str]
    slow_hash: str = ""


@dataclass(slots=True)
class UserFile:
    """The lines of a file, and what is wrong with them without looking into the database."""

    rows: list[Row]
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            ConfigError: it is no such file at all.
        """
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                return cls.parse(str(path), lines.read())
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from error

    @classmethod
    def parse(cls, name: str, text: str) -> Self:
        """Read the text of a file called ``name``.

        Raises:
            ConfigError: it is no such file at all.
        """
        try:
            return cls._parse(
                name,
                csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), restkey="", strict=True),
            )
        except csv.Error as error:
            raise ConfigError(f"{name}: {error}") from error

    @classmethod
    def _parse(cls, name: str, reader: "csv.DictReader[str]") -> Self:
        header = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in REQUIRED if name not in header]
        unknown = [name for name in header if name not in COLUMNS]
        if missing or unknown or len(set(header)) < len(header):
            raise ConfigError(
                f"{name}:1: the columns must be name, password and any of {', '.join(COLUMNS[2:])}"
            )
        reader.fieldnames = header
        users = cls([])
        for values in reader:
            users._add(reader.line_num, values)
        return users

    def _add(self, line: int, values: "dict[str, str]") -> None:
        if "" in values or None in values.values():
            self.faults.append(f"{line}: this line has another number of columns than the first")
            return
        row = Row(line, {name: value.strip() for name, value in values.items()})
        row.values["password"] = values["password"]
        self.faults += [f"{line}: {fault}" for fault in _faults(row)]
        self.rows.append(row)

    def hash_passwords(self, hash_password: Callable[[str], str] = slow_hash) -> None:
        """Fill in the hashes; slow ones take some 30 ms each and use every core."""
        if self.faults:
            return
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            digests = [client_digest(row.values["password"]) for row in self.rows]
            for row, hashed in zip(self.rows, pool.map(hash_password, digests), strict=True):
                row.slow_hash = hashed


def add_all(connection: Connection, users: UserFile, now: int, *, dry_run: bool) -> list[str]:
    """Add every user of a file, or none; return what is wrong, a line each.

    Args:
        connection: inside a transaction.
        users: the file, with hashes.
        now: Unix seconds.
        dry_run: add none in any case.
    """
    faults = list(users.faults)
    places = {place.name: place.department_id for place in list_departments(connection) if not place.status}
    for row in users.rows:
        wanted = row.values.get("department", "")
        if wanted and wanted not in places:
            faults.append(f"{row.line}: there is no department {wanted!r}")
    faulty = {int(fault.partition(":")[0]) for fault in faults}
    new = {row.line: _new_user(row, places) for row in users.rows if row.line not in faulty}
    if faults:  # say all that is wrong at once
        return _sorted([*faults, *_refusals(connection, new, now)])
    try:
        _add_together(connection, list(new.values()), now, dry_run=dry_run)
    except RefusedError:
        return _sorted(_refusals(connection, new, now))
    return []


def _add_together(connection: Connection, users: list[NewUser], now: int, *, dry_run: bool) -> None:
    savepoint = connection.begin_nested()
    try:
        add_users(connection, users, now)
    except BaseException:
        savepoint.rollback()
        raise
    if dry_run:
        savepoint.rollback()
    else:
        savepoint.commit()


def _refusals(connection: Connection, users: dict[int, NewUser], now: int) -> Iterator[str]:
    """Add them one by one, to learn which lines are refused, and take everything back."""
    savepoint = connection.begin_nested()
    for line, user in users.items():
        try:
            add_user(connection, user, now)
        except RefusedError as error:
            yield f"{line}: {error}"
    savepoint.rollback()


def _new_user(row: Row, places: dict[str, int]) -> NewUser:
    values = row.values
    return NewUser(
        name=values["name"],
        slow_hash=row.slow_hash,
        nick=values.get("nick", ""),
        department_id=places.get(values.get("department", ""), 0),
        phone=values.get("phone", ""),
        email=values.get("email", ""),
        sex=parse_sex(values.get("sex", "")),
    )


def _faults(row: Row) -> Iterator[str]:
    for name in REQUIRED:
        if not row.values[name]:
            yield f"the {name} is empty"
    try:
        parse_sex(row.values.get("sex", ""))
    except ValueError as error:
        yield str(error)


def _sorted(faults: "list[str] | Iterator[str]") -> list[str]:
    return sorted(faults, key=lambda fault: int(fault.partition(":")[0]))
