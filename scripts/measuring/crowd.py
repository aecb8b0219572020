"""A company of ten thousand, as the web client's measurements want it: names, departments, a long past."""

import sqlite3
from typing import Final

from hongyan.wire.cipher import MessageCipher

from .filling import LONG_AGO, SHARDS, fill_conversation, user_id

DEPARTMENTS: Final = 60
_ROOTS: Final = 6
_FAMILY: Final = tuple(
    zip(
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高",
        "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin luo gao".split(),
        strict=True,
    )
)
_GIVEN: Final = tuple(
    zip(
        "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超秀霞平刚桂文辉力健永",
        "wei fang na min jing li qiang lei yang yan yong jun jie juan tao ming chao xiu xia ping gang gui wen hui"
        " li jian yong".split(),
        strict=True,
    )
)
_WORDS: Final = "the goose carries letters over mountains and rivers until spring 鸿雁 传书 大家 好 今天 会议 改到 下午 三点".split()
_TEXTS: Final = 997
"""Different texts; a prime, so that neighbours differ."""


def settle(connection: sqlite3.Connection) -> None:
    """Give all users names in Chinese or English, their pinyin, and departments in two levels."""
    rows = [
        (f"部门 {number}", number % 10, 0 if number <= _ROOTS else (number % _ROOTS) + 1, LONG_AGO, LONG_AGO)
        for number in range(1, DEPARTMENTS + 1)
    ]
    columns = "departName, priority, parentId, status, created, updated"
    connection.executemany(f"INSERT INTO IMDepart ({columns}) VALUES (?, ?, ?, 0, ?, ?)", rows)  # noqa: S608 - constant text
    ids = [row[0] for row in connection.execute("SELECT id FROM IMUser ORDER BY id")]
    people = [(*_name(number), number % DEPARTMENTS + 1, user) for number, user in enumerate(ids)]
    connection.executemany("UPDATE IMUser SET nick = ?, domain = ?, departId = ? WHERE id = ?", people)


def _name(number: int) -> tuple[str, str]:
    """Somebody's nick and pinyin; every third has an English one."""
    family, family_pinyin = _FAMILY[number % len(_FAMILY)]
    first, first_pinyin = _GIVEN[number // len(_FAMILY) % len(_GIVEN)]
    second, second_pinyin = _GIVEN[number // 7 % len(_GIVEN)]
    if number % 3 == 0:
        return f"{second_pinyin.title()} {family_pinyin.title()} {number}", f"{second_pinyin} {family_pinyin}"
    return f"{family}{first}{second}", f"{family_pinyin} {first_pinyin} {second_pinyin}"


def remember(connection: sqlite3.Connection, owner: str, peer: str, messages: int, sessions: int) -> None:
    """Give ``owner`` a long conversation with ``peer``, on top of so many short ones with others."""
    me, friend = user_id(connection, owner), user_id(connection, peer)
    others = [row[0] for row in connection.execute("SELECT id FROM IMUser WHERE id > ? LIMIT ?", (friend, sessions))]
    for other in others:
        fill_conversation(connection, me, other, 1)
    fill_conversation(connection, me, friend, messages)
    _write_letters(connection, me, friend)
    rows = [(me, other, LONG_AGO + number) for number, other in enumerate(others)]
    rows.append((me, friend, LONG_AGO + messages))
    connection.executemany(
        "INSERT OR IGNORE INTO IMRecentSession (userId, peerId, type, status, created, updated)"
        f" VALUES (?, ?, 1, 0, {LONG_AGO}, ?)",
        rows,
    )


def _write_letters(connection: sqlite3.Connection, one: int, other: int) -> None:
    """Encrypt what the two have written, and let them take turns."""
    pair = (min(one, other), max(one, other))
    relation: int = connection.execute(
        "SELECT id FROM IMRelationShip WHERE smallId = ? AND bigId = ?", pair
    ).fetchone()[0]
    cipher = MessageCipher()
    connection.execute("CREATE TEMP TABLE letter (number INTEGER PRIMARY KEY, content TEXT)")
    letters = [(number, cipher.encrypt(_text(number).encode()).decode()) for number in range(_TEXTS)]
    connection.executemany("INSERT INTO letter VALUES (?, ?)", letters)
    connection.execute(
        f"UPDATE IMMessage_{relation % SHARDS} SET"  # noqa: S608 - one of our tables
        f" content = (SELECT content FROM letter WHERE number = msgId % {_TEXTS}),"
        " fromId = iif(msgId % 3, ?, ?), toId = iif(msgId % 3, ?, ?) WHERE relateId = ?",
        (other, one, one, other, relation),
    )
    connection.execute("DROP TABLE letter")


def _text(number: int) -> str:
    """One of the texts: a few words or a few lines."""
    length = 3 + number * 7 % (60 if number % 11 == 0 else 17)
    return f"{number}: " + " ".join(_WORDS[(number + place * place) % len(_WORDS)] for place in range(length))
