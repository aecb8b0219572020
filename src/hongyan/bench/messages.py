"""The scenarios that send messages: pairs, and groups."""

import asyncio
from time import perf_counter
from typing import Final

from hongyan.bench.client import Client
from hongyan.bench.flow import Pacer, Reader, Receiver, Sender
from hongyan.bench.frames import MessageFrames, sender_mark
from hongyan.bench.heartbeats import Heartbeats
from hongyan.bench.ledger import Conversation, Findings, Inbox
from hongyan.bench.plan import Plan, Share
from hongyan.bench.scenario import Scenario
from hongyan.bench.tally import Counts
from hongyan.errors import BackendError
from hongyan.wire.commands import GROUP_CREATE, GROUP_CREATE_REPLY
from hongyan.wire.pb.base_define_pb2 import GroupType, MsgType
from hongyan.wire.pb.group_pb2 import IMGroupCreateReq
from hongyan.wire.pb.message_pb2 import IMMsgData

PACE_S: Final = 0.005


class Messages(Scenario):
    """What pairs and groups share: senders with windows, receivers, books."""

    def __init__(self, plan: Plan, share: Share) -> None:
        super().__init__(plan, share)
        self.receivers_each = 1
        self._senders: list[Sender] = []
        self._conversations: list[Conversation] = []
        self._running = True
        self._beats: Heartbeats | None = None

    def start(self, group: asyncio.TaskGroup) -> None:
        """Fill every window."""
        self._beats = Heartbeats(self.clients, self.tally.heartbeat, Counts())
        group.create_task(self._beats.run())
        if self.plan.rate:
            group.create_task(self._pace(Pacer(self._senders, max(1, self.plan.rate // self.share.of))))
        else:
            now = perf_counter()
            for sender in self._senders:
                sender.refill(now)

    def stop(self) -> None:
        """Send nothing more."""
        self._running = False
        if self._beats is not None:
            self._beats.stop()
        for sender in self._senders:
            sender.limit = 0

    def is_settled(self) -> bool:
        """Every message acked, and every acked message delivered as often as it should be."""
        counts = self.tally.counts
        acked = all(sender.is_idle for sender in self._senders)
        return acked and counts.delivered >= counts.acked * self.receivers_each

    def audit(self) -> Findings:
        """Check the books of every conversation."""
        findings = Findings()
        for conversation in self._conversations:
            findings.add(conversation.audit())
        return findings

    def conversation(self) -> Conversation:
        """Open the books of one more conversation."""
        self._conversations.append(Conversation())
        return self._conversations[-1]

    def add_sender(self, client: Client, number: int, message: IMMsgData, books: Conversation) -> bytes:
        """Let ``client`` send messages like ``message``; return its mark."""
        mark = sender_mark(self.plan.run, number)
        frames = MessageFrames(message, mark, self.plan.payload_bytes, client_ids=self.plan.client_ids)
        self._senders.append(Sender(client, frames, books.sender(mark), self.plan.window, self.tally))
        return mark

    def add_receiver(self, client: Client, reader: Reader, inbox: Inbox) -> None:
        """Let ``client`` receive."""
        Receiver(client, reader, inbox, self.tally)

    async def _pace(self, pacer: Pacer) -> None:
        pacer.start()
        while self._running:
            pacer.tick()
            await asyncio.sleep(PACE_S)


class Pairs(Messages):
    """``p2p``: pairs of users, one of whom writes to the other."""

    async def prepare(self) -> None:
        """Log both of every pair in."""
        numbers = list(self.share.units(self.plan.pairs))
        clients = await self.log_in_all([user for pair in numbers for user in (2 * pair, 2 * pair + 1)])
        for pair, sender, receiver in zip(numbers, clients[::2], clients[1::2], strict=True):
            books = self.conversation()
            self.add_sender(sender, pair, _message_to(receiver.user_id, MsgType.MSG_TYPE_SINGLE_TEXT), books)
            self.add_receiver(receiver, Reader(books, shared=False), books.receiver())


class Groups(Messages):
    """``group``: groups of users, some of whom write."""

    async def prepare(self) -> None:
        """Log every member in, and make the groups."""
        self.receivers_each = self.plan.members - 1
        for number in self.share.units(self.plan.groups):
            first = number * self.plan.members
            members = await self.log_in_all(range(first, first + self.plan.members))
            group_id = self.plan.group_id or await self._create(members)
            self._open(members, first, group_id)

    async def _create(self, members: list[Client]) -> int:
        request = IMGroupCreateReq(
            user_id=0,
            group_type=GroupType.GROUP_TYPE_TMP,
            group_name=f"bench {self.plan.run}",
            group_avatar="",
            member_id_list=[member.user_id for member in members],
        )
        reply = await members[0].ask(GROUP_CREATE, request, GROUP_CREATE_REPLY)
        if reply.result_code:
            raise BackendError(f"the server made no group: result {reply.result_code}")
        return reply.group_id

    def _open(self, members: list[Client], first: int, group_id: int) -> None:
        books = self.conversation()
        reader = Reader(books, shared=True)
        message = _message_to(group_id, MsgType.MSG_TYPE_GROUP_TEXT)
        for place, member in enumerate(members):
            sends = place < self.plan.senders
            mark = self.add_sender(member, first + place, message, books) if sends else b""
            self.add_receiver(member, reader, books.receiver(mark))


def _message_to(session_id: int, msg_type: MsgType.ValueType) -> IMMsgData:
    return IMMsgData(from_user_id=0, to_session_id=session_id, msg_id=0, create_time=0, msg_type=msg_type)
