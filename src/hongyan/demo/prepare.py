"""Puts the demo company into a database, once."""

import asyncio
from collections.abc import Iterator
from time import time
from typing import Final, NamedTuple

from sqlalchemy import Connection

from hongyan.demo.company import CHATS, DEPARTMENTS, GROUPS, PASSWORD, PEOPLE, Chat
from hongyan.slow_hashes import slow_hash
from hongyan.store import Conversations, Database, PendingMessage, departments, membership, users
from hongyan.store.accounts import NewUser, add_user, credentials
from hongyan.store.batch import store_run
from hongyan.store.groups import NORMAL, TEMPORARY
from hongyan.store.passwords import client_digest
from hongyan.wire.cipher import MessageCipher
from hongyan.wire.pb.base_define_pb2 import MsgType

FOUNDED_HOURS_AGO: Final = 240
HOUR_S: Final = 3600
LINE_S: Final = 150
"""Between two lines of a chat."""

Ids = dict[str, int]


class DemoUser(NamedTuple):
    """Somebody who can log in."""

    name: str
    password: str
    nick: str


async def prepare_demo(database: Database) -> list[DemoUser]:
    """Make the company, unless it is there, and return who can log in.

    To be called before messages flow: it writes past the journal.

    Raises:
        RefusedError: other users have names that the demo needs.
    """
    if not await database.read(_is_there):
        secret = await asyncio.to_thread(slow_hash, client_digest(PASSWORD))
        await database.write(_found, secret, int(time()))
    return [DemoUser(person.name, PASSWORD, person.nick) for person in PEOPLE]


def _is_there(connection: Connection) -> bool:
    return all(credentials(connection, person.name) is not None for person in PEOPLE)


def _found(connection: Connection, secret: str, now: int) -> None:
    founded = now - FOUNDED_HOURS_AGO * HOUR_S
    for name, parent in DEPARTMENTS:
        departments.add(connection, name, founded, parent=parent)
    people = {person.name: _hire(connection, number, secret, founded) for number, person in enumerate(PEOPLE)}
    groups = {
        group.name: membership.create(
            connection,
            name=group.name,
            group_type=NORMAL if group.is_normal else TEMPORARY,
            member_ids=[people[name] for name in group.members],
            by=people[group.members[0]],
            now=founded,
        )
        for group in GROUPS
    }
    _say(connection, _messages(people, groups, now))


def _hire(connection: Connection, number: int, secret: str, founded: int) -> int:
    person = PEOPLE[number]
    user = NewUser(
        name=person.name,
        slow_hash=secret,
        nick=person.nick,
        department_id=departments.id_of(connection, person.department),
        phone=person.phone,
        email=person.email,
        sex=person.sex,
    )
    user_id = add_user(connection, user, founded)
    if person.signature:
        users.set_sign_info(connection, user_id, person.signature, founded)
    return user_id


def _messages(people: Ids, groups: Ids, now: int) -> Iterator[PendingMessage]:
    cipher = MessageCipher()
    for chat in CHATS:
        began = now - int(chat.hours_ago * HOUR_S)
        for number, (speaker, text) in enumerate(chat.lines):
            content = cipher.encrypt(text.encode()).decode()
            peer, kind = _peer(chat, speaker, people, groups)
            yield PendingMessage(people[speaker], peer, kind, content, began + number * LINE_S)


def _peer(chat: Chat, speaker: str, people: Ids, groups: Ids) -> tuple[int, int]:
    """Return whom a line is said to, and its type."""
    if chat.place in groups:
        return groups[chat.place], MsgType.MSG_TYPE_GROUP_TEXT
    first = chat.lines[0][0]
    return people[chat.place if speaker == first else first], MsgType.MSG_TYPE_SINGLE_TEXT


def _say(connection: Connection, messages: Iterator[PendingMessage]) -> None:
    # One by one, so that the sessions show the times of their messages and not that of today.
    conversations = Conversations()
    for message in messages:
        store_run(connection, conversations, [message], message.create_time)
        if message.error is not None:
            raise message.error
