"""Device tokens of phones, and offline files waiting for somebody (spec/flows.md 4.3, 4.5)."""

import time
from collections.abc import Callable
from typing import Final

from hongyan.cluster.link import Link
from hongyan.reactor.dispatch import Routes
from hongyan.roles.db_proxy.backend import Backend, now
from hongyan.rules import push
from hongyan.store import files, tokens, unread
from hongyan.store.files import OfflineFile
from hongyan.store.redis_reading import corrected_targets
from hongyan.wire import commands
from hongyan.wire.pb.base_define_pb2 import CLIENT_TYPE_ANDROID, CLIENT_TYPE_IOS
from hongyan.wire.pb.file_pb2 import (
    IMFileAddOfflineReq,
    IMFileDelOfflineReq,
    IMFileHasOfflineReq,
    IMFileHasOfflineRsp,
)
from hongyan.wire.pb.login_pb2 import IMDeviceTokenReq, IMDeviceTokenRsp
from hongyan.wire.pb.server_pb2 import IMGetDeviceTokenReq, IMGetDeviceTokenRsp
from hongyan.wire.text import text

_PLATFORMS: Final = {CLIENT_TYPE_IOS: tokens.IOS, CLIENT_TYPE_ANDROID: tokens.ANDROID}
_CLIENT_TYPES: Final = {platform: client_type for client_type, platform in _PLATFORMS.items()}


def local_hour() -> int:
    """Return the hour of server time."""
    return time.localtime().tm_hour


class PhoneHandlers:
    """Keeps tokens and answers who can be pushed."""

    def __init__(self, backend: Backend, routes: Routes[Link], hour: Callable[[], int] = local_hour) -> None:
        self._hour = hour
        self._database = backend.database
        self._journal = backend.journal
        self._redis = backend.redis
        serve = backend.requests.serve
        serve(routes, commands.DEVICE_TOKEN, self._set_token)
        serve(routes, commands.DEVICE_TOKENS, self._tokens)
        serve(routes, commands.FILE_HAS_OFFLINE, self._has_offline)
        serve(routes, commands.FILE_ADD_OFFLINE, self._add_offline, is_change=True)
        serve(routes, commands.FILE_DEL_OFFLINE, self._del_offline, is_change=True)

    async def _set_token(self, _link: Link, message: IMDeviceTokenReq) -> IMDeviceTokenRsp:
        if message.HasField("only_if_token"):
            dead = text(message.only_if_token)
            await self._journal.submit(tokens.remove_token, message.user_id, dead)
            return IMDeviceTokenRsp(user_id=message.user_id)
        platform = _PLATFORMS.get(message.client_type, "") if message.HasField("client_type") else ""
        await self._journal.submit(tokens.set_token, message.user_id, platform, text(message.device_token))
        return IMDeviceTokenRsp(user_id=message.user_id)

    async def _tokens(self, _link: Link, message: IMGetDeviceTokenReq) -> IMGetDeviceTokenRsp:
        user_ids = list(message.user_id)
        targets = await self._database.read(tokens.push_targets, user_ids)
        targets = await corrected_targets(self._redis, user_ids, targets)
        badges = await self._database.read(unread.totals, [target.user_id for target in targets])
        hour = self._hour()
        reply = IMGetDeviceTokenRsp()
        for target in targets:
            is_ios = target.platform == tokens.IOS
            if not push.may_wake(is_ios=is_ios, quiet_at_night=target.quiet_at_night, hour=hour):
                continue
            reply.user_token_info.add(
                user_id=target.user_id,
                user_type=_CLIENT_TYPES[target.platform],
                token=target.token,
                push_count=badges.get(target.user_id, 0),
                push_type=push.NORMAL,
            )
        return reply

    # Offline files. Neither change has an answer in the protocol.

    async def _has_offline(self, _link: Link, message: IMFileHasOfflineReq) -> IMFileHasOfflineRsp:
        reply = IMFileHasOfflineRsp(user_id=message.user_id)
        for file in await self._database.read(files.waiting, message.user_id):
            reply.offline_file_list.add(
                from_user_id=file.sender, task_id=file.task_id, file_name=file.name, file_size=file.size
            )
        return reply

    async def _add_offline(self, _link: Link, message: IMFileAddOfflineReq) -> None:
        file = OfflineFile(
            message.from_user_id, text(message.task_id), text(message.file_name), message.file_size
        )
        await self._journal.submit(files.add, message.to_user_id, file, now())

    async def _del_offline(self, _link: Link, message: IMFileDelOfflineReq) -> None:
        await self._journal.submit(
            files.delete_file, message.from_user_id, message.to_user_id, text(message.task_id)
        )
