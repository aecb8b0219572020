"""A client of the protocol, written from the specification alone."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from .wire import (
    COMMAND_OF,
    ERROR_NOTICE,
    HEADER,
    HEARTBEAT,
    MESSAGE_OF,
    SCHEMA,
    Frame,
    Message,
    encode,
    header_of,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

DEADLINE_S = 30.0
"""How long anything that must happen may take on a machine that does much else; nothing waits this long."""
PASSWORD = "wild goose 鸿雁"

SINGLE, GROUP = 1, 2
SINGLE_TEXT, SINGLE_AUDIO, GROUP_TEXT, GROUP_AUDIO = 0x01, 0x02, 0x11, 0x12
ONLINE, OFFLINE, LEAVE = 1, 2, 3
ADD, DELETE = 1, 2
NORMAL_GROUP, TEMPORARY_GROUP = 1, 2

# What an error notice's code says.
MALFORMED, UNKNOWN_COMMAND, NOT_ALLOWED, NOT_FOUND, TOO_LARGE = 1, 2, 3, 4, 5
RATE_LIMITED, NOT_STORED, UNAVAILABLE, BUSY = 6, 7, 8, 9


@dataclass(frozen=True)
class Kind:
    """A shipped client, told by its client_type and the header it writes."""

    client_type: int
    version: int = 1
    flag: int = 0
    reserved: int = 0


WINDOWS = Kind(0x01)
MAC = Kind(0x02)
IOS = Kind(0x11, version=13, reserved=1)
ANDROID = Kind(0x12, version=6, reserved=0x30)


@dataclass(frozen=True)
class User:
    name: str
    user_id: int = 0
    password: str = PASSWORD


class ClosedError(AssertionError):
    """The server closed the connection while a test waited for something."""


class RefusedError(Exception):
    """The server answered with an error notice."""

    def __init__(self, notice: Message) -> None:
        super().__init__(str(notice))
        self.notice = notice
        self.code: int = notice.code


class LoginRefusedError(Exception):
    def __init__(self, answer: Message) -> None:
        super().__init__(str(answer))
        self.code: int = answer.result_code


class Connection:
    """Frames over one TCP connection; what a test has not asked for yet waits in a backlog."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._backlog: list[Frame] = []

    @classmethod
    async def open(cls, address: str, **options: Any) -> Self:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        return cls(reader, writer, **options)

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    def cut(self) -> None:
        """Goes without a word: a reset, as when a cable is pulled and the peer finds out late."""
        self._writer.transport.abort()

    def stop_reading(self) -> None:
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    async def write(self, raw: bytes) -> None:
        """Writes; that the peer has gone is for the next read to tell."""
        with suppress(ConnectionError):
            self._writer.write(raw)
            await self._writer.drain()

    async def send_frame(self, *frames: Frame) -> None:
        await self.write(b"".join(frame.encode() for frame in frames))

    async def read_frame(self) -> Frame | None:
        """The next frame off the wire, or None at the end."""
        try:
            length, frame = header_of(await self._reader.readexactly(HEADER.size))
            body = await self._reader.readexactly(length - HEADER.size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return replace(frame, body=body)

    async def read_raw(self, within_s: float = DEADLINE_S) -> bytes:
        """All bytes until the server closes, for what is not a sequence of frames."""
        async with asyncio.timeout(within_s):
            with suppress(ConnectionError):
                return await self._reader.read()
        return b""

    async def next(self, wanted: Callable[[Frame], bool], what: str, within_s: float = DEADLINE_S) -> Frame:
        """The next frame that is wanted; the others stay in the backlog, in order."""
        for index, frame in enumerate(self._backlog):
            if wanted(frame):
                return self._backlog.pop(index)
        try:
            async with asyncio.timeout(within_s):
                return await self._read_until(wanted, what)
        except TimeoutError:
            raise AssertionError(f"no {what} within {within_s} s, only {self._backlog}") from None

    async def _read_until(self, wanted: Callable[[Frame], bool], what: str) -> Frame:
        while True:
            frame = await self.read_frame()
            if frame is None:
                raise ClosedError(f"closed before {what} came, after {self._backlog}")
            if wanted(frame):
                return frame
            self._backlog.append(frame)

    async def closed(self, within_s: float = DEADLINE_S) -> list[Frame]:
        """Waits for the server to close; returns what came before."""
        try:
            async with asyncio.timeout(within_s):
                while (frame := await self.read_frame()) is not None:
                    self._backlog.append(frame)
        except TimeoutError:
            raise AssertionError(f"still open after {within_s} s: {self._backlog}") from None
        frames, self._backlog = self._backlog, []
        return frames

    async def arrived(self, *names: str) -> list[Message]:
        """Messages that came before the echo of a heartbeat sent now; all others are forgotten."""
        seq = 0xBEA7
        await self.send_frame(Frame(HEARTBEAT, seq=seq))
        await self.next(lambda frame: (frame.command, frame.seq) == (HEARTBEAT, seq), "heartbeat")
        frames, self._backlog = self._backlog, []
        messages = [frame.message for frame in frames if frame.command in MESSAGE_OF]
        return [message for message in messages if not names or message.name in names]


class Client(Connection):
    """A connection with a sequence number, and after log_in a user."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        user: User | None = None,
        kind: Kind = WINDOWS,
    ) -> None:
        super().__init__(reader, writer)
        self.user = user or User("nobody")
        self.kind = kind
        self.user_id = 0
        self._seqs = itertools.count(1)

    def __repr__(self) -> str:
        return f"{self.user.name}/{self.kind.client_type:#x}"

    # --- asking ---

    def frame(self, message: str, **fields: Any) -> Frame:
        """The frame this client would send, with its next sequence number and its own ids."""
        for own in ("user_id", "from_user_id"):
            if own in SCHEMA[message] and own not in fields:
                fields[own] = self.user_id
        return Frame(
            COMMAND_OF[message],
            encode(message, **fields),
            seq=next(self._seqs) & 0xFFFF,
            version=self.kind.version,
            flag=self.kind.flag,
            reserved=self.kind.reserved,
        )

    async def send(self, message: str, **fields: Any) -> int:
        frame = self.frame(message, **fields)
        await self.send_frame(frame)
        return frame.seq

    async def ask(self, request: str, **fields: Any) -> Message:
        return await self.answer(request, await self.send(request, **fields))

    async def answer(self, request: str, seq: int) -> Message:
        """The answer to a request; an error notice about it is raised."""
        command = COMMAND_OF[request]
        frame = await self.next(
            lambda frame: (frame.command, frame.seq) == (command + 1, seq) or refuses(frame, command, seq),
            f"answer to {request} seq {seq}",
        )
        if frame.command == ERROR_NOTICE:
            assert frame.seq == 0, "stock clients match answers by seq"
            raise RefusedError(frame.message)
        return frame.message

    async def refused(self, request: str, **fields: Any) -> int:
        """Asks for what must be refused with an error notice; returns the notice's code."""
        try:
            answer = await self.ask(request, **fields)
        except RefusedError as refusal:
            return refusal.code
        raise AssertionError(f"{request} was answered: {answer}")

    async def expect(self, name: str, **fields: Any) -> Message:
        """The next message of that name with these values."""
        return (await self.expect_frame(name, **fields)).message

    async def expect_frame(self, name: str, **fields: Any) -> Frame:
        return await self.next(
            lambda frame: frame.command == COMMAND_OF[name] and frame.message.has(**fields),
            f"{name} {fields}",
        )

    # --- logging in ---

    async def request_login(self, **fields: Any) -> Message:
        """One login request; the fields replace what an honest client would say."""
        honest = {
            "user_name": self.user.name,
            "password": md5(self.user.password),
            "online_status": ONLINE,
            "client_type": self.kind.client_type,
            "client_version": "acceptance/1",
        }
        answer = await self.ask("IMLoginReq", **{**honest, **fields})
        if answer.result_code == 0:
            self.user_id = answer.user_info.user_id
        return answer

    async def log_in(self, **fields: Any) -> Self:
        answer = await self.request_login(**fields)
        if answer.result_code:
            raise LoginRefusedError(answer)
        return self

    # --- talking ---

    async def post(self, to: int, data: bytes, kind: int = SINGLE_TEXT, **fields: Any) -> int:
        """Sends a message and does not wait; returns its sequence number."""
        return await self.send("IMMsgData", **written(to, data, kind), **fields)

    async def post_all(
        self, to: int, texts: Sequence[bytes], kind: int = SINGLE_TEXT, **fields: Any
    ) -> list[int]:
        """Sends several messages in one write."""
        frames = [self.frame("IMMsgData", **written(to, text, kind), **fields) for text in texts]
        await self.send_frame(*frames)
        return [frame.seq for frame in frames]

    async def acked(self, seq: int) -> Message:
        return await self.answer("IMMsgData", seq)

    async def say(self, to: int, data: bytes, kind: int = SINGLE_TEXT, **fields: Any) -> Message:
        """Sends a message and returns its ack."""
        return await self.acked(await self.post(to, data, kind, **fields))

    async def hears(self, data: bytes, **fields: Any) -> Message:
        return await self.expect("IMMsgData", msg_data=data, **fields)

    # --- looking back ---

    async def history(
        self, session: int, session_type: int = SINGLE, begin: int = 0, count: int = 100
    ) -> list[Message]:
        """A page of history, newest first."""
        answer = await self.ask(
            "IMGetMsgListReq",
            session_type=session_type,
            session_id=session,
            msg_id_begin=begin,
            msg_cnt=count,
        )
        assert answer.has(session_type=session_type, session_id=session, msg_id_begin=begin)
        return answer.msg_list

    async def whole_history(self, session: int, session_type: int = SINGLE) -> list[Message]:
        """All of a conversation, oldest first, page by page."""
        messages: list[Message] = []
        begin = 0
        while page := await self.history(session, session_type, begin, 100):
            messages += page
            begin = page[-1].msg_id - 1
            if begin == 0:
                break
        return messages[::-1]

    async def latest_msg_id(self, session: int, session_type: int = SINGLE) -> int:
        answer = await self.ask("IMGetLatestMsgIdReq", session_type=session_type, session_id=session)
        return answer.latest_msg_id

    async def unread(self) -> dict[tuple[int, int], Message]:
        """Unread counters by (session, type)."""
        answer = await self.ask("IMUnreadMsgCntReq")
        assert answer.total_cnt == sum(entry.unread_cnt for entry in answer.unreadinfo_list)
        return {(entry.session_id, entry.session_type): entry for entry in answer.unreadinfo_list}

    async def sessions(self, since: int = 0) -> dict[tuple[int, int], Message]:
        """Recent sessions by (session, type)."""
        answer = await self.ask("IMRecentContactSessionReq", latest_update_time=since)
        return {(entry.session_id, entry.session_type): entry for entry in answer.contact_session_list}

    async def server_time(self) -> int:
        return (await self.ask("IMClientTimeReq")).server_time

    async def clock_past(self, moment: int) -> None:
        """Waits until the server's clock, which has whole seconds only, shows a later one."""
        await eventually(self.server_time, lambda now: now > moment, f"second {moment + 1}")

    # --- groups ---

    async def create_group(
        self, *others: int, name: str = "the group", group_type: int = TEMPORARY_GROUP
    ) -> Message:
        """Asks for a group of oneself and others."""
        return await self.ask(
            "IMGroupCreateReq",
            group_type=group_type,
            group_name=name,
            group_avatar="",
            member_id_list=[self.user_id, *others],
        )

    async def change_members(self, group: int, change: int, *members: int) -> Message:
        return await self.ask(
            "IMGroupChangeMemberReq", change_type=change, group_id=group, member_id_list=members
        )

    async def group_info(self, group: int, version: int = 0) -> Message | None:
        """The group if it is newer than that version."""
        answer = await self.ask(
            "IMGroupInfoListReq", group_version_list=[{"group_id": group, "version": version}]
        )
        return answer.group_info_list[0] if answer.group_info_list else None

    async def say_to_group(self, group: int, data: bytes, **fields: Any) -> Message:
        return await self.say(group, data, GROUP_TEXT, **fields)


async def eventually(
    question: Callable[[], Awaitable[Any]],
    accepted: Callable[[Any], bool],
    what: str,
    within_s: float = DEADLINE_S,
) -> Any:
    """Asks again until the answer is right: for what the server does in its own time."""
    end = time.monotonic() + within_s
    while not accepted(answer := await question()):
        assert time.monotonic() < end, f"no {what} within {within_s} s, but {answer}"
        await asyncio.sleep(0.02)
    return answer


def refuses(frame: Frame, command: int, seq: int) -> bool:
    """Whether a frame is an error notice about that request."""
    if frame.command != ERROR_NOTICE:
        return False
    notice = frame.message
    return notice.command_id == command and notice.seq in {seq, None}


def written(to: int, data: bytes, kind: int) -> dict[str, Any]:
    return {
        "to_session_id": to,
        "msg_id": 0,
        "create_time": 0,
        "msg_type": kind,
        "msg_data": data,
    }


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


async def http(address: str, request: bytes, within_s: float = DEADLINE_S) -> bytes:
    """Sends a raw HTTP request and returns all that comes until the server closes."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        async with asyncio.timeout(within_s):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
