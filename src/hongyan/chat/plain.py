"""The line mode, for scripts and for terminals that can do no more: a message a line, in and out."""

import asyncio
from collections.abc import Callable
from typing import Final

from hongyan.chat.chatter import Chatter
from hongyan.chat.files import FilesFailed, FileTray, is_about_files
from hongyan.chat.text import one_line
from hongyan.chat.thread import Delivery, Entry
from hongyan.client import Client, ClientError, Conversation, FileOffered, Group, Message, StateChanged

HELP: Final = """\
@name text    write to somebody: a login name, a nick, or the beginning of one
#group text   write to a group
text          write to whom you wrote last
/who          who is online
/history      the last messages of the conversation you wrote to last
/file PATH    send a file to whom you wrote last
/files        the files that wait for you
/get N [PATH] fetch one of them, into this folder, another, or under a name
/quit         leave; the end of the input does too"""


class NotUnderstood(Exception):  # noqa: N818 - reads as what happened
    """A line that cannot be obeyed; the text says what to write instead."""


class PlainChat:
    """Reads lines, prints messages.

    Args:
        client: logged in.
        say: prints a line of the conversation.
        complain: prints a problem.
    """

    def __init__(self, client: Client, say: Callable[[str], None], complain: Callable[[str], None]) -> None:
        self._chatter = Chatter(client, lambda: None, self._print)
        self._model = self._chatter.model
        self._say = say
        self._complain = complain
        self._events = client.events()
        self._to: Conversation | None = None
        self._files = FileTray(client, self._model.directory.user_name, complain)
        self.has_failed = False

    async def run(self, lines: "asyncio.Queue[str | None]") -> None:
        """Chat until the lines end; what was sent has been stored then, or a problem was printed.

        Args:
            lines: what the user writes; ``None`` is the end of it.

        Raises:
            ClientError: what ended the client.
        """
        await self._chatter.refresh()
        try:
            async with asyncio.TaskGroup() as tasks:
                background = [
                    tasks.create_task(self._chatter.follow(), name="follow"),
                    tasks.create_task(self._print_events(), name="events"),
                ]
                await self._obey_all(lines)
                for task in background:
                    task.cancel()
        except* ClientError as ended:
            raise first_of(ended) from None

    async def _print_events(self) -> None:
        async for event in self._events:
            if isinstance(event, StateChanged):
                reason = f": {one_line(str(event.error))}" if event.error is not None else ""
                self._complain(f"{event.state.value}{reason}")
            elif isinstance(event, FileOffered):
                self._say(self._files.describe(event.offer))

    async def _obey_all(self, lines: "asyncio.Queue[str | None]") -> None:
        while (line := await lines.get()) is not None and line.strip() != "/quit":
            try:
                await self._obey(line.strip())
            except (NotUnderstood, FilesFailed) as problem:
                self._fail(str(problem))

    async def _obey(self, line: str) -> None:
        if line == "/help":
            self._say(HELP)
        elif line == "/who":
            self._print_who()
        elif line == "/history":
            await self._print_history()
        elif is_about_files(line):
            for result in await self._files.obey(line, self._last_place):
                self._say(result)
        elif line.startswith("/"):
            raise NotUnderstood(f"{line.split(' ', 1)[0]} is no command; /help lists them")
        elif line:
            await self._send(line)

    async def _send(self, line: str) -> None:
        text = line
        if line[0] in "@#":
            address, _, text = line.partition(" ")
            self._to = self._find_group(address[1:]) if line[0] == "#" else self._find_user(address[1:])
        to = self._last_place()
        if text.strip() and not await self._chatter.send(to, text.strip()):
            self._fail(f"not sent: {self._model.thread(to).failed[-1].problem}")

    def _last_place(self) -> Conversation:
        if self._to is None:
            raise NotUnderstood("to whom? Write @name text, or #group text")
        return self._to

    def _find_user(self, name: str) -> Conversation:
        user = self._chatter.find_user(name)
        if user is not None:
            return user.conversation
        found = ", ".join(one_line(one.name) for one in self._model.directory.find(name)[:10])
        raise NotUnderstood(f"@{name} could be {found}" if found else f"nobody is called @{name}")

    def _find_group(self, name: str) -> Conversation:
        wanted = name.casefold()
        groups = self._model.directory.groups.values()
        found = [one for one in groups if one.name.casefold() == wanted] or [
            one for one in groups if one.name.casefold().startswith(wanted)
        ]
        if len(found) != 1:
            raise NotUnderstood(_which_group(name, found or list(groups)))
        return found[0].conversation

    def _fail(self, problem: str) -> None:
        self.has_failed = True
        self._complain(problem)

    def _print(self, message: Message) -> None:
        """Print a message that came in."""
        where = message.conversation
        sender = one_line(self._model.directory.user_name(message.sender_id))
        place = f" #{one_line(self._model.directory.name_of(where))}" if where.is_group else ""
        self._say(f"[{message.sent_at.astimezone():%H:%M}]{place} {sender}: {one_line(message.text)}")

    def _print_who(self) -> None:
        directory = self._model.directory
        others = [user for user in directory.users.values() if user.id != self._model.own_id]
        online = [user for user in others if directory.is_online(user.id)]
        for user in sorted(online, key=lambda user: user.name):
            self._say(f"@{one_line(user.name)}  {one_line(user.display_name)}")

    async def _print_history(self) -> None:
        place = self._last_place()
        await self._chatter.open(place)
        self._model.open = None  # nobody looks at it any more, so what follows is printed
        for entry in self._model.thread(place).entries():
            self._print_entry(entry)

    def _print_entry(self, entry: Entry) -> None:
        if entry.delivery is Delivery.SENT:
            name = one_line(self._model.directory.user_name(entry.sender_id))
            self._say(f"[{entry.at.astimezone():%Y-%m-%d %H:%M}] {name}: {one_line(entry.text)}")


def _which_group(name: str, groups: list[Group]) -> str:
    names = ", ".join(f"#{one_line(group.name)}" for group in groups[:10])
    return f"#{name} is not one of your groups: {names or 'you are in none'}"


def first_of(group: BaseExceptionGroup[ClientError]) -> ClientError:
    """Return the first of the errors that a group of tasks ended with."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, ClientError)  # noqa: S101 - it was caught as a group of them
    return error
