"""Users, departments, recent sessions, unread counters, profiles (spec/flows.md 4.3, 4.4)."""

from hongyan.cluster.link import Link
from hongyan.errors import RefusedError
from hongyan.reactor.dispatch import Routes
from hongyan.roles.db_proxy.backend import Backend, now
from hongyan.roles.db_proxy.convert import Previews, department_info, user_info
from hongyan.store import departments, sessions, unread, users
from hongyan.store.redis_reading import corrected_unread
from hongyan.wire import commands
from hongyan.wire.pb.buddy_pb2 import (
    IMAllUserReq,
    IMAllUserRsp,
    IMChangeAvatarReq,
    IMChangeAvatarRsp,
    IMChangeSignInfoReq,
    IMChangeSignInfoRsp,
    IMDepartmentReq,
    IMDepartmentRsp,
    IMRecentContactSessionReq,
    IMRecentContactSessionRsp,
    IMRemoveSessionReq,
    IMRemoveSessionRsp,
    IMUsersInfoReq,
    IMUsersInfoRsp,
)
from hongyan.wire.pb.login_pb2 import (
    IMPushShieldReq,
    IMPushShieldRsp,
    IMQueryPushShieldReq,
    IMQueryPushShieldRsp,
)
from hongyan.wire.pb.message_pb2 import IMUnreadMsgCntReq, IMUnreadMsgCntRsp
from hongyan.wire.text import text

_DONE, _FAILED = 0, 1


class ContactHandlers:
    """Answers what a client asks after its login."""

    def __init__(self, backend: Backend, routes: Routes[Link], previews: Previews) -> None:
        self._database = backend.database
        self._journal = backend.journal
        self._redis = backend.redis
        self._conversations = backend.conversations
        self._previews = previews
        serve = backend.requests.serve
        serve(routes, commands.USERS_INFO, self._users_info)
        serve(routes, commands.ALL_USERS, self._all_users)
        serve(routes, commands.DEPARTMENTS, self._departments)
        serve(routes, commands.RECENT_SESSIONS, self._recent_sessions)
        serve(routes, commands.UNREAD_COUNT, self._unread)
        serve(routes, commands.REMOVE_SESSION, self._remove_session)
        serve(routes, commands.CHANGE_SIGN_INFO, self._change_sign_info)
        serve(routes, commands.CHANGE_AVATAR, self._change_avatar)
        serve(routes, commands.PUSH_SHIELD, self._push_shield)
        serve(routes, commands.QUERY_PUSH_SHIELD, self._query_push_shield)

    # Reading.

    async def _users_info(self, _link: Link, message: IMUsersInfoReq) -> IMUsersInfoRsp:
        rows = await self._database.read(users.by_ids, list(message.user_id_list))
        return IMUsersInfoRsp(user_id=message.user_id, user_info_list=map(user_info, rows))

    async def _all_users(self, _link: Link, message: IMAllUserReq) -> IMAllUserRsp:
        changes = await self._database.read_copy(users.changed_since, message.latest_update_time)
        return IMAllUserRsp(
            user_id=message.user_id,
            latest_update_time=changes.latest,
            user_list=map(user_info, changes.users),
        )

    async def _departments(self, _link: Link, message: IMDepartmentReq) -> IMDepartmentRsp:
        changes = await self._database.read_copy(departments.changed_since, message.latest_update_time)
        return IMDepartmentRsp(
            user_id=message.user_id,
            latest_update_time=changes.latest,
            dept_list=map(department_info, changes.departments),
        )

    async def _recent_sessions(
        self, _link: Link, message: IMRecentContactSessionReq
    ) -> IMRecentContactSessionRsp:
        rows = await self._database.read(sessions.recent, message.user_id, message.latest_update_time)
        return IMRecentContactSessionRsp(
            user_id=message.user_id, contact_session_list=map(self._previews.session, rows)
        )

    async def _unread(self, _link: Link, message: IMUnreadMsgCntReq) -> IMUnreadMsgCntRsp:
        rows = await self._database.read(unread.unread, message.user_id)
        rows = await corrected_unread(self._redis, message.user_id, rows)
        return IMUnreadMsgCntRsp(
            user_id=message.user_id,
            total_cnt=sum(row.unread for row in rows),
            unreadinfo_list=map(self._previews.unread, rows),
        )

    async def _query_push_shield(self, _link: Link, message: IMQueryPushShieldReq) -> IMQueryPushShieldRsp:
        status = await self._database.read(users.push_shield, message.user_id)
        if status is None:
            return IMQueryPushShieldRsp(user_id=message.user_id, result_code=_FAILED)
        return IMQueryPushShieldRsp(user_id=message.user_id, result_code=_DONE, shield_status=status)

    # Writing.

    async def _remove_session(self, _link: Link, message: IMRemoveSessionReq) -> IMRemoveSessionRsp:
        removed = await self._journal.submit(
            sessions.remove,
            self._conversations,
            message.user_id,
            message.session_type,
            message.session_id,
            now(),
        )
        return IMRemoveSessionRsp(
            user_id=message.user_id,
            result_code=_DONE if removed else _FAILED,
            session_type=message.session_type,
            session_id=message.session_id,
        )

    async def _change_sign_info(self, _link: Link, message: IMChangeSignInfoReq) -> IMChangeSignInfoRsp:
        sign_info = text(message.sign_info)
        try:
            await self._journal.submit(users.set_sign_info, message.user_id, sign_info, now())
        except RefusedError:
            return IMChangeSignInfoRsp(user_id=message.user_id, result_code=_FAILED)
        return IMChangeSignInfoRsp(user_id=message.user_id, result_code=_DONE, sign_info=sign_info)

    async def _change_avatar(self, _link: Link, message: IMChangeAvatarReq) -> IMChangeAvatarRsp:
        try:
            await self._journal.submit(users.set_avatar, message.user_id, text(message.avatar_url), now())
        except RefusedError:
            return IMChangeAvatarRsp(user_id=message.user_id, result_code=_FAILED)
        return IMChangeAvatarRsp(user_id=message.user_id, result_code=_DONE)

    async def _push_shield(self, _link: Link, message: IMPushShieldReq) -> IMPushShieldRsp:
        status = message.shield_status
        try:
            await self._journal.submit(users.set_push_shield, message.user_id, status, now())
        except RefusedError:
            return IMPushShieldRsp(user_id=message.user_id, result_code=_FAILED)
        return IMPushShieldRsp(user_id=message.user_id, result_code=_DONE, shield_status=status)
