"""Operations on users."""

from typing import Annotated, Final

from pydantic import Field

from hongyan.administration.table import (
    LINE,
    LINE_OR_NOTHING,
    ById,
    Id,
    IdOrNone,
    Made,
    Model,
    Nothing,
    PageSize,
    Sex,
    operation,
)

Name = Annotated[str, Field(pattern=LINE, max_length=32)]
Nick = Annotated[str, Field(pattern=LINE_OR_NOTHING, max_length=32)]
Phone = Annotated[str, Field(pattern=LINE_OR_NOTHING, max_length=11)]
Email = Annotated[str, Field(pattern=LINE_OR_NOTHING, max_length=64)]
Avatar = Annotated[str, Field(pattern=LINE_OR_NOTHING, max_length=255)]
Signature = Annotated[str, Field(pattern=LINE_OR_NOTHING, max_length=42)]
"""42 characters of any script are within the 128 bytes of the column."""
Password = Annotated[str, Field(min_length=1, max_length=128)]
MAX_IMPORT_CHARS: Final = 4 * 1024 * 1024
IMPORT_TIMEOUT_S: Final = 600.0


class User(Model):
    """A user, without anything secret. One that is not active cannot log in."""

    id: int
    name: str
    nick: str
    domain: str
    sex: Sex
    phone: str
    email: str
    avatar: str
    department_id: int
    signature: str
    active: bool
    created: int
    updated: int


class UserNew(Model):
    """A user to be made; an empty nick becomes the name."""

    name: Name
    password: Password
    nick: Nick = ""
    department_id: IdOrNone = 0
    phone: Phone = ""
    email: Email = ""
    sex: Sex = "unknown"


class UserEdit(Model):
    """What to change of a user; what is left out stays."""

    nick: Name | None = None
    department_id: IdOrNone | None = None
    phone: Phone | None = None
    email: Email | None = None
    sex: Sex | None = None
    avatar: Avatar | None = None
    signature: Signature | None = None
    active: bool | None = None


class UserChange(Model):
    """A change of one user."""

    id: Id
    change: UserEdit


class UserPassword(Model):
    """Another password for a user."""

    id: Id
    password: Password


class UserQuery(Model):
    """Which users: ``text`` is looked for in name, nick, phone and email."""

    text: Annotated[str, Field(max_length=64)] = ""
    department_id: IdOrNone | None = None
    active: bool | None = None
    after: IdOrNone = 0
    limit: PageSize = 100


class Users(Model):
    """A page of users, by id; ``next`` is the ``after`` of the next page, null on the last one."""

    users: tuple[User, ...]
    total: int
    next: int | None


class UserImport(Model):
    """Users from CSV, as ``hongyan user import`` takes it."""

    csv: Annotated[str, Field(max_length=MAX_IMPORT_CHARS)]
    dry_run: bool = False


class ImportFault(Model):
    """What is wrong with a line."""

    line: int
    text: str


class UserImported(Model):
    """What an import did, or would do: all users of the file, or none when there are faults."""

    users: int
    faults: tuple[ImportFault, ...] = ()


class Ids(Model):
    """Some users."""

    ids: Annotated[tuple[Id, ...], Field(max_length=1000)]


class UserNames(Model):
    """Names and nicks by id, for lists."""

    names: dict[int, tuple[str, str]]


ADD: Final = operation("user.add", UserNew, Made, secret=("password",))
GET: Final = operation("user.get", ById, User)
FIND: Final = operation("user.find", UserQuery, Users)
NAMES: Final = operation("user.names", Ids, UserNames)
EDIT: Final = operation("user.edit", UserChange, User)
PASSWORD: Final = operation("user.password", UserPassword, Nothing, secret=("password",))
IMPORT: Final = operation(
    "user.import", UserImport, UserImported, secret=("csv",), timeout_s=IMPORT_TIMEOUT_S
)
