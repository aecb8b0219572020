"""API keys and bots."""

from sqlalchemy import Connection

from hongyan.administration import keys
from hongyan.administration.keys import (
    BOT_SCOPES,
    ApiKey,
    ApiKeyMade,
    ApiKeyNew,
    ApiKeys,
    BotNew,
    KeyHolder,
    KeyProof,
    new_token,
)
from hongyan.administration.table import ById, Caller, Nothing
from hongyan.roles.db_proxy.administration.desk import Desk, deed
from hongyan.roles.db_proxy.backend import now
from hongyan.store import api_keys
from hongyan.store.api_keys import KeyRow, NewKey
from hongyan.store.bots import add_bot
from hongyan.store.passwords import client_digest


class KeyOperations:
    """Serves ``key.*`` and ``bot.add``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.on(keys.LIST, self._list)
        desk.on(keys.ADD, self._add)
        desk.on(keys.REVOKE, self._revoke)
        desk.on(keys.CHECK, self._check)
        desk.on(keys.ADD_BOT, self._add_bot)

    async def _list(self, _arguments: Nothing, _caller: Caller) -> ApiKeys:
        return ApiKeys(keys=tuple(map(_key, await self._desk.read(api_keys.list_keys))))

    async def _add(self, arguments: ApiKeyNew, caller: Caller) -> ApiKeyMade:
        token = new_token()
        key = NewKey(
            arguments.name,
            token.public_id,
            token.digest,
            arguments.scopes,
            arguments.user_id,
            arguments.per_minute,
        )
        done = deed(keys.ADD, arguments, caller, arguments.name)
        row = await self._desk.change(done, lambda c: api_keys.add(c, key, now()))
        return ApiKeyMade(key=_key(row), token=token.text)

    async def _add_bot(self, arguments: BotNew, caller: Caller) -> ApiKeyMade:
        token = new_token()
        hashed = await self._desk.slowly(self._desk.backend.hash_password, client_digest(token.text))
        key = NewKey(arguments.name, token.public_id, token.digest, BOT_SCOPES, 0, arguments.per_minute)
        done = deed(keys.ADD_BOT, arguments, caller, arguments.name)
        row = await self._desk.change(
            done, lambda c: add_bot(c, key, nick=arguments.nick, slow_hash=hashed, now=now())
        )
        return ApiKeyMade(key=_key(row), token=token.text)

    async def _revoke(self, arguments: ById, caller: Caller) -> Nothing:
        done = deed(keys.REVOKE, arguments, caller, arguments.id)
        await self._desk.change(done, lambda c: api_keys.revoke(c, arguments.id, now()))
        return Nothing()

    async def _check(self, arguments: KeyProof, _caller: Caller) -> KeyHolder:
        row = await self._desk.read(api_keys.check, arguments.public_id, arguments.digest)
        if row is None:
            return KeyHolder(id=0)
        if now() - row.used > api_keys.USE_NOTED_EVERY_S:
            await self._desk.write(_note_use, row.key_id)
        return KeyHolder(
            id=row.key_id,
            name=row.name,
            scopes=row.scopes,
            user_id=row.user_id,
            per_minute=row.per_minute,
        )


def _note_use(connection: Connection, key_id: int) -> None:
    api_keys.note_use(connection, key_id, now())


def _key(row: KeyRow) -> ApiKey:
    return ApiKey(
        id=row.key_id,
        name=row.name,
        public_id=row.public_id,
        scopes=row.scopes,
        user_id=row.user_id,
        per_minute=row.per_minute,
        created=row.created,
        used=row.used,
        revoked=bool(row.revoked),
    )
