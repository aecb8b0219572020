"""Signature and avatar, with the notice to everybody (spec/flows.md 2.6)."""

from hongyan.cluster.link import Link
from hongyan.roles.msg.context import MsgContext, MsgTables
from hongyan.roles.msg.queries import QueryHandlers
from hongyan.roles.msg.session import ClientSession
from hongyan.wire import commands
from hongyan.wire.attach import unpack_attach
from hongyan.wire.frame import Frame, OutboundFrame
from hongyan.wire.pb.buddy_pb2 import (
    IMAvatarChangedNotify,
    IMChangeAvatarReq,
    IMChangeAvatarRsp,
    IMChangeSignInfoRsp,
    IMSignInfoChangedNotify,
)
from hongyan.wire.text import text


class ProfileHandlers:
    """Changes go to db_proxy; what changed is told to everybody through route_server."""

    def __init__(self, context: MsgContext, tables: MsgTables, queries: QueryHandlers) -> None:
        self._context = context
        self._queries = queries
        tables.clients.on(commands.CHANGE_SIGN_INFO, queries.forward)
        tables.clients.on(commands.CHANGE_AVATAR, self._change_avatar)
        tables.from_db.on(commands.CHANGE_SIGN_INFO_REPLY, self._sign_info_changed)
        tables.from_db.on(commands.CHANGE_AVATAR_REPLY, self._avatar_changed)
        tables.from_route.relay(commands.SIGN_INFO_CHANGED_NOTIFY, self._tell_everybody)
        tables.from_route.relay(commands.AVATAR_CHANGED_NOTIFY, self._tell_everybody)

    def _change_avatar(self, session: ClientSession, message: IMChangeAvatarReq, frame: Frame) -> None:
        message.user_id = session.user_id
        # The answer does not repeat the address, so it travels along.
        url = text(message.avatar_url).encode()
        asker = session.asker._replace(payload=url)
        self._context.db.ask(commands.CHANGE_AVATAR, message, asker, origin=frame)

    def _avatar_changed(self, link: Link, message: IMChangeAvatarRsp, frame: Frame) -> None:
        url = unpack_attach(message.attach_data).payload.decode(errors="replace")
        self._queries.answer(link, message, frame)
        if message.result_code == 0:
            notify = IMAvatarChangedNotify(changed_user_id=message.user_id, avatar_url=url)
            self._context.route.send(OutboundFrame(commands.AVATAR_CHANGED_NOTIFY, notify))

    def _sign_info_changed(self, link: Link, message: IMChangeSignInfoRsp, frame: Frame) -> None:
        self._queries.answer(link, message, frame)
        if message.result_code == 0:
            notify = IMSignInfoChangedNotify(changed_user_id=message.user_id, sign_info=message.sign_info)
            self._context.route.send(OutboundFrame(commands.SIGN_INFO_CHANGED_NOTIFY, notify))

    def _tell_everybody(self, _link: Link, frame: Frame) -> None:
        for session in self._context.directory.logged_in():
            session.send(frame)
