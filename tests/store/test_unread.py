"""Unread counts against a model, under random work."""

from collections import defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hongyan.store import Database, SessionType, membership, sessions, unread

from .writing import NOW, Writer, running, single, wipe

PEOPLE = (1, 2, 3)
GROUP = 1
person = st.sampled_from(PEOPLE)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("text"), person, person),
        st.tuples(st.just("group"), person),
        st.tuples(st.just("read"), person, person),
        st.tuples(st.just("read group"), person),
        st.tuples(st.just("remove"), person, person),
        st.tuples(st.just("leave"), person),
        st.tuples(st.just("join"), person),
        st.tuples(st.just("restart")),
    ),
    max_size=40,
)


class Model:
    """What each user has to find, kept as naively as possible."""

    def __init__(self) -> None:
        self.members = set(PEOPLE)
        self.numbers: defaultdict[object, int] = defaultdict(int)
        self.unread: defaultdict[int, dict[tuple[int, int], int]] = defaultdict(dict)

    def text(self, sender: int, peer: int) -> int:
        if sender == peer:
            return 0
        pair = frozenset((sender, peer))
        self.numbers[pair] += 1
        self._count(peer, (SessionType.SINGLE, sender))
        return self.numbers[pair]

    def group(self, sender: int) -> int:
        if sender not in self.members:
            return 0
        self.numbers[GROUP] += 1
        for member in self.members - {sender}:
            self._count(member, (SessionType.GROUP, GROUP))
        self.read(sender, (SessionType.GROUP, GROUP))
        return self.numbers[GROUP]

    def read(self, user: int, place: tuple[int, int]) -> None:
        self.unread[user].pop(place, None)

    def _count(self, user: int, place: tuple[int, int]) -> None:
        self.unread[user][place] = self.unread[user].get(place, 0) + 1


async def perform(writer: Writer, model: Model, step: tuple[object, ...]) -> None:
    action, *who = step
    journal, conversations = writer.journal, writer.conversations
    match action:
        case "text":
            assert (await writer.text(*who)).msg_id == model.text(*who)
        case "group":
            assert (await writer.group_text(who[0], GROUP)).msg_id == model.group(who[0])
        case "read":
            journal.mark_read(who[0], SessionType.SINGLE, who[1])
            model.read(who[0], (SessionType.SINGLE, who[1]))
        case "read group":
            journal.mark_read(who[0], SessionType.GROUP, GROUP)
            model.read(who[0], (SessionType.GROUP, GROUP))
        case "remove":
            place = (SessionType.SINGLE, who[1])
            await journal.submit(sessions.remove, conversations, who[0], *place, NOW)
            model.read(who[0], place)
        case "leave":
            leave = membership.remove_members
            await journal.submit(leave, conversations, GROUP, who, by=None, now=NOW)
            model.members -= set(who)
            model.read(who[0], (SessionType.GROUP, GROUP))
        case "join" if who[0] not in model.members:
            join = membership.add_members
            await journal.submit(join, conversations, GROUP, who, by=None, now=NOW)
            model.members |= set(who)
    await journal.settled()


async def play(database: Database, script: list[tuple[object, ...]]) -> None:
    await database.write(wipe)
    who = {"name": "g", "group_type": 1, "member_ids": PEOPLE, "by": 1, "now": NOW}
    assert await database.write(lambda c: membership.create(c, **who)) == GROUP
    model = Model()
    async with running(database) as writer:
        for step in script:
            if step[0] == "restart":
                writer.conversations.begin()
                for key in list(writer.conversations._states):
                    writer.conversations.forget(key)
            else:
                await perform(writer, model, step)
        for user in PEOPLE:
            found = await database.read(unread.unread, user)
            expected = model.unread[user]
            assert {(row.session_type, row.peer_id): row.unread for row in found} == expected
        totals = {user: sum(model.unread[user].values()) for user in PEOPLE}
        found_totals = await database.read(unread.totals, PEOPLE)
        assert found_totals == {user: total for user, total in totals.items() if total}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
async def test_counts_and_numbers_are_what_a_naive_model_says(
    database: Database, script: list[tuple[object, ...]]
) -> None:
    await play(database, script)


async def test_the_newest_message_comes_with_the_count(company: Writer) -> None:
    await company.text(2, 1, "from the peer")
    await company.text(1, 2, "my own answer")
    (row,) = await company.database.read(unread.unread, 1)
    # The original names the peer as the sender of the newest message, whoever wrote it.
    assert row == (2, SessionType.SINGLE, 1, (2, "my own answer", 1, 2))


async def test_marks_count_only_what_was_appended_before_them(writer: Writer) -> None:
    message = single(2, 1)
    writer.journal.append(message)
    writer.journal.mark_read(1, SessionType.SINGLE, 2)
    writer.journal.append(single(2, 1))
    await writer.journal.settled()
    assert message.msg_id == 1
    assert await writer.database.read(unread.totals, [1]) == {1: 1}


async def test_a_mark_of_nothing_leaves_no_trace(company: Writer) -> None:
    for place in ((4, 2, 1), (1, 1, 99), (1, 2, 77), (1, 1, 1), (0, 1, 0)):
        company.journal.mark_read(*place)
    await company.journal.settled()
    assert len(company.conversations) == 0
