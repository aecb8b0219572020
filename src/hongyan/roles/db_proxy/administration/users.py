"""Users: found, made, changed, imported."""

from typing import Any, Final

from sqlalchemy import Connection

from hongyan.administration import users
from hongyan.administration.table import ById, Caller, Made, Nothing, Sex
from hongyan.administration.users import (
    Ids,
    ImportFault,
    User,
    UserChange,
    UserEdit,
    UserImport,
    UserImported,
    UserNames,
    UserNew,
    UserPassword,
    UserQuery,
    Users,
)
from hongyan.errors import ConfigError, ErrorCode, RefusedError
from hongyan.roles.db_proxy.administration.desk import Desk, deed
from hongyan.roles.db_proxy.backend import now
from hongyan.store import accounts, audit, departments, roster
from hongyan.store.accounts import NewUser
from hongyan.store.audit import Deed
from hongyan.store.passwords import client_digest
from hongyan.store.roster import Person, Search
from hongyan.store.user_import import UserFile, add_all

SEXES: Final[tuple[Sex, ...]] = ("unknown", "male", "female")
"""By the protocol's number."""
MAX_IMPORT_ROWS: Final = 5000
_COLUMNS: Final = {"department_id": "departId", "signature": "sign_info"}


class UserOperations:
    """Serves ``user.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.on(users.ADD, self._add)
        desk.on(users.GET, self._get)
        desk.on(users.FIND, self._find)
        desk.on(users.NAMES, self._names)
        desk.on(users.EDIT, self._edit)
        desk.on(users.PASSWORD, self._password)
        desk.on(users.IMPORT, self._import)

    async def _add(self, arguments: UserNew, caller: Caller) -> Made:
        if arguments.department_id:
            await self._desk.read(departments.check_in_use, arguments.department_id)
        hashed = await self._desk.slowly(self._desk.backend.hash_password, client_digest(arguments.password))
        user = NewUser(
            name=arguments.name,
            slow_hash=hashed,
            nick=arguments.nick,
            department_id=arguments.department_id,
            phone=arguments.phone,
            email=arguments.email,
            sex=SEXES.index(arguments.sex),
        )
        done = deed(users.ADD, arguments, caller)
        return Made(id=await self._desk.change(done, lambda c: accounts.add_user(c, user, now())))

    async def _get(self, arguments: ById, _caller: Caller) -> User:
        return _user(await self._desk.read(roster.get, arguments.id))

    async def _find(self, arguments: UserQuery, _caller: Caller) -> Users:
        search = Search(**arguments.model_dump())
        rows = await self._desk.read(roster.find, search)
        total = await self._desk.read(roster.count, search)
        more = rows[-1].user_id if len(rows) == arguments.limit else None
        return Users(users=tuple(map(_user, rows)), total=total, next=more)

    async def _names(self, arguments: Ids, _caller: Caller) -> UserNames:
        return UserNames(names=await self._desk.read(roster.names, arguments.ids))

    async def _edit(self, arguments: UserChange, caller: Caller) -> User:
        done = deed(users.EDIT, arguments, caller, arguments.id)
        columns = _columns(arguments.change)
        return _user(await self._desk.change(done, lambda c: roster.edit(c, arguments.id, columns, now())))

    async def _password(self, arguments: UserPassword, caller: Caller) -> Nothing:
        hashed = await self._desk.slowly(self._desk.backend.hash_password, client_digest(arguments.password))
        done = deed(users.PASSWORD, arguments, caller, arguments.id)
        await self._desk.change(done, lambda c: roster.set_password(c, arguments.id, hashed, now()))
        return Nothing()

    async def _import(self, arguments: UserImport, caller: Caller) -> UserImported:
        try:
            file = UserFile.parse("the file", arguments.csv)
        except ConfigError as error:
            raise RefusedError(ErrorCode.MALFORMED, str(error)) from error
        if len(file.rows) > MAX_IMPORT_ROWS:
            raise RefusedError(ErrorCode.TOO_LARGE, f"at most {MAX_IMPORT_ROWS} users at once")
        if not arguments.dry_run:
            await self._desk.slowly(file.hash_passwords, self._desk.backend.hash_password)
        done = deed(users.IMPORT, arguments, caller, f"{len(file.rows)} users")
        faults = await self._desk.write(_import, file, done, now(), dry_run=arguments.dry_run)
        return UserImported(users=len(file.rows), faults=tuple(map(_fault, faults)))


def _import(connection: Connection, file: UserFile, done: Deed, now: int, *, dry_run: bool) -> list[str]:
    """Add every user and note it in the log, or say what is wrong and do neither."""
    faults = add_all(connection, file, now, dry_run=dry_run)
    if not faults and not dry_run:
        audit.record(connection, done, now)
    return faults


def _user(row: Person) -> User:
    return User(
        id=row.user_id,
        name=row.name,
        nick=row.nick,
        domain=row.domain,
        sex=SEXES[row.sex] if row.sex < len(SEXES) else "unknown",
        phone=row.phone,
        email=row.email,
        avatar=row.avatar,
        department_id=row.department_id,
        signature=row.sign_info,
        active=row.status == roster.ACTIVE,
        created=row.created,
        updated=row.updated,
    )


def _columns(change: UserEdit) -> dict[str, Any]:
    columns = {
        _COLUMNS.get(name, name): value for name, value in change.model_dump(exclude_none=True).items()
    }
    if change.sex is not None:
        columns["sex"] = SEXES.index(change.sex)
    if change.active is not None:
        columns["status"] = roster.status_of(active=columns.pop("active"))
    return columns


def _fault(line: str) -> ImportFault:
    number, _, text = line.partition(": ")
    return ImportFault(line=int(number), text=text)
