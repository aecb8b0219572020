"""What a message does to relations, sessions and groups."""

from typing import Any

from sqlalchemy import Connection, select

from hongyan.store import Database, SessionType, membership, sessions
from hongyan.store.teamtalk import GROUP, RELATION, SESSION

from .writing import NOW, Writer, grouped, running, single


def session_rows(connection: Connection) -> list[tuple[Any, ...]]:
    session = SESSION.c
    columns = (session.userId, session.peerId, session.type, session.status, session.updated)
    return [tuple(row) for row in connection.execute(select(*columns).order_by(session.id))]


async def stamps(writer: Writer) -> dict[tuple[int, int], int]:
    rows = await writer.database.read(session_rows)
    return {(user, peer): updated for user, peer, _, _, updated in rows}


async def test_the_first_message_makes_both_sessions_once(writer: Writer) -> None:
    await writer.send(single(1, 2), single(2, 1), single(1, 2))
    assert await writer.database.read(session_rows) == [
        (1, 2, SessionType.SINGLE, 0, NOW),
        (2, 1, SessionType.SINGLE, 0, NOW),
    ]


async def test_every_message_stamps_both_sessions(writer: Writer) -> None:
    await writer.text(1, 2)
    writer.now = NOW + 5
    await writer.text(2, 1)
    assert await stamps(writer) == {(1, 2): NOW + 5, (2, 1): NOW + 5}


async def test_a_clock_set_back_sets_no_stamp_back(writer: Writer) -> None:
    await writer.text(1, 2)
    writer.now = NOW - 100
    await writer.text(1, 2)
    assert set((await stamps(writer)).values()) == {NOW}


async def test_a_removed_session_comes_back_with_the_next_message(writer: Writer) -> None:
    await writer.text(1, 2)
    place = (1, SessionType.SINGLE, 2, NOW + 1)
    assert await writer.journal.submit(sessions.remove, writer.conversations, *place)
    assert not await writer.journal.submit(sessions.remove, writer.conversations, *place)
    writer.now = NOW + 2
    await writer.text(2, 1)
    assert [row[3] for row in await writer.database.read(session_rows)] == [0, 0]
    assert await stamps(writer) == {(1, 2): NOW + 2, (2, 1): NOW + 2}


async def test_removal_between_two_messages_of_one_batch_is_undone_by_the_second(
    writer: Writer,
) -> None:
    writer.journal.append(single(1, 2))
    place = (1, SessionType.SINGLE, 2, NOW)
    removed = writer.journal.submit(sessions.remove, writer.conversations, *place)
    second = single(2, 1)
    writer.journal.append(second)
    assert await removed
    assert second.msg_id == 2
    assert [row[3] for row in await writer.database.read(session_rows)] == [0, 0]


async def test_a_group_message_shows_in_every_members_sessions(company: Writer) -> None:
    message = await company.group_text(1, 1)
    assert message.members == (1, 10, 2, 3)
    rows = await company.database.read(session_rows)
    assert sorted(row[0] for row in rows) == [1, 2, 3, 10]
    assert {row[1:] for row in rows} == {(1, SessionType.GROUP, 0, NOW)}
    company.now = NOW + 3
    await company.group_text(2, 1)
    assert set((await stamps(company)).values()) == {NOW + 3}
    chatted = select(GROUP.c.lastChated).where(GROUP.c.id == 1)
    assert await company.database.read(lambda c: c.execute(chatted).scalar()) == NOW + 3


async def test_a_removed_group_session_returns_only_when_its_user_writes(company: Writer) -> None:
    await company.group_text(1, 1)
    conversations = company.conversations
    await company.journal.submit(sessions.remove, conversations, 10, SessionType.GROUP, 1, NOW + 1)
    company.now = NOW + 2
    await company.group_text(1, 1)
    assert (await stamps(company))[10, 1] == NOW + 1
    sent = await company.send(grouped(10, 1))
    assert sent[0].msg_id == 3
    rows = await company.database.read(session_rows)
    assert [row[3] for row in rows if row[0] == 10] == [0]
    assert (await stamps(company))[10, 1] == NOW + 2


async def test_a_new_member_sees_the_group_with_the_next_message(company: Writer) -> None:
    await company.group_text(1, 1)
    await company.journal.submit(membership.add_members, company.conversations, 1, [4], by=1, now=NOW)
    assert (4, 1) not in await stamps(company)
    message = await company.group_text(1, 1)
    assert message.members == (1, 10, 2, 3, 4)
    assert (await stamps(company))[4, 1] == NOW


async def test_a_removed_member_may_not_write_in_the_same_batch(company: Writer) -> None:
    company.journal.append(grouped(2, 1))
    company.journal.submit(membership.remove_members, company.conversations, 1, [2], by=1, now=NOW)
    late = grouped(2, 1)
    await company.send(late)
    assert late.error is not None
    assert company.conversations.members(1) is None or 2 not in company.conversations.members(1)


async def test_a_group_made_by_another_process_is_found_at_once(company: Writer) -> None:
    early = grouped(1, 100)
    await company.send(early)
    assert early.error is not None
    create = membership.create
    who = {"name": "new", "group_type": 1, "member_ids": [1, 4], "by": None, "now": NOW}
    assert await company.database.write(lambda connection: create(connection, **who)) == 100
    assert (await company.group_text(1, 100)).msg_id == 1


async def test_big_groups_are_served_whole(company: Writer) -> None:
    people = range(1, 2001)
    group = await company.journal.submit(
        membership.create, name="all", group_type=1, member_ids=people, by=1, now=NOW
    )
    assert len((await company.group_text(7, group)).members) == 2000
    company.now = NOW + 1
    await company.group_text(8, group)
    found = await stamps(company)
    assert {found[user, group] for user in people} == {NOW + 1}


async def test_evicted_conversations_are_read_again(database: Database) -> None:
    async with running(database, limit=3) as writer:
        for expected in (1, 2, 3):
            sent = await writer.send(*(single(1, peer) for peer in range(2, 22)))
            assert [message.msg_id for message in sent] == [expected] * 20
            writer.conversations.begin()
            assert len(writer.conversations) == 3


async def test_a_relation_that_was_ended_is_revived(writer: Writer) -> None:
    await writer.text(1, 2)
    writer.conversations.forget_pair(1, 2)
    ended = RELATION.update().values(status=1)
    await writer.database.write(lambda connection: connection.execute(ended) and None)
    assert (await writer.text(1, 2)).msg_id == 2
    status = select(RELATION.c.status)
    assert await writer.database.read(lambda c: c.execute(status).scalars().all()) == [0]
