"""A company of ten thousand, as the web client's measurements want it: names, departments, a long past."""

import sqlite3
from typing import Final

from hongyan.wire.cipher import MessageCipher

from .filling import LONG_AGO, SHARDS, fill_conversation, user_id

DEPARTMENTS: Final = 60
_ROOTS: Final = 6
_FAMILY: Final = (
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu 高gao"
)
_GIVEN: Final = (
    "伟wei 芳fang 娜na 敏min 静jing 丽li 强qiang 磊lei 洋yang 艳yan 勇yong 军jun 杰jie 娟juan 涛tao 明ming"
)
_WORDS: Final = (
    "the goose carries letters over mountains and rivers until spring"
    " 鸿雁 传书 大家 好 今天 会议 改到 下午 三点"
)
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
    family, first, second = (
        words.split()[number // step % len(words.split())]
        for words, step in ((_FAMILY, 1), (_GIVEN, 16), (_GIVEN, 7))
    )
    pinyin = f"{family[1:]} {first[1:]} {second[1:]}"
    return (pinyin.title() if number % 3 == 0 else family[0] + first[0] + second[0]), pinyin


def remember(connection: sqlite3.Connection, owner: str, peer: str, messages: int, sessions: int) -> None:
    """Give ``owner`` a long conversation with ``peer``, on top of so many short ones with others."""
    me, friend = user_id(connection, owner), user_id(connection, peer)
    others = [
        row[0] for row in connection.execute("SELECT id FROM IMUser WHERE id > ? LIMIT ?", (friend, sessions))
    ]
    for other in others:
        fill_conversation(connection, me, other, 1)
    fill_conversation(connection, me, friend, messages)
    _write_letters(connection, me, friend)
    rows = [(me, other, LONG_AGO + number) for number, other in enumerate(others)]
    rows.append((me, friend, LONG_AGO + messages))
    connection.executemany(
        "INSERT OR IGNORE INTO IMRecentSession (userId, peerId, type, status, created, updated)"
        " VALUES (?, ?, 1, 0, 0, ?)",
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
    words = _WORDS.split()
    length = 3 + number * 7 % (60 if number % 11 == 0 else 17)
    return f"{number}: " + " ".join(words[(number + place * place) % len(words)] for place in range(length))
