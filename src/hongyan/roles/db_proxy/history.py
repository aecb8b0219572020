"""History: pages, single messages, the latest id (spec/flows.md 4.3)."""

from collections.abc import Sequence

from hongyan.cluster.link import Link
from hongyan.reactor.dispatch import Routes
from hongyan.roles.db_proxy.backend import Backend
from hongyan.roles.db_proxy.convert import AUDIO_TYPES
from hongyan.roles.db_proxy.voice import VoiceMessages
from hongyan.store import cursors, messages
from hongyan.store.messages import MessageRow
from hongyan.wire import commands
from hongyan.wire.pb.base_define_pb2 import MsgInfo, MsgType
from hongyan.wire.pb.message_pb2 import (
    IMGetLatestMsgIdReq,
    IMGetLatestMsgIdRsp,
    IMGetMsgByIdReq,
    IMGetMsgByIdRsp,
    IMGetMsgListReq,
    IMGetMsgListRsp,
)


class HistoryHandlers:
    """Answers from the message tables; only who belongs to a conversation sees it."""

    def __init__(self, backend: Backend, routes: Routes[Link], voice: VoiceMessages) -> None:
        self._database = backend.database
        self._voice = voice
        serve = backend.requests.serve
        serve(routes, commands.MSG_LIST, self._msg_list)
        serve(routes, commands.MSG_BY_ID, self._msg_by_id)
        serve(routes, commands.LATEST_MSG_ID, self._latest_msg_id)

    async def _msg_list(self, _link: Link, message: IMGetMsgListReq) -> IMGetMsgListRsp:
        rows = await self._database.read_copy(
            messages.history,
            message.user_id,
            message.session_type,
            message.session_id,
            message.msg_id_begin,
            message.msg_cnt,
        )
        return IMGetMsgListRsp(
            user_id=message.user_id,
            session_type=message.session_type,
            session_id=message.session_id,
            msg_id_begin=message.msg_id_begin,
            msg_list=await self._msg_infos(rows),
        )

    async def _msg_by_id(self, _link: Link, message: IMGetMsgByIdReq) -> IMGetMsgByIdRsp:
        rows = await self._database.read_copy(
            messages.by_ids,
            message.user_id,
            message.session_type,
            message.session_id,
            list(message.msg_id_list),
        )
        return IMGetMsgByIdRsp(
            user_id=message.user_id,
            session_type=message.session_type,
            session_id=message.session_id,
            msg_list=await self._msg_infos(rows),
        )

    async def _latest_msg_id(self, _link: Link, message: IMGetLatestMsgIdReq) -> IMGetLatestMsgIdRsp:
        latest = await self._database.read(
            cursors.latest_id, message.user_id, message.session_type, message.session_id
        )
        return IMGetLatestMsgIdRsp(
            user_id=message.user_id,
            session_type=message.session_type,
            session_id=message.session_id,
            latest_msg_id=latest,
        )

    async def _msg_infos(self, rows: Sequence[MessageRow]) -> list[MsgInfo]:
        sounds = await self._voice.load([row.content for row in rows if row.msg_type in AUDIO_TYPES])
        return [
            MsgInfo(
                msg_id=row.msg_id,
                from_session_id=row.sender,
                create_time=row.created,
                msg_type=MsgType.ValueType(row.msg_type),
                msg_data=sounds.get(row.content) or row.content.encode()
                if row.msg_type in AUDIO_TYPES
                else row.content.encode(),
            )
            for row in rows
        ]
