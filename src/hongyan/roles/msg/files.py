"""File signalling between two clients (spec/flows.md 2.10). No file_server is linked yet."""

from hongyan.cluster.link import Link
from hongyan.roles.msg.context import MsgContext, MsgTables
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.file_pb2 import (
    IMFileAddOfflineReq,
    IMFileDelOfflineReq,
    IMFileNotify,
    IMFileReq,
    IMFileRsp,
)
from hongyan.wire.text import text

NO_FILE_SERVER = 1


class FileHandlers:
    """Answers as the original does while no file_server is connected."""

    def __init__(self, context: MsgContext, tables: MsgTables) -> None:
        self._context = context
        tables.clients.on(commands.FILE_REQUEST, self._request)
        tables.clients.on(commands.FILE_ADD_OFFLINE, self._add_offline)
        tables.clients.on(commands.FILE_DEL_OFFLINE, self._del_offline)
        tables.from_route.on(commands.FILE_NOTIFY, self._offered)

    @staticmethod
    def _request(session: ClientSession, message: IMFileReq, _frame: Frame) -> IMFileRsp:
        return IMFileRsp(
            result_code=NO_FILE_SERVER,
            from_user_id=session.user_id,
            to_user_id=message.to_user_id,
            file_name=text(message.file_name),
            task_id="",
            trans_mode=message.trans_mode,
        )

    def _add_offline(self, session: ClientSession, message: IMFileAddOfflineReq, frame: Frame) -> None:
        message.from_user_id = session.user_id
        told = OutboundFrame(commands.FILE_ADD_OFFLINE, message, frame.seq, frame)
        self._context.db.tell(told, commands.FILE_ADD_OFFLINE, session.handle)

    def _del_offline(self, session: ClientSession, message: IMFileDelOfflineReq, frame: Frame) -> None:
        # Only the recipient deletes; the original lets anyone name anyone.
        message.to_user_id = session.user_id
        told = OutboundFrame(commands.FILE_DEL_OFFLINE, message, frame.seq, frame)
        self._context.db.tell(told, commands.FILE_DEL_OFFLINE, session.handle)

    def _offered(self, _link: Link, message: IMFileNotify, frame: Frame) -> None:
        self._context.directory.tell_user(message.to_user_id, frame)
