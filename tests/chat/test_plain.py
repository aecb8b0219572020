"""The line mode: lines in, lines out, problems apart."""

import asyncio
from collections.abc import Callable

import pytest

from hongyan.chat.plain import PlainChat
from hongyan.client import ConnectionLost, Conversation, FileOffered, Kicked, KickReason, RequestRefused, User

from .stub import TEAM, TO_BOB, WANG, StubClient, offer


class Session:
    """A line mode over a stub, with what it printed."""

    def __init__(self) -> None:
        self.client = StubClient()
        self.said: list[str] = []
        self.problems: list[str] = []
        self.lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._news = asyncio.Event()
        self.chat = PlainChat(self.client, self._to(self.said), self._to(self.problems))  # type: ignore[arg-type]

    def _to(self, printed: list[str]) -> Callable[[str], None]:
        def say(line: str) -> None:
            printed.append(line)
            self._news.set()

        return say

    async def until_printed(self, lines: list[str], count: int) -> None:
        async with asyncio.timeout(30):
            while len(lines) < count:
                self._news.clear()
                await self._news.wait()

    async def run(self, *lines: str) -> None:
        for line in (*lines, None):
            self.lines.put_nowait(line)
        async with asyncio.timeout(30):
            await self.chat.run(self.lines)


@pytest.fixture
async def session() -> Session:
    return Session()


async def test_lines_go_to_whom_they_name_and_then_to_the_last(session: Session) -> None:
    await session.run("@bob hello", "and more\n", "#team hi all", "@王伟 你好", "")
    assert [told for told in session.client.told if told[0] == "send"] == [
        ("send", TO_BOB, "hello"),
        ("send", TO_BOB, "and more"),
        ("send", TEAM, "hi all"),
        ("send", Conversation.with_user(WANG), "你好"),
    ]
    assert not session.chat.has_failed


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("hello", "to whom? Write @name text, or #group text"),
        ("@nobody x", "nobody is called @nobody"),
        ("@bo x", "@bo could be bob, bobby"),
        ("#nothing x", "#nothing is not one of your groups: #Team 团队"),
        ("/dance now", "/dance is no command; /help lists them"),
    ],
)
async def test_what_is_not_understood_says_what_to_write(session: Session, line: str, problem: str) -> None:
    session.client.people.append(User(7, "bobby", "Bobby", 1, 1))
    await session.run(line)
    assert session.problems == [problem]
    assert session.chat.has_failed


async def test_a_refused_message_is_a_failure(session: Session) -> None:
    session.client.refusal = RequestRefused(6, "slow down")
    await session.run("@bob hello")
    assert session.problems == ["not sent: slow down"]
    assert session.chat.has_failed


async def test_messages_are_printed_with_their_place_and_sender(session: Session) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session.chat.run(session.lines))
        session.client.say("hi\nthere")
        session.client.say("大家好", TEAM, WANG)
        await session.until_printed(session.said, 2)
        session.lines.put_nowait("/quit")
    assert session.said[0].endswith("] Bob: hi there")
    assert session.said[1].endswith("] #Team 团队 王伟: 大家好")


async def test_history_and_who_answer(session: Session) -> None:
    await session.run("@bob", "/history", "/who", "/help")
    assert session.said[0].endswith("Bob: line 61")
    assert session.said[39].endswith("Bob: line 100")
    assert session.said[40] == "@bob  Bob"
    assert "write to a group" in session.said[41]


async def test_the_connection_is_reported_and_a_kick_ends_it(session: Session) -> None:
    async def chat_until_kicked() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(session.chat.run(session.lines))
            session.client.lose_connection(ConnectionLost("cut"))
            await session.until_printed(session.problems, 1)
            session.client.end(Kicked(KickReason.LOGGED_IN_ELSEWHERE))

    with pytest.raises(ExceptionGroup) as ended:
        await chat_until_kicked()
    assert isinstance(ended.value.exceptions[0], Kicked)
    assert session.problems == ["waiting to reconnect: cut"]


async def test_a_file_goes_to_the_last_and_tells_how_far_it_is(session: Session) -> None:
    await session.run("@bob", "/file /tmp/my report.pdf")
    assert session.client.told[-1] == ("file", TO_BOB, "/tmp/my report.pdf")  # noqa: S108 - no file
    assert session.problems == ["my report.pdf: 30 %", "my report.pdf: 100 %"]
    assert session.said == ["sent my report.pdf, 100 bytes"]
    assert not session.chat.has_failed


async def test_waiting_files_are_fetched_by_their_numbers(session: Session) -> None:
    session.client.waiting = [offer("one"), offer("two")]
    await session.run("/files", "/files", "/get 2", "/get 1 /srv")
    assert session.said[:2] == session.said[2:4]
    assert session.said[0] == "Bob sends one.txt, 5 bytes: /get 1"
    assert [told for told in session.client.told if told[0] == "get"] == [
        ("get", "two", "."),
        ("get", "one", "/srv"),
    ]
    assert session.said[4:] == ["received two.txt", "received /srv/one.txt"]


async def test_an_offered_file_is_shown(session: Session) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session.chat.run(session.lines))
        session.client.hub.publish(FileOffered(offer("new")))
        await session.until_printed(session.said, 1)
        session.lines.put_nowait(None)
    assert session.said == ["Bob sends new.txt, 5 bytes: /get 1"]


async def test_that_no_file_waits_is_said(session: Session) -> None:
    await session.run("/files")
    assert session.said == ["no file waits for you"]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["/file"], "which file? Write /file PATH"),
        (["/get"], "which file? Write /get NUMBER, or /get NUMBER PATH; /files lists them"),
        (["/file x"], "to whom? Write @name text, or #group text"),
        (["@bob", "/file x"], "not sent: slow down"),
        (["/get 1"], "there is no file 1; /files lists them"),
        (["/get " + "9" * 5000], f"there is no file {'9' * 5000}; /files lists them"),
        (["/get ²"], "there is no file ²; /files lists them"),
        (["/files", "/get 1"], "not received: slow down"),
    ],
)
async def test_files_that_do_not_go_say_why(session: Session, lines: list[str], problem: str) -> None:
    session.client.waiting = [offer("one")]
    session.client.refusal = RequestRefused(6, "slow down")
    await session.run(*lines)
    assert session.problems == [problem]
    assert session.chat.has_failed
