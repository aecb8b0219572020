"""Pushes to phones, as far as msg_server makes them: who, how and what, in rounds (spec/flows.md 2.9).

The original asks db_proxy about every message. Here messages gather while a round is under way, so
that a round costs a few requests however many messages it has, and no message waits for it.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import structlog

from hongyan.cluster.link import Link
from hongyan.errors import RefusedError
from hongyan.roles.msg.context import MsgContext, MsgTables
from hongyan.roles.msg.push_batch import PushBatch, PushNote
from hongyan.rules import push
from hongyan.wire import commands
from hongyan.wire.attach import Attach, AttachType, pack_pdu_attach
from hongyan.wire.cipher import CipherError, MessageCipher
from hongyan.wire.commands import Command
from hongyan.wire.frame import Frame, OutboundFrame, parse_body
from hongyan.wire.pb.base_define_pb2 import USER_STATUS_ONLINE, UserTokenInfo
from hongyan.wire.pb.buddy_pb2 import IMUsersStatReq, IMUsersStatRsp
from hongyan.wire.pb.login_pb2 import IMDeviceTokenReq
from hongyan.wire.pb.message_pb2 import IMMsgData
from hongyan.wire.pb.server_pb2 import (
    IMGetDeviceTokenReq,
    IMGetDeviceTokenRsp,
    IMGroupGetShieldReq,
    IMGroupGetShieldRsp,
    IMPushToUserReq,
    IMPushToUserRsp,
)
from hongyan.wire.text import decode_utf8, text

_log = structlog.get_logger("hongyan.msg")

GATHER_S: Final = 0.1
"""How long the messages of a round gather."""
ANSWER_LIMIT_S: Final = 10.0
"""How long db_proxy may take; then the round goes on with what is known."""
MAX_WAITING: Final = 10_000
"""Messages that wait for the next round; pushes for more are dropped and counted."""
MAX_USERS_ASKED: Final = 1000
"""Users in one request for tokens."""
COMPOSED_PER_TURN: Final = 100
"""Texts decrypted in one turn of the loop."""


class PushHandlers:
    """Has the phones woken of those to whom a message came that was stored from here.

    Only the msg_server of the sender does it, so each phone is pushed once per message.
    """

    def __init__(self, context: MsgContext, tables: MsgTables) -> None:
        self._context = context
        self._links = context.push
        self._loop = context.runtime.reactor.loop
        self._count = context.runtime.metrics.count
        self._limit = context.config.push_preview_bytes
        self._cipher = MessageCipher(context.config.message_key)
        self._gathering = PushBatch()
        self._round: PushBatch | None = None
        self._step = 0
        self._unanswered = 0
        self._go_on: Callable[[PushBatch], None] = self._compose_all
        self._deadline: asyncio.TimerHandle | None = None
        tables.from_db.on(commands.DEVICE_TOKENS_REPLY, self._tokens)
        tables.from_db.on(commands.GROUP_SHIELDS_REPLY, self._shields)
        tables.from_push.on(commands.PUSH_TO_USERS_REPLY, self._pushed)
        tables.status_replies[AttachType.PUSH] = self._statuses

    # A message came. These two stand on its way and do next to nothing.

    def single(self, message: IMMsgData) -> None:
        """A message to one user was stored."""
        if self._links.is_open and self._has_room():
            self._gathering.add_single(self._note(message))

    def group(self, message: IMMsgData, members: Sequence[int]) -> None:
        """A message to a group was stored; ``members`` must not change any more."""
        if self._links.is_open and self._has_room():
            self._gathering.add_group(self._note(message), members)

    def _has_room(self) -> bool:
        waiting = len(self._gathering)
        if waiting >= MAX_WAITING:
            self._count("pushes_dropped", "too_many_messages")
            return False
        if not waiting and self._round is None:
            self._loop.call_later(GATHER_S, self._begin)
        return True

    def _note(self, message: IMMsgData) -> PushNote:
        msg_type, sender = message.msg_type, message.from_user_id
        sessions = self._context.directory.of_user(sender)
        return PushNote(
            sender,
            message.to_session_id,
            msg_type,
            b"" if push.is_voice(msg_type) else message.msg_data,
            sessions[0].nick if sessions else None,
        )

    # A round: tokens, then who muted a group, then the pushes.

    def _begin(self) -> None:
        batch, self._gathering = self._gathering, PushBatch()
        self._round = batch
        users = batch.receivers()
        parts = (users[at : at + MAX_USERS_ASKED] for at in range(0, len(users), MAX_USERS_ASKED))
        requests = [IMGetDeviceTokenReq(user_id=part) for part in parts]
        self._ask(batch, commands.DEVICE_TOKENS, requests, self._ask_for_shields)

    def _ask_for_shields(self, batch: PushBatch) -> None:
        requests = [
            IMGroupGetShieldReq(group_id=group_id, user_id=users)
            for group_id, users in batch.groups_with_phones()
        ]
        self._ask(batch, commands.GROUP_SHIELDS, requests, self._compose_all)

    def _compose_all(self, batch: PushBatch) -> None:
        self._round = None
        if len(self._gathering):
            self._loop.call_later(GATHER_S, self._begin)
        self._compose(batch.wanted())

    def _ask(
        self,
        batch: PushBatch,
        command: Command[Any],
        requests: Sequence[Any],
        go_on: Callable[[PushBatch], None],
    ) -> None:
        """Send requests and call ``go_on`` when all are answered, or the time is over."""
        self._step += 1
        self._unanswered = len(requests)
        self._go_on = go_on
        attach = self._attach()
        try:
            for number, request in enumerate(requests):
                request.attach_data = attach
                self._context.db.tell(OutboundFrame(command, request), command, number)
        except RefusedError:
            self._count("pushes_dropped", "no_database")
            self._compose_all(PushBatch())
            return
        if requests:
            self._deadline = self._loop.call_later(ANSWER_LIMIT_S, self._time_is_over)
        else:
            go_on(batch)

    def _attach(self) -> bytes:
        """Name the step, so that an answer that comes too late is told from one that is awaited."""
        return pack_pdu_attach(AttachType.PUSH, 0, self._step.to_bytes(8, "big"))

    def _awaits(self, attach_data: bytes) -> PushBatch | None:
        return self._round if attach_data == self._attach() and self._unanswered else None

    def _answered(self, batch: PushBatch) -> None:
        self._unanswered -= 1
        if not self._unanswered:
            if self._deadline is not None:
                self._deadline.cancel()
            self._go_on(batch)

    def _time_is_over(self) -> None:
        _log.warning("db_proxy did not answer about pushes", unanswered=self._unanswered)
        self._count("pushes_dropped", "no_answer")
        self._unanswered = 0
        if self._round is not None:
            self._go_on(self._round)

    def _tokens(self, _link: Link, message: IMGetDeviceTokenRsp, _frame: Frame) -> None:
        batch = self._awaits(message.attach_data)
        if batch is not None:
            batch.tokens.update((token.user_id, token) for token in message.user_token_info)
            self._answered(batch)

    def _shields(self, _link: Link, message: IMGroupGetShieldRsp, _frame: Frame) -> None:
        batch = self._awaits(message.attach_data)
        if batch is not None:
            shields = ((each.user_id, each.shield_status) for each in message.shield_status_list)
            batch.note_shields(message.group_id, shields)
            self._answered(batch)

    # The pushes of a round, some in each turn of the loop, so that clients do not wait for them.

    def _compose(self, wanted: Iterator[tuple[PushNote, list[UserTokenInfo]]]) -> None:
        for number, (note, tokens) in enumerate(wanted, 1):
            self._push(note, tokens)
            if number == COMPOSED_PER_TURN:
                self._loop.call_soon(self._compose, wanted)
                return

    def _push(self, note: PushNote, tokens: list[UserTokenInfo]) -> None:
        try:
            flash = push.preview(note.nick, note.msg_type, self._plain(note.content), self._limit)
        except CipherError:
            self._count("pushes_dropped", "not_decrypted")
            return
        request = IMPushToUserReq(
            flash=flash.encode(), data=push.custom_data(note.sender, note.session_id, note.msg_type)
        )
        away = IMPushToUserReq(flash=request.flash, data=request.data)
        directory = self._context.directory
        for token in tokens:
            is_here = bool(directory.of_user(token.user_id))
            entry = (request if is_here else away).user_token_list.add()
            entry.CopyFrom(token)
            entry.push_type = push.push_type(pc_is_on=directory.pc_is_on(token.user_id))
        self._send(request)
        self._ask_where_they_are(away)

    def _plain(self, content: bytes) -> str:
        return decode_utf8(self._cipher.decrypt(content)) if content else ""

    def _ask_where_they_are(self, away: IMPushToUserReq) -> None:
        """Whether somebody who is not here sits at a PC elsewhere is known to route_server."""
        if not away.user_token_list or not self._context.route.is_open:
            self._send(away)
            return
        users = [token.user_id for token in away.user_token_list]
        attach = pack_pdu_attach(AttachType.PUSH, 0, away.SerializeToString())
        question = IMUsersStatReq(user_id=0, user_id_list=users, attach_data=attach)
        self._context.route.send(OutboundFrame(commands.USERS_STATUS, question))

    def _statuses(self, message: IMUsersStatRsp, attach: Attach) -> None:
        request = parse_body(commands.PUSH_TO_USERS, attach.payload)
        at_pc = {stat.user_id for stat in message.user_stat_list if stat.status == USER_STATUS_ONLINE}
        for token in request.user_token_list:
            token.push_type = push.push_type(pc_is_on=token.user_id in at_pc)
        self._send(request)

    def _send(self, request: IMPushToUserReq) -> None:
        if request.user_token_list:
            self._links.send(OutboundFrame(commands.PUSH_TO_USERS, request))

    # What became of them.

    def _pushed(self, _link: Link, message: IMPushToUserRsp, _frame: Frame) -> None:
        for result in message.push_result_list:
            if result.is_token_dead and result.user_id and self._context.db.is_open:
                forget = IMDeviceTokenReq(
                    user_id=result.user_id, device_token="", only_if_token=text(result.user_token)
                )
                told = OutboundFrame(commands.DEVICE_TOKEN, forget)
                self._context.db.tell(told, commands.DEVICE_TOKEN, result.user_id)
