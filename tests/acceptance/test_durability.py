"""kill -9 under load, four times: what was acknowledged is there, once, in order, for ever."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from .client import GROUP, GROUP_TEXT, PASSWORD, SINGLE, SINGLE_TEXT, Client, User
from .wire import COMMAND_OF, Frame, Message

if TYPE_CHECKING:
    from .people import People
    from .suite import Suite

WINDOW = 8
KILLS = 4
ACKS_BEFORE_KILL = 400
ACK, DELIVERY = COMMAND_OF["IMMsgDataAck"], COMMAND_OF["IMMsgData"]


class Tally:
    """Counts acks of everybody, and tells when there are enough for a kill."""

    def __init__(self) -> None:
        self.enough = asyncio.Event()
        self._left = ACKS_BEFORE_KILL

    def count(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.enough.set()


@dataclass
class Talker:
    """Keeps eight messages under way to one conversation.

    With client message ids he sends again after a crash what was not acked; without, as stock
    clients do, he gives it up.
    """

    user: User
    session: int
    kind: int
    repeats: bool
    acked: dict[bytes, int] = field(default_factory=dict)
    heard: dict[tuple[int, int], bytes] = field(default_factory=dict)
    under_way: dict[int, bytes] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def talk(self, client: Client, tally: Tally) -> None:
        """Talks until the connection breaks."""
        again = list(self.under_way.values()) if self.repeats else []
        self.under_way = {}
        for text in again:
            await self._send(client, text)
        while True:
            while len(self.under_way) < WINDOW:
                await self._send(client, b"%s %06d" % (self.user.name.encode(), next(self.numbers)))
            frame = await client.read_frame()
            if frame is None:
                return
            self._take(frame, tally)

    async def _send(self, client: Client, text: bytes) -> None:
        ids = {"client_msg_id": text.decode()} if self.repeats else {}
        self.under_way[await client.post(self.session, text, self.kind, **ids)] = text

    def _take(self, frame: Frame, tally: Tally) -> None:
        if frame.command == ACK:
            text = self.under_way.pop(frame.seq)
            assert self.acked.setdefault(text, frame.message.msg_id) == frame.message.msg_id
            tally.count()
        elif frame.command == DELIVERY:
            message = frame.message
            peer = message.to_session_id if self.kind == GROUP_TEXT else message.from_user_id
            self.heard[peer, message.msg_id] = message.msg_data


async def talk_until_killed(suite: Suite, people: People, talkers: list[Talker]) -> None:
    tally = Tally()
    clients = [await people.online(talker.user) for talker in talkers]
    async with asyncio.TaskGroup() as tasks:
        for talker, client in zip(talkers, clients, strict=True):
            tasks.create_task(talker.talk(client, tally))
        await asyncio.wait_for(tally.enough.wait(), 60)
        await asyncio.to_thread(suite.kill)


def check_conversation(history: list[Message], talkers: list[Talker]) -> None:
    ids = [message.msg_id for message in history]
    texts = [message.msg_data for message in history]
    stored = dict(zip(texts, ids, strict=True))
    assert ids == list(range(1, len(ids) + 1)), "ids are dense and in order"
    assert len(stored) == len(texts), "nothing is stored twice"
    for talker in talkers:
        lost = {text for text, msg_id in talker.acked.items() if stored.get(text) != msg_id}
        assert not lost, "what was acked is there under its id"
        name = talker.user.name.encode() + b" "
        mine = [text for text in texts if text.startswith(name)]
        assert mine == sorted(mine), "the sender's order is kept"


@pytest.mark.slow
async def test_four_kills_under_load_lose_double_and_reorder_nothing(
    own_suite: Suite, own_people: People
) -> None:
    users = [await own_people.user() for _ in range(10)]
    pairs = [(users[at], users[at + 1]) for at in range(0, 6, 2)]
    members = users[6:]
    creator = await own_people.online(members[0])
    group = (await creator.create_group(*(user.user_id for user in members[1:]))).group_id
    talkers = [
        Talker(user, peer.user_id, SINGLE_TEXT, repeats=user is first)
        for first, second in pairs
        for user, peer in ((first, second), (second, first))
    ]
    talkers += [Talker(user, group, GROUP_TEXT, repeats=bool(at % 2)) for at, user in enumerate(members)]

    for _ in range(KILLS):
        await talk_until_killed(own_suite, own_people, talkers)
        await asyncio.to_thread(own_suite.start)

    for first, second in pairs:
        couple = [talker for talker in talkers if talker.user in (first, second)]
        await check_pair(own_people, first, second, couple)
    await check_group(own_people, group, talkers[-len(members) :])


async def check_pair(people: People, first: User, second: User, couple: list[Talker]) -> None:
    client, peer = await people.online(first), await people.online(second)
    history = await client.whole_history(second.user_id)
    assert history == await peer.whole_history(first.user_id)
    check_conversation(history, couple)
    stored = {message.msg_id: message.msg_data for message in history}
    for talker in couple:
        for (_, msg_id), text in talker.heard.items():
            assert stored[msg_id] == text, "what was delivered was stored before"
    of_second = [m for m in history if m.from_session_id == second.user_id]
    assert (await client.unread())[second.user_id, SINGLE].unread_cnt == len(of_second)
    assert await client.latest_msg_id(second.user_id) == len(history)
    assert (await client.say(second.user_id, b"and on")).msg_id == len(history) + 1


async def check_group(people: People, group: int, talkers: list[Talker]) -> None:
    clients = [await people.online(talker.user) for talker in talkers]
    history = await clients[0].whole_history(group, GROUP)
    for client in clients[1:]:
        assert await client.whole_history(group, GROUP) == history
    check_conversation(history, talkers)
    stored = {message.msg_id: message.msg_data for message in history}
    for talker in talkers:
        heard = {msg_id: text for (peer, msg_id), text in talker.heard.items() if peer == group}
        assert heard.items() <= stored.items()
    assert (await clients[0].say_to_group(group, b"and on")).msg_id == len(history) + 1


@pytest.mark.parametrize("delay_frames", [1, 20, 200])
async def test_a_kill_right_after_an_ack_keeps_the_acked_message(
    own_suite: Suite, own_people: People, delay_frames: int
) -> None:
    user, peer = await own_people.user(), await own_people.user()
    alice = await own_people.online(user)
    sent = await alice.post_all(peer.user_id, [b"%d" % n for n in range(delay_frames)])
    last = await alice.acked(sent[-1])
    own_suite.kill()
    own_suite.start()
    bob = await own_people.online(User(peer.name, peer.user_id, PASSWORD))
    history = await bob.whole_history(user.user_id)
    assert [message.msg_id for message in history] == list(range(1, last.msg_id + 1))
    assert (await bob.unread())[user.user_id, SINGLE].unread_cnt == delay_frames
