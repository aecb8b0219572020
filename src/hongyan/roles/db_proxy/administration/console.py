"""Administrators, their sessions, and the audit log."""

from typing import Final

from hongyan.administration import admins
from hongyan.administration.admins import (
    Audit,
    AuditEntry,
    AuditQuery,
    Changed,
    Noted,
    Password,
    Session,
    SessionProof,
    SignIn,
)
from hongyan.administration.table import Caller, Nothing
from hongyan.roles.db_proxy.administration.desk import Desk, deed
from hongyan.roles.db_proxy.backend import now
from hongyan.slow_hashes import slow_hash
from hongyan.store import admins as table
from hongyan.store import audit
from hongyan.store.admins import NewSession
from hongyan.store.audit import Deed
from hongyan.store.passwords import fits

NOBODY: Final = Session(admin_id=0)


class ConsoleOperations:
    """Serves ``admin.*`` and ``audit.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.on(admins.SIGN_IN, self._sign_in)
        desk.on(admins.SESSION, self._session)
        desk.on(admins.SIGN_OUT, self._sign_out)
        desk.on(admins.PASSWORD, self._password)
        desk.on(admins.AUDIT, self._audit)
        desk.on(admins.NOTE, self._note)

    async def _sign_in(self, arguments: SignIn, caller: Caller) -> Session:
        found = await self._desk.read(table.credentials, arguments.name)
        admin_id, stored = found or (0, "")
        if not await self._desk.slowly(fits, stored, arguments.password):
            done = Deed(f"admin:{arguments.name}", caller.address, "admin.sign_in_failed")
            await self._desk.write(audit.record, done, now())
            return NOBODY
        session = NewSession(arguments.session, admin_id, arguments.csrf, caller.address)
        done = Deed(f"admin:{arguments.name}", caller.address, admins.SIGN_IN.name)
        await self._desk.change(done, lambda c: table.open_session(c, session, now()))
        return Session(admin_id=admin_id, name=arguments.name, csrf=arguments.csrf)

    async def _session(self, arguments: SessionProof, _caller: Caller) -> Session:
        row = await self._desk.read(table.session, arguments.session, now())
        if row is None:
            return NOBODY
        if now() - row.used > table.USE_NOTED_EVERY_S:
            await self._desk.write(table.note_use, arguments.session, now())
        return Session(admin_id=row.admin_id, name=row.name, csrf=row.csrf)

    async def _sign_out(self, arguments: SessionProof, caller: Caller) -> Nothing:
        done = deed(admins.SIGN_OUT, arguments, caller)
        await self._desk.change(done, lambda c: table.close_session(c, arguments.session))
        return Nothing()

    async def _password(self, arguments: Password, caller: Caller) -> Changed:
        stored = await self._desk.read(table.hash_of, arguments.admin_id)
        if not await self._desk.slowly(fits, stored, arguments.old):
            return Changed(done=False)
        hashed = await self._desk.slowly(slow_hash, arguments.new)
        done = deed(admins.PASSWORD, arguments, caller, arguments.admin_id)
        await self._desk.change(done, lambda c: table.set_password(c, arguments.admin_id, hashed, now()))
        return Changed(done=True)

    async def _audit(self, arguments: AuditQuery, _caller: Caller) -> Audit:
        rows = await self._desk.read(audit.find, arguments.text, arguments.before, arguments.limit)
        entries = (
            AuditEntry(
                id=row.entry_id,
                at=row.at,
                actor=row.actor,
                address=row.address,
                operation=row.operation,
                target=row.target,
                detail=row.detail,
            )
            for row in rows
        )
        more = rows[-1].entry_id if len(rows) == arguments.limit else None
        return Audit(entries=tuple(entries), next=more)

    async def _note(self, arguments: Noted, caller: Caller) -> Nothing:
        done = Deed(caller.actor, caller.address, arguments.operation, arguments.target)
        await self._desk.write(audit.record, done, now())
        return Nothing()
