"""The journal: order, numbers, group commit, and what happens when the disk says no."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select

from hongyan.errors import BackendError, ErrorCode, RefusedError
from hongyan.store import (
    ConflictError,
    Conversations,
    Database,
    Journal,
    PendingMessage,
    SessionType,
    UnfitValueError,
    messages,
    open_database,
    users,
)
from hongyan.store.teamtalk import DEPART, RELATION, SINGLE_MESSAGES

from .writing import NOW, Writer, grouped, running, single


def stored(connection: Connection) -> list[tuple[int, int, str]]:
    rows = []
    for table in SINGLE_MESSAGES:
        message = table.c
        rows += connection.execute(
            select(message.relateId, message.msgId, message.content).order_by(message.id)
        ).all()
    return sorted(tuple(row) for row in rows)


async def test_messages_of_a_conversation_are_numbered_from_one(writer: Writer) -> None:
    sent = await writer.send(single(1, 2), single(2, 1), single(1, 3), single(1, 2))
    assert [message.msg_id for message in sent] == [1, 2, 1, 3]
    assert (await writer.text(2, 1)).msg_id == 4


async def test_everything_that_waits_is_one_batch_in_its_order(writer: Writer) -> None:
    sent = await writer.send(*(single(1, peer) for peer in (2, 3, 2, 4)))
    assert writer.batches == [sent]
    assert writer.journal.stats.batches == 1
    assert writer.journal.stats.largest_batch == 4


async def test_a_message_is_reported_only_after_it_can_be_read(writer: Writer) -> None:
    seen: list[object] = []
    message = single(1, 2, "text")
    writer.journal._on_stored = lambda batch: seen.append(
        [entry.msg_id for entry in batch if entry.error is None]
    )
    writer.journal.append(message)
    await writer.journal.settled()
    assert seen == [[1]]
    (row,) = await writer.database.read(messages.history, 2, SessionType.SINGLE, 1, 0, 10)
    assert (row.msg_id, row.sender, row.created, row.content) == (1, 1, NOW, "text")


async def test_settled_returns_at_once_when_nothing_waits(writer: Writer) -> None:
    await asyncio.wait_for(writer.journal.settled(), 1)


async def test_the_next_batch_gathers_while_one_is_committed(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, gate, write = asyncio.Event(), asyncio.Event(), writer.database.write

    async def hold(*work: Any) -> None:
        entered.set()
        await gate.wait()
        await write(*work)

    monkeypatch.setattr(writer.database, "write", hold)
    first = single(1, 2)
    writer.journal.append(first)
    await asyncio.wait_for(entered.wait(), 10)
    second, third = single(1, 2), single(1, 2)
    writer.journal.append(second)
    writer.journal.append(third)
    assert not writer.batches
    gate.set()
    await writer.journal.settled()
    assert writer.batches == [[first], [second, third]]


async def test_a_crowd_waits_for_those_who_come_at_once(writer: Writer) -> None:
    writer.journal._gather_s = 1.0
    for _ in range(16):
        writer.journal.append(single(1, 2))
    for _ in range(5):
        await asyncio.sleep(0)
    writer.journal.append(single(1, 2))
    await asyncio.wait_for(writer.journal.settled(), 10)
    assert [len(batch) for batch in writer.batches] == [17]


async def test_few_wait_for_nobody(writer: Writer) -> None:
    writer.journal._gather_s = 1000.0
    await asyncio.wait_for(writer.send(*(single(1, 2) for _ in range(15))), 10)


async def test_settled_waits_for_the_batch_that_is_being_committed(writer: Writer) -> None:
    entered = threading.Event()
    writer.journal.submit(lambda _: entered.set())
    message = single(1, 2)
    writer.journal.append(message)
    await asyncio.to_thread(entered.wait, 10)
    await writer.journal.settled()
    assert message.msg_id == 1


async def test_a_cancelled_waiter_disturbs_no_other(writer: Writer) -> None:
    writer.journal.append(single(1, 2))
    impatient = asyncio.ensure_future(writer.journal.settled())  # noqa: TID251
    patient = asyncio.ensure_future(writer.journal.settled())  # noqa: TID251
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert len(writer.batches) == 1


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (single(0, 2), ErrorCode.NOT_ALLOWED),
        (single(1, 0), ErrorCode.NOT_ALLOWED),
        (single(1, 1), ErrorCode.NOT_ALLOWED),
        (single(1, 1 << 32), ErrorCode.NOT_ALLOWED),
        (grouped(1, 77), ErrorCode.NOT_FOUND),
        (grouped(4, 1), ErrorCode.NOT_ALLOWED),
        (PendingMessage(1, 2, 3, "x", NOW), ErrorCode.MALFORMED),
        (single(1, 2, "x" * 4097), ErrorCode.TOO_LARGE),
        (single(1, 2, client_msg_id="x" * 65), ErrorCode.TOO_LARGE),
    ],
)
async def test_what_may_not_be_sent_is_refused_and_leaves_no_trace(
    company: Writer, message: PendingMessage, code: ErrorCode
) -> None:
    message.reset(None)
    before = await company.database.read(rows_in_all)
    await company.send(message)
    assert isinstance(message.error, RefusedError)
    assert message.error.code == code
    assert message.msg_id == 0
    assert await company.database.read(rows_in_all) == before


def rows_in_all(connection: Connection) -> list[int | None]:
    # A row of HyConversation is the lock of a group that exists.
    tables = [table for table in RELATION.metadata.sorted_tables if table.name != "HyConversation"]
    return [connection.execute(select(func.count()).select_from(table)).scalar() for table in tables]


async def test_a_refused_message_uses_up_no_number(company: Writer) -> None:
    sent = await company.send(grouped(1, 1), grouped(4, 1), grouped(2, 1))
    assert [message.msg_id for message in sent] == [1, 0, 2]


async def test_the_longest_content_comes_back_whole(writer: Writer) -> None:
    text = "字" * 4096
    await writer.text(1, 2, text)
    (row,) = await writer.database.read(messages.history, 1, SessionType.SINGLE, 2, 0, 1)
    assert row.content == text


async def test_too_much_waiting_is_refused(database: Database) -> None:
    journal = Journal(database, Conversations(), lambda _: None, max_pending=2)
    journal.append(single(1, 2))
    journal.mark_read(1, SessionType.SINGLE, 2)
    with pytest.raises(RefusedError) as refused:
        journal.append(single(1, 2))
    assert refused.value.code == ErrorCode.BUSY
    assert journal.pending == 2
    await journal.close()


async def test_close_stores_what_waits_and_takes_no_more(database: Database) -> None:
    async with running(database) as writer:
        message = single(1, 2)
        writer.journal.append(message)
        await writer.journal.close()
        assert message.msg_id == 1
        with pytest.raises(RefusedError):
            writer.journal.append(single(1, 2))
        await writer.journal.close()


async def test_close_without_run_tells_those_who_wait(database: Database) -> None:
    reported: list[PendingMessage] = []
    journal = Journal(database, Conversations(), reported.extend)
    journal.append(single(1, 2))
    change = journal.submit(lambda _: None)
    await journal.close()
    assert isinstance(reported[0].error, BackendError)
    with pytest.raises(BackendError):
        await change


async def test_a_cancelled_journal_leaves_nobody_waiting(database: Database) -> None:
    writer = Writer(database)
    run = asyncio.ensure_future(writer.journal.run())  # noqa: TID251
    message = single(1, 2)
    writer.journal.append(message)
    await asyncio.sleep(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert isinstance(message.error, BackendError)
    await writer.journal.close()


async def test_a_change_returns_its_result_in_order_with_messages(writer: Writer) -> None:
    def count(connection: Connection) -> int:
        return len(stored(connection))

    writer.journal.append(single(1, 2))
    before = writer.journal.submit(count)
    writer.journal.append(single(1, 2))
    after = writer.journal.submit(count)
    assert (await before, await after) == (1, 2)
    assert len(writer.batches) == 1


async def test_a_failing_change_harms_nothing_else(writer: Writer) -> None:
    def half_done(connection: Connection) -> None:
        row = {"departName": "ghost", "parentId": 0, "created": 1, "updated": 1}
        connection.execute(insert(DEPART).values(row))
        raise ValueError("changed its mind")

    first, second = single(1, 2), single(1, 2)
    writer.journal.append(first)
    change = writer.journal.submit(half_done)
    refused = writer.journal.submit(users.set_sign_info, 99, "x", NOW)
    writer.journal.append(second)
    with pytest.raises(ValueError, match="changed its mind"):
        await change
    with pytest.raises(RefusedError):
        await refused
    assert (first.msg_id, second.msg_id) == (1, 2)
    assert await writer.database.read(lambda c: c.execute(select(DEPART)).all()) == []


async def test_a_change_that_breaks_a_constraint_fails_alone(writer: Writer) -> None:
    def twice(connection: Connection) -> None:
        row = {"id": 77, "smallId": 8, "bigId": 9, "created": 1, "updated": 1}
        connection.execute(insert(RELATION).values(row))
        connection.execute(insert(RELATION).values(row))

    message = single(1, 2)
    writer.journal.append(message)
    with pytest.raises(ConflictError):
        await writer.journal.submit(twice)
    assert message.msg_id == 1


async def test_one_message_that_cannot_be_stored_does_not_fail_the_others(writer: Writer) -> None:
    sent = await writer.send(single(1, 2), single(1, 2, "half \ud83d"), single(1, 2), single(3, 4))
    assert [message.msg_id for message in sent] == [1, 0, 2, 1]
    assert isinstance(sent[1].error, UnfitValueError)
    assert [message.error for message in sent if message is not sent[1]] == [None] * 3
    assert writer.batches == [sent]
    assert writer.journal.stats.failed == 1


# On MySQL the lock on a conversation stands in the place of the key, and intruders do not take it.
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
async def test_numbers_that_another_writer_took_are_not_given_again(writer: Writer) -> None:
    await writer.text(1, 2)

    def intrude(connection: Connection) -> None:
        relation = connection.execute(select(RELATION.c.id)).scalar_one()
        row = {"relateId": relation, "fromId": 1, "toId": 2, "msgId": 2, "created": 1, "updated": 1}
        connection.execute(insert(SINGLE_MESSAGES[relation % 8]).values(row))

    await writer.database.write(intrude)
    sent = await writer.send(single(1, 2), single(2, 1))
    assert [message.msg_id for message in sent] == [3, 4]


async def test_a_full_disk_fails_the_batch_and_leaves_no_gap(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "full.db")
    async with running(database) as writer:
        await writer.text(1, 2)

        def fill_up(connection: Connection) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        await database.write(fill_up)
        failed = [single(1, 2, "x" * 4000) for _ in range(100)] + [single(5, 6)]
        await writer.send(*failed)
        assert {type(message.error) for message in failed} == {BackendError}
        assert {message.msg_id for message in failed} == {0}
        change = writer.journal.submit(users.set_sign_info, 1, "x", NOW)
        with pytest.raises(RefusedError):  # not a failure: the disk has room again
            await change
        sent = await writer.send(single(1, 2), single(5, 6))
        assert [message.msg_id for message in sent] == [2, 1]
        assert len(await database.read(stored)) == 3
    await database.close()


async def test_changes_of_a_failed_batch_hear_of_it(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "broken.db")
    async with running(database) as writer:

        def lose_the_transaction(connection: Connection) -> None:
            connection.exec_driver_sql("ROLLBACK")
            raise RuntimeError("the transaction is gone")

        message = single(1, 2)
        writer.journal.append(message)
        with pytest.raises(BackendError):
            await writer.journal.submit(lose_the_transaction)
        assert isinstance(message.error, BackendError)
        assert (await writer.text(1, 2)).msg_id == 1
    await database.close()


async def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    for start in (1, 4):
        database = await open_database(tmp_path / "again.db")
        async with running(database) as writer:
            sent = await writer.send(*(single(1, 2) for _ in range(3)))
            assert [message.msg_id for message in sent] == [start, start + 1, start + 2]
        await database.close()
