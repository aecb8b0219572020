"""Several db_proxies on one database: they number together, and none works from an old picture."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import Connection, insert, select, update

from hongyan.errors import RefusedError
from hongyan.store import accounts, deliveries, membership, open_database, sessions, webhooks
from hongyan.store.accounts import NewUser
from hongyan.store.outbox import Outbox
from hongyan.store.teamtalk import GROUP, GROUP_MEMBER, RELATION, SESSION, SINGLE_MESSAGES
from hongyan.store.webhooks import NewWebhook

from .writing import NOW, Writer, running, single

pytestmark = pytest.mark.parametrize("engine", ["mariadb", "postgresql"], indirect=True)


@pytest_asyncio.fixture(loop_scope="session")
async def pair(
    engine: str, company: Writer, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Writer, Writer]]:
    """Two journals with a database connection each."""
    url = company.database._url.render_as_string(hide_password=False)
    other = await open_database(url)
    async with running(other) as second:
        yield company, second
    await other.close()


def numbers(connection: Connection) -> dict[int, list[int]]:
    found = {}
    for relation in connection.execute(select(RELATION.c.id)).scalars():
        message = SINGLE_MESSAGES[relation % 8].c
        rows = select(message.msgId).where(message.relateId == relation).order_by(message.id)
        found[relation] = list(connection.execute(rows).scalars())
    return found


async def test_two_number_the_same_conversations_without_gap_or_repeat(pair: tuple[Writer, Writer]) -> None:
    first, second = pair

    async def write(writer: Writer) -> None:
        for _ in range(20):
            await writer.send(*(single(1, peer) for peer in (2, 3, 4, 2)))

    await asyncio.gather(write(first), write(second))
    given = sorted(
        message.msg_id
        for writer in pair
        for batch in writer.batches
        for message in batch
        if message.peer == 2
    )
    assert given == list(range(1, 81))
    for ids in (await first.database.read(numbers)).values():
        assert sorted(ids) == list(range(1, len(ids) + 1))


async def test_in_turns_each_goes_on_where_the_other_stopped(pair: tuple[Writer, Writer]) -> None:
    given = [(await pair[turn % 2].text(1, 2)).msg_id for turn in range(6)]
    given += [(await pair[turn % 2].group_text(1, 1)).msg_id for turn in range(6)]
    assert given == [1, 2, 3, 4, 5, 6] * 2


async def test_both_see_at_once_who_joined_and_who_left(pair: tuple[Writer, Writer]) -> None:
    first, second = pair
    await first.group_text(1, 1)
    await second.group_text(1, 1)
    await second.journal.submit(membership.add_members, second.conversations, 1, [4], by=1, now=NOW)
    assert 4 in (await first.group_text(1, 1)).members
    await first.journal.submit(membership.remove_members, first.conversations, 1, [2], by=1, now=NOW)
    assert isinstance((await second.group_text(2, 1)).error, RefusedError)
    assert (await second.group_text(4, 1)).msg_id == 4


async def test_members_that_an_original_server_changed_are_seen(pair: tuple[Writer, Writer]) -> None:
    first, _ = pair
    await first.group_text(1, 1)

    def change(connection: Connection) -> None:
        connection.execute(insert(GROUP_MEMBER).values(groupId=1, userId=5, status=0, created=1, updated=1))
        connection.execute(update(GROUP).where(GROUP.c.id == 1).values(version=GROUP.c.version + 1))

    await pair[1].database.write(change)
    assert 5 in (await first.group_text(1, 1)).members


async def test_a_session_that_the_other_removed_comes_back(pair: tuple[Writer, Writer]) -> None:
    first, second = pair
    await first.text(1, 2)
    place = (2, 1, 1, NOW)
    assert await second.journal.submit(sessions.remove, second.conversations, *place)
    await first.text(1, 2)
    status = select(SESSION.c.status).where(SESSION.c.userId == 2, SESSION.c.peerId == 1)
    assert await first.database.read(lambda c: c.execute(status).scalar()) == 0


async def test_a_message_that_is_sent_to_both_is_stored_once(pair: tuple[Writer, Writer]) -> None:
    sent = [single(1, 2, client_msg_id="again") for _ in pair]
    await asyncio.gather(*(writer.send(each) for writer, each in zip(pair, sent, strict=True)))
    assert [message.msg_id for message in sent] == [1, 1]
    assert sorted(message.duplicate for message in sent) == [False, True]


async def test_a_name_is_taken_once(pair: tuple[Writer, Writer]) -> None:
    outcomes = await asyncio.gather(
        *(writer.database.write(accounts.add_user, NewUser("one", "h"), NOW) for writer in pair),
        return_exceptions=True,
    )
    assert sorted(type(outcome) is int for outcome in outcomes) == [False, True]


async def test_one_that_failed_leaves_no_gap(pair: tuple[Writer, Writer]) -> None:
    first, second = pair
    await first.text(1, 2)

    first.journal.append(single(1, 2))
    first.journal.append(single(1, 2, "half \ud83d"))
    await first.journal.settled()
    assert (await second.text(2, 1)).msg_id == 3


async def test_two_never_claim_the_same_delivery_of_a_webhook(pair: tuple[Writer, Writer]) -> None:
    def wait_for_it(connection: Connection) -> None:
        webhooks.add(connection, NewWebhook("hook", "https://example.org/", "whsec_", ("login",), 0), NOW)
        outbox = Outbox()
        outbox.watch(*webhooks.active_hooks(connection))
        for number in range(200):
            outbox.put(connection, "login", (), {"number": number}, NOW)

    await pair[0].database.write(wait_for_it)

    async def claim(writer: Writer) -> list[int]:
        claimed: list[int] = []
        while due := await writer.database.write(deliveries.claim, NOW, each=10, lease_s=60, busy=()):
            claimed += [row.delivery_id for row in due]
        return claimed

    first, second = await asyncio.gather(*map(claim, pair))
    assert len(set(first + second)) == len(first + second) == 200
