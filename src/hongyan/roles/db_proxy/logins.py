"""Checking names and passwords, and registration (spec/flows.md 4.2)."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import structlog

from hongyan.cluster.link import Link
from hongyan.errors import BackendError, RefusedError
from hongyan.reactor.dispatch import Routes
from hongyan.roles.db_proxy.backend import Backend, now
from hongyan.roles.db_proxy.convert import user_info
from hongyan.roles.db_proxy.requests import Asked, answer
from hongyan.store import accounts, passwords, session_tokens
from hongyan.store.accounts import NewUser
from hongyan.store.hashing import HashProcess
from hongyan.store.logins import Account, LatelyRead, accounts_named
from hongyan.store.outbox import Outbox
from hongyan.store.passwords import Credentials, VerifiedPasswords
from hongyan.wire import commands
from hongyan.wire.frame import Frame
from hongyan.wire.passwords import is_password_digest
from hongyan.wire.pb.base_define_pb2 import REFUSE_REASON_DB_VALIDATE_FAILED, REFUSE_REASON_NONE
from hongyan.wire.pb.extension_pb2 import IMRevokeSessionReq, IMRevokeSessionRsp
from hongyan.wire.pb.login_pb2 import IMRegistReq, IMRegistRes
from hongyan.wire.pb.server_pb2 import IMValidateReq, IMValidateRsp
from hongyan.wire.text import text

_log = structlog.get_logger("hongyan.db_proxy")

_OK, _WRONG, _TROUBLE = 0, 1, 2
_TEXTS: Final = {_OK: "成功", _WRONG: "用户名/密码错误", _TROUBLE: "服务端内部错误"}
HASH_THREADS: Final = 1
"""Slow hashes are waited for beside the event loop, and made by a process: one at a time."""


class LoginHandlers:
    """Answers msg_server's question who somebody is."""

    def __init__(
        self,
        backend: Backend,
        outbox: Outbox,
        routes: Routes[Link],
        *,
        hashes: HashProcess,
        replace_legacy: bool,
        session_token_days: int,
    ) -> None:
        self._outbox = outbox
        self._database = backend.database
        self._requests = backend.requests
        self._journal = backend.journal
        self._replace_legacy = replace_legacy
        self._hash = backend.hash_password
        self._session_token_s = session_token_days * session_tokens.DAY_S
        self._verified = VerifiedPasswords()
        self._lately = LatelyRead()
        self._hashes = hashes
        self._threads = ThreadPoolExecutor(HASH_THREADS, thread_name_prefix="passwords")
        backend.requests.serve_together(routes, commands.VALIDATE, self._validate_all)
        backend.requests.serve(routes, commands.REGISTER, self._register)
        backend.requests.serve(routes, commands.REVOKE_SESSION, self._revoke_session)

    def close(self) -> None:
        """Let go of the thread; checks that wait are given up."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _validate_all(self, asked: Sequence[Asked[IMValidateReq]]) -> None:
        """Look them all up and answer those that this process has let in before.

        Each of the others gets a task of its own.
        """
        again: list[Asked[IMValidateReq]] = []
        anew: list[Asked[IMValidateReq]] = []
        for one in asked:
            (again if _name_of(one) in self._lately else anew).append(one)
        if again:
            await self._validate_together(again, were_read_lately=True)
        if anew:
            await self._validate_together(anew, were_read_lately=False)

    async def _validate_together(
        self, asked: Sequence[Asked[IMValidateReq]], *, were_read_lately: bool
    ) -> None:
        read = self._database.read_again if were_read_lately else self._database.read
        try:
            found = await read(accounts_named, list({_name_of(one) for one in asked}))
        except BackendError as error:
            _log.error("logins could not be checked", logins=len(asked), error=str(error))
            for link, message, frame in asked:
                answer(link, commands.VALIDATE, _answer(text(message.user_name), _TROUBLE), frame)
            return
        self._lately.note(found)
        for one in asked:
            self._validate_one(found.get(_name_of(one)), *one)

    def _validate_one(
        self, account: Account | None, link: Link, message: IMValidateReq, frame: Frame
    ) -> None:
        if account is not None and self._needs_only_a_look(account, message):
            answer(link, commands.VALIDATE, _welcome(account), frame)
        else:
            self._validate_alone(account, link, message, frame)

    def _needs_only_a_look(self, account: Account, message: IMValidateReq) -> bool:
        if message.session_token or message.wants_session_token or self._outbox.is_watching:
            return False
        return self._is_known(account.credentials, text(message.password))

    def _validate_alone(
        self, account: Account | None, link: Link, message: IMValidateReq, frame: Frame
    ) -> None:
        work = partial(self._validate, account)
        try:
            self._requests.run(link, commands.VALIDATE, message, frame, work)
        except RefusedError as error:
            link.refuse(frame, error)

    async def _validate(self, account: Account | None, _link: Link, message: IMValidateReq) -> IMValidateRsp:
        try:
            reply = await self._decide(account, message)
            await self._tell(message, reply)
        except BackendError as error:
            _log.error("a login could not be checked", error=str(error))
            return _answer(text(message.user_name), _TROUBLE)
        return reply

    async def _tell(self, message: IMValidateReq, reply: IMValidateRsp) -> None:
        """Tell webhooks when somebody logged in."""
        if reply.result_code != _OK or not self._outbox.is_watching:
            return
        user_id = reply.user_info.user_id
        payload = {
            "user_id": user_id,
            "name": text(reply.user_name),
            "client_type": message.login_client_type if message.HasField("login_client_type") else None,
            "address": text(message.peer_address),
        }
        await self._journal.submit(self._outbox.put, "login", (user_id,), payload, now())

    async def _decide(self, account: Account | None, message: IMValidateReq) -> IMValidateRsp:
        name = text(message.user_name)
        if message.session_token:
            return await self._check_token(account, name, text(message.session_token))
        reply = await self._check(account, name, text(message.password))
        if message.wants_session_token and reply.result_code == _OK:
            reply.session_token = await self._new_token(reply.user_info.user_id)
        return reply

    async def _check(self, account: Account | None, name: str, offered: str) -> IMValidateRsp:
        credentials = account.credentials if account else None
        if not await self._is_right(credentials, offered) or account is None:
            return _answer(name, _WRONG)
        if account.credentials.legacy and self._replace_legacy:
            await self._replace(account.credentials, offered)
        return _welcome(account)

    async def _check_token(self, account: Account | None, name: str, token: str) -> IMValidateRsp:
        oldest_use = now() - self._session_token_s
        found = await self._database.read(session_tokens.find_user, name, token, oldest_use)
        if found is None:
            return _answer(name, _WRONG)
        user_id, used = found
        if used < now() - session_tokens.DAY_S:  # a day is near enough, and spares a write per login
            await self._journal.submit(session_tokens.touch, token, now(), oldest_use)
        return _welcome(account) if account and account.user.user_id == user_id else _answer(name, _WRONG)

    async def _new_token(self, user_id: int) -> str:
        token = session_tokens.new_token()
        await self._journal.submit(session_tokens.add, user_id, token, now())
        return token

    async def _revoke_session(self, _link: Link, message: IMRevokeSessionReq) -> IMRevokeSessionRsp:
        token = text(message.session_token) if message.HasField("session_token") else None
        await self._journal.submit(session_tokens.revoke, message.user_id, token)
        return IMRevokeSessionRsp(user_id=message.user_id, result_code=0)

    def _is_known(self, credentials: Credentials, offered: str) -> bool:
        """Tell whether this process has seen the password fit."""
        if credentials.status != 0 or credentials.legacy or not credentials.slow_hash:
            return False
        return self._verified.knows(credentials.slow_hash, offered)

    async def _is_right(self, credentials: Credentials | None, offered: str) -> bool:
        """Check a password: at once when this process has seen it fit, else slowly, in a thread."""
        if credentials is not None and self._is_known(credentials, offered):
            return True
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, passwords.verify, credentials, offered, self._verified, self._hashes.fits
        )

    async def _replace(self, credentials: Credentials, offered: str) -> None:
        """Put a slow hash in the place of TeamTalk's salted MD5."""
        loop = asyncio.get_running_loop()
        slow = await loop.run_in_executor(self._threads, self._hashes.slow_hash, offered)
        await self._journal.submit(accounts.replace_legacy, credentials, slow, now())
        self._verified.remember(slow, offered)

    async def _register(self, _link: Link, message: IMRegistReq) -> IMRegistRes:
        name, offered = text(message.user_name), text(message.password)
        reply = IMRegistRes(user_name=name, result_code=REFUSE_REASON_DB_VALIDATE_FAILED)
        if not is_password_digest(offered):
            reply.result_string = "the password must come as its MD5 in lower-case hex"
            return reply
        hashed = await asyncio.get_running_loop().run_in_executor(self._threads, self._hash, offered)
        user = NewUser(
            name=name,
            slow_hash=hashed,
            nick=text(message.nick),
            phone=text(message.phone),
            email=text(message.email),
            sex=message.sex,
        )
        try:
            reply.user_id = await self._journal.submit(accounts.add_user, user, now())
        except RefusedError as error:
            reply.result_string = error.text
            return reply
        reply.result_code = REFUSE_REASON_NONE
        reply.result_string = _TEXTS[_OK]
        return reply


def _name_of(asked: Asked[IMValidateReq]) -> str:
    return text(asked[1].user_name)


def _welcome(account: Account) -> IMValidateRsp:
    reply = _answer(account.user.name, _OK)
    reply.user_info.CopyFrom(user_info(account.user))
    return reply


def _answer(name: str, code: int) -> IMValidateRsp:
    return IMValidateRsp(user_name=name, result_code=code, result_string=_TEXTS[code])
