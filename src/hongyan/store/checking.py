"""Looks for what original servers leave behind in a database: rows written twice, loose ends.

Nothing here depends on the damage being there: our own servers live with all of it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, Table, and_, func, inspect, or_, select

from hongyan.store.entries import GROUP_TYPES, MAX_CONTENT_CHARS, NO_NUMBER, SINGLE_TYPES, SessionType
from hongyan.store.schema import TEAMTALK_TABLES
from hongyan.store.teamtalk import (
    GROUP,
    GROUP_MEMBER,
    GROUP_MESSAGES,
    RELATION,
    SESSION,
    SINGLE_MESSAGES,
    USER,
)

_SAMPLES: Final = 5
_NO_NUMBERS: Final = (0, NO_NUMBER)


class Finding(NamedTuple):
    """One kind of damage in one table.

    Attributes:
        table: where it is.
        what: in words.
        cases: how many rows or conversations it concerns.
        mendable: whether ``repair`` does something about it.
        samples: the first few, as ids.
    """

    table: str
    what: str
    cases: int
    mendable: bool
    samples: tuple[str, ...]


def check(connection: Connection) -> list[Finding]:
    """Everything that is wrong, table by table."""
    findings = _shape(connection)
    findings += _doubles(connection)
    for table in SINGLE_MESSAGES:
        findings += _messages(connection, table, "relateId", RELATION, SINGLE_TYPES)
    for table in GROUP_MESSAGES:
        findings += _messages(connection, table, "groupId", GROUP, GROUP_TYPES)
    findings += _loose_ends(connection)
    return findings


def doubled(table: Table, *names: str) -> Select[Any]:
    """The combinations that stand in several rows."""
    columns = [table.c[name] for name in names]
    return select(*columns).group_by(*columns).having(func.count() > 1).order_by(*columns)


def unnumbered(table: Table, owner: str) -> Select[Any]:
    """Conversations in which an original has stored something while Redis did not answer."""
    return select(table.c[owner]).where(table.c.msgId.in_(_NO_NUMBERS)).distinct().order_by(table.c[owner])


def gone_sessions() -> Select[Any]:
    """Shown conversations whose user or peer is not there."""
    session = SESSION.c
    no_user = ~select(USER.c.id).where(USER.c.id == session.userId).exists()
    no_peer = and_(
        session.type == SessionType.SINGLE, ~select(USER.c.id).where(USER.c.id == session.peerId).exists()
    )
    no_group = and_(
        session.type == SessionType.GROUP, ~select(GROUP.c.id).where(GROUP.c.id == session.peerId).exists()
    )
    return select(session.id).where(session.status == 0, or_(no_user, no_peer, no_group)).order_by(session.id)


def gone_members() -> Select[Any]:
    """Members of groups that are not there, or who are no users."""
    member = GROUP_MEMBER.c
    no_user = ~select(USER.c.id).where(USER.c.id == member.userId).exists()
    no_group = ~select(GROUP.c.id).where(GROUP.c.id == member.groupId).exists()
    return select(member.id).where(member.status == 0, or_(no_user, no_group)).order_by(member.id)


def miscounted_groups() -> Select[Any]:
    """Groups whose count of members is wrong, with the right one."""
    member = GROUP_MEMBER.c
    present = (
        select(func.count(member.userId.distinct()))
        .where(member.groupId == GROUP.c.id, member.status == 0)
        .correlate(GROUP)
        .scalar_subquery()
    )
    wrong = and_(GROUP.c.status == 0, GROUP.c.userCnt != present)
    return select(GROUP.c.id, present).where(wrong).order_by(GROUP.c.id)


def _shape(connection: Connection) -> list[Finding]:
    findings = []
    for table in TEAMTALK_TABLES:
        present = {column["name"] for column in inspect(connection).get_columns(table.name)}
        missing = [column.name for column in table.columns if column.name not in present]
        if missing:
            text = "columns that TeamTalk's tables have and this one lacks"
            findings.append(Finding(table.name, text, len(missing), mendable=False, samples=tuple(missing)))
    return findings


def _doubles(connection: Connection) -> list[Finding]:
    found = (
        _finding(connection, RELATION, "pairs with several relations", doubled(RELATION, "smallId", "bigId")),
        _finding(
            connection,
            SESSION,
            "sessions that stand there several times",
            doubled(SESSION, "userId", "peerId", "type"),
        ),
        _finding(
            connection,
            GROUP_MEMBER,
            "members who stand there several times",
            doubled(GROUP_MEMBER, "groupId", "userId"),
        ),
        _finding(connection, USER, "names that several users have", doubled(USER, "name"), mendable=False),
    )
    return [finding for finding in found if finding is not None]


def _messages(
    connection: Connection, table: Table, owner: str, owners: Table, types: frozenset[int]
) -> list[Finding]:
    message = table.c
    of = message[owner]
    numbered = select(of).where(message.msgId.not_in(_NO_NUMBERS))
    gaps = numbered.group_by(of).having(func.max(message.msgId) > func.count(message.msgId.distinct()))
    orphans = select(of).where(~select(owners.c.id).where(owners.c.id == of).exists()).distinct()
    long = select(message.id).where(func.char_length(message.content) > MAX_CONTENT_CHARS)
    if connection.dialect.name == "sqlite":
        long = select(message.id).where(func.length(message.content) > MAX_CONTENT_CHARS)
    strange = select(message.id).where(message.type.not_in(types))
    asked: Sequence[tuple[str, Select[Any], bool]] = (
        ("conversations with messages without a number", unnumbered(table, owner), True),
        ("numbers that several messages of a conversation have", doubled(table, owner, "msgId"), True),
        ("conversations in which numbers are missing (never stored)", gaps.order_by(of), False),
        ("conversations that nobody has", orphans.order_by(of), False),
        (f"messages of more than {MAX_CONTENT_CHARS} characters", long.order_by(message.id), False),
        ("messages of a type that nobody knows", strange.order_by(message.id), False),
    )
    found = [_finding(connection, table, text, query, mendable=mendable) for text, query, mendable in asked]
    return [finding for finding in found if finding is not None]


def _loose_ends(connection: Connection) -> list[Finding]:
    found = (
        _finding(connection, SESSION, "sessions of users or groups that are gone", gone_sessions()),
        _finding(connection, GROUP_MEMBER, "members who are gone, or of groups that are", gone_members()),
        _finding(connection, GROUP, "groups whose count of members is wrong", miscounted_groups()),
    )
    return [finding for finding in found if finding is not None]


def _finding(
    connection: Connection, table: Table, what: str, query: Select[Any], *, mendable: bool = True
) -> Finding | None:
    count = connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
    if not count:
        return None
    samples = ("/".join(map(str, row)) for row in connection.execute(query.limit(_SAMPLES)))
    return Finding(table.name, what, count, mendable, tuple(samples))
