"""Other processes: killed ones that wrote, and tools that write while the suite runs."""

import asyncio
import sys
from pathlib import Path

from sqlalchemy import Connection, select

from hongyan.store import Conversations, Database, SessionType, accounts, membership, open_database, users
from hongyan.store.accounts import NewUser
from hongyan.store.teamtalk import GROUP_MESSAGES, RELATION, SINGLE_MESSAGES

from .writing import NOW, running, single

HERE = Path(__file__).parent


async def flood(path: Path, at_least: int) -> dict[tuple[int, int], list[int]]:
    """The numbers that a process reported as stored in each conversation before it was killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, HERE / "flood.py", f"sqlite:///{path}", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines = [await process.stdout.readline() for _ in range(at_least)]
    assert lines[-1], f"the process ended after {lines.index(b'')} messages"
    process.kill()
    lines += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    reported: dict[tuple[int, int], list[int]] = {}
    for line in lines:
        if line.endswith(b"\n"):
            session_type, peer, msg_id = map(int, line.split())
            reported.setdefault((session_type, peer), []).append(msg_id)
    return reported


def numbers(connection: Connection) -> dict[tuple[int, int], list[int]]:
    """The numbers in the database by conversation, in the order of their rows."""
    found: dict[tuple[int, int], list[int]] = {}
    for relation, peer in connection.execute(select(RELATION.c.id, RELATION.c.bigId)).all():
        message = SINGLE_MESSAGES[relation % 8].c
        rows = select(message.msgId).where(message.relateId == relation).order_by(message.id)
        found[SessionType.SINGLE, peer] = list(connection.execute(rows).scalars())
    message = GROUP_MESSAGES[1].c
    rows = select(message.msgId).where(message.groupId == 1).order_by(message.id)
    found[SessionType.GROUP, 1] = list(connection.execute(rows).scalars())
    return found


async def test_what_was_reported_survives_a_kill_and_numbers_have_no_gaps(tmp_path: Path) -> None:
    path = tmp_path / "hongyan.db"
    database = await open_database(path)
    who = {"name": "g", "group_type": 1, "member_ids": [1, 2], "by": 1, "now": NOW}
    await database.write(lambda connection: membership.create(connection, **who))
    for _ in range(3):
        reported = await flood(path, 3_000)
        stored = await database.read(numbers)
        for conversation, ids in reported.items():
            assert ids == list(range(ids[0], ids[0] + len(ids)))
            assert set(ids) <= set(stored[conversation])
        for ids in stored.values():
            assert ids == list(range(1, len(ids) + 1))
    await database.close()


async def test_tools_write_while_messages_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "hongyan.db"
    suite, tool = await open_database(path), await open_database(path)

    async def add_people() -> None:
        for start in range(0, 300, 100):
            people = [NewUser(f"u{number}", "hash") for number in range(start, start + 100)]
            await tool.write(accounts.add_users, people, NOW)

    async with running(suite) as writer, asyncio.TaskGroup() as group:
        group.create_task(add_people())
        for expected in range(1, 51):
            sent = await writer.send(single(1, 2), single(3, 4))
            assert [message.msg_id for message in sent] == [expected, expected]
    assert len((await suite.read(users.changed_since, 0)).users) == 300
    await suite.close()
    await tool.close()


async def test_the_suite_sees_at_once_what_a_tool_changed(tmp_path: Path) -> None:
    path = tmp_path / "hongyan.db"
    suite, tool = await open_database(path), await open_database(path)
    await tool.write(accounts.add_user, NewUser("u1", "one"), NOW)
    assert await hash_and_status(suite) == ("one", 0)
    await tool.write(accounts.set_password, "u1", "two", NOW)
    assert await hash_and_status(suite) == ("two", 0)
    await tool.write(accounts.disable, "u1", NOW)
    assert await hash_and_status(suite) == ("two", users.LEFT)
    await suite.close()
    await tool.close()


async def hash_and_status(database: Database) -> tuple[str, int]:
    found = await database.read(accounts.credentials, "u1")
    assert found is not None
    return found.slow_hash, found.status


async def test_the_suite_sees_members_that_a_tool_changed(tmp_path: Path) -> None:
    path = tmp_path / "hongyan.db"
    suite, tool = await open_database(path), await open_database(path)
    made = {"name": "g", "group_type": 1, "member_ids": [1, 2], "by": 1, "now": NOW}
    group = await suite.write(lambda connection: membership.create(connection, **made))
    async with running(suite) as writer:
        assert (await writer.group_text(2, group)).error is None
        await tool.write(membership.remove_members, Conversations(), group, [2], by=None, now=NOW)
        assert (await writer.group_text(2, group)).error is not None
        await tool.write(membership.add_members, Conversations(), group, [2, 3], by=None, now=NOW)
        for sender, number in ((2, 2), (3, 3)):
            assert (await writer.group_text(sender, group)).msg_id == number
        assert writer.conversations.members(group) == (1, 2, 3)
    await suite.close()
    await tool.close()


async def test_what_the_suite_itself_writes_is_kept_in_memory(tmp_path: Path) -> None:
    suite = await open_database(tmp_path / "hongyan.db")
    async with running(suite) as writer:
        await writer.text(1, 2)
        await writer.text(3, 4)
        await suite.read(users.changed_since, 0)
        await writer.text(3, 4)
        assert len(writer.conversations) == 2
    await suite.close()
