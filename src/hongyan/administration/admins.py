"""Operations of the console: administrators, their sessions, the audit log."""

from typing import Annotated, Final

from pydantic import Field

from hongyan.administration.table import Id, IdOrNone, Model, Nothing, PageSize, operation

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SignIn(Model):
    """A name and a password, and the digest of the session's token when they are right."""

    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=256)]
    session: Digest
    csrf: Annotated[str, Field(min_length=20, max_length=64)]


class Session(Model):
    """Whose session it is; ``admin_id`` 0 when it is none, or over."""

    admin_id: int
    name: str = ""
    csrf: str = ""


class SessionProof(Model):
    """The digest of a session's token."""

    session: Digest


class AuditEntry(Model):
    """Who did what when; ``detail`` has the arguments without secrets."""

    id: int
    at: int
    actor: str
    address: str
    operation: str
    target: str
    detail: str


class AuditQuery(Model):
    """Which entries, newest first; ``text`` is looked for in who, what and whom."""

    text: Annotated[str, Field(max_length=64)] = ""
    before: IdOrNone = 0
    limit: PageSize = 100


class Audit(Model):
    """A page of the audit log; ``next`` is the ``before`` of the next one."""

    entries: tuple[AuditEntry, ...]
    next: int | None


class Password(Model):
    """Another password for an administrator, who shows the old one."""

    admin_id: Id
    old: Annotated[str, Field(max_length=256)]
    new: Annotated[str, Field(min_length=10, max_length=256)]


class Changed(Model):
    """Whether it was done; False when the old password is wrong."""

    done: bool


class Noted(Model):
    """Something for the audit log that happens outside the database, such as a kick."""

    operation: Annotated[str, Field(max_length=64)]
    target: Annotated[str, Field(max_length=128)]


SIGN_IN: Final = operation("admin.sign_in", SignIn, Session, secret=("password", "session", "csrf"))
SESSION: Final = operation("admin.session", SessionProof, Session)
SIGN_OUT: Final = operation("admin.sign_out", SessionProof, Nothing, secret=("session",))
PASSWORD: Final = operation("admin.password", Password, Changed, secret=("old", "new"))
AUDIT: Final = operation("audit.find", AuditQuery, Audit)
NOTE: Final = operation("audit.note", Noted, Nothing)
