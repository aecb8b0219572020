"""A send that carries a client message id is stored once, however often it comes."""

from pathlib import Path

from sqlalchemy import Connection, func, select

from hongyan.errors import RefusedError
from hongyan.store import open_database
from hongyan.store.teamtalk import SESSION, SINGLE_MESSAGES

from .writing import Writer, grouped, running, single


def count(connection: Connection) -> int:
    return sum(
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in SINGLE_MESSAGES
    )


def peers_of(connection: Connection, user: int) -> list[int]:
    return list(connection.execute(select(SESSION.c.peerId).where(SESSION.c.userId == user)).scalars())


async def test_a_repeat_gets_the_first_number_and_is_not_stored(writer: Writer) -> None:
    first = await writer.text(1, 2, client_msg_id="a")
    other = await writer.text(1, 2, client_msg_id="b")
    again = await writer.text(1, 2, client_msg_id="a")
    assert (first.msg_id, other.msg_id, again.msg_id) == (1, 2, 1)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert await writer.database.read(count) == 2


async def test_a_repeat_in_the_same_batch_is_recognised(writer: Writer) -> None:
    sent = await writer.send(*(single(1, 2, client_msg_id="a") for _ in range(3)), single(1, 2))
    assert [message.msg_id for message in sent] == [1, 1, 1, 2]
    assert [message.duplicate for message in sent] == [False, True, True, False]


async def test_ids_belong_to_their_sender(writer: Writer) -> None:
    sent = await writer.send(single(1, 2, client_msg_id="a"), single(2, 1, client_msg_id="a"))
    assert [(message.msg_id, message.duplicate) for message in sent] == [(1, False), (2, False)]


async def test_an_id_of_another_conversation_is_refused(company: Writer) -> None:
    await company.text(1, 2, client_msg_id="a")
    sent = await company.send(single(1, 3, client_msg_id="a"), grouped(1, 2, client_msg_id="a"))
    assert all(isinstance(message.error, RefusedError) for message in sent)
    assert all(message.msg_id == 0 and message.duplicate for message in sent)


async def test_a_conversation_is_not_begun_by_what_is_refused_in_it(writer: Writer) -> None:
    await writer.text(1, 2, client_msg_id="a")
    await writer.text(1, 3, client_msg_id="a")
    assert await writer.database.read(peers_of, 1) == [2]
    assert (await writer.text(1, 3, client_msg_id="b")).msg_id == 1


async def test_an_id_whose_first_use_was_refused_is_free(company: Writer) -> None:
    sent = await company.send(grouped(4, 1, client_msg_id="a"), single(4, 1, client_msg_id="a"))
    assert isinstance(sent[0].error, RefusedError)
    assert (sent[1].msg_id, sent[1].duplicate) == (1, False)


async def test_an_id_of_a_failed_message_is_free(writer: Writer) -> None:
    sent = await writer.send(single(1, 2, "\ud83d", client_msg_id="a"), single(1, 2))
    assert sent[0].error is not None
    again = await writer.text(1, 2, client_msg_id="a")
    assert (again.msg_id, again.duplicate) == (2, False)


async def test_a_repeat_after_a_restart_is_recognised(tmp_path: Path) -> None:
    outcomes = []
    for _ in range(2):
        database = await open_database(tmp_path / "hongyan.db")
        async with running(database) as writer:
            message = await writer.text(1, 2, client_msg_id="a")
            outcomes.append((message.msg_id, message.duplicate))
        await database.close()
    assert outcomes == [(1, False), (1, True)]


async def test_many_ids_in_one_batch_are_looked_up(writer: Writer) -> None:
    first = await writer.send(*(single(1, 2, client_msg_id=f"{n}") for n in range(600)))
    again = await writer.send(*(single(1, 2, client_msg_id=f"{n}") for n in range(1200)))
    assert [message.msg_id for message in first] == list(range(1, 601))
    assert [message.msg_id for message in again] == list(range(1, 1201))
    assert sum(message.duplicate for message in again) == 600
