"""Who works in the demo company, and what they have said to each other."""

from typing import Final, NamedTuple

PASSWORD: Final = "demo"  # noqa: S105 - printed at start, and for trying things only

MALE: Final = 1
FEMALE: Final = 2


class Person(NamedTuple):
    """A user; ``name`` is what is typed to log in."""

    name: str
    nick: str
    department: str
    sex: int
    phone: str
    signature: str

    @property
    def email(self) -> str:
        """An address that reaches nobody."""
        return f"{self.name}@example.org" if self.name.isascii() else ""


class Group(NamedTuple):
    """A group; the first member made it."""

    name: str
    members: tuple[str, ...]
    is_normal: bool = True


class Chat(NamedTuple):
    """What was said in one conversation.

    Attributes:
        place: the name of a group, or of the person that the first speaker talks to.
        hours_ago: when it began.
        lines: speaker and text; some minutes lie between two.
    """

    place: str
    hours_ago: float
    lines: tuple[tuple[str, str], ...]


DEPARTMENTS: Final = (
    ("鸿雁科技", ""),
    ("研发部 R&D", "鸿雁科技"),
    ("服务器组 Server", "研发部 R&D"),
    ("客户端组 Client", "研发部 R&D"),
    ("市场部 Marketing", "鸿雁科技"),
    ("行政部 Office", "鸿雁科技"),
)
"""Name and parent; parents stand first."""

PEOPLE: Final = (
    Person("anna", "Anna Schmidt", "服务器组 Server", FEMALE, "13800000001", "Ships on Fridays."),
    Person("bob", "Bob Miller", "客户端组 Client", MALE, "13800000002", "Out for lunch."),
    Person("carol", "Carol Jones", "市场部 Marketing", FEMALE, "13800000003", "Numbers, please."),
    Person("dave", "Dave Brown", "服务器组 Server", MALE, "13800000004", ""),
    Person("emma", "Emma Rossi", "行政部 Office", FEMALE, "13800000005", "Ask me about the keys."),
    Person("frank", "Frank Weber", "市场部 Marketing", MALE, "13800000006", ""),
    Person("王伟", "王伟", "服务器组 Server", MALE, "13800000007", "代码即文档"),
    Person("李娜", "李娜", "客户端组 Client", FEMALE, "13800000008", "今天也要加油"),
    Person("张敏", "张敏", "行政部 Office", FEMALE, "13800000009", "鸿雁传书"),
    Person("刘洋", "刘洋", "研发部 R&D", MALE, "13800000010", "忙，请留言"),
    Person("chenjie", "陈洁", "市场部 Marketing", FEMALE, "13800000011", ""),
    Person("zhaolei", "赵磊", "客户端组 Client", MALE, "13800000012", "周末去爬山"),
)

GROUPS: Final = (
    Group("全体员工 Everyone", ("刘洋", *(person.name for person in PEOPLE if person.name != "刘洋"))),
    Group("服务器组", ("王伟", "anna", "dave", "刘洋")),
    Group("客户端组", ("李娜", "bob", "zhaolei", "刘洋")),
    Group("周末爬山 Hiking", ("zhaolei", "anna", "bob", "李娜", "张敏"), is_normal=False),
)

CHATS: Final = (
    Chat(
        "全体员工 Everyone",
        214,
        (
            ("刘洋", "大家好，从今天起我们用鸿雁聊天。Welcome, everybody!"),
            ("anna", "Hello from the server room."),
            ("emma", "Good morning! New keys are at the front desk."),
            ("张敏", "门禁卡请到行政部领取。"),
        ),
    ),
    Chat(
        "anna",
        188,
        (
            ("bob", "Hi Anna, which port does the new test server listen on?"),
            ("anna", "8000, as always."),
            ("bob", "Thanks. The client finds it by itself then."),
        ),
    ),
    Chat(
        "服务器组",
        141,
        (
            ("王伟", "新版本的数据库迁移已经跑完了，耗时三分钟。"),
            ("anna", "Nice. Any locked tables?"),
            ("王伟", "没有，读写都正常。"),
            ("dave", "I will watch the graphs tonight."),
            ("刘洋", "辛苦了！"),
        ),
    ),
    Chat(
        "李娜",
        93,
        (
            ("王伟", "未读数的问题修好了，你再试一下？"),
            ("李娜", "好了，谢谢！"),
            ("李娜", "顺便问一下，历史消息一次最多取多少条？"),
            ("王伟", "一页一千条，一般二十条就够。"),
        ),
    ),
    Chat(
        "客户端组",
        70,
        (
            ("李娜", "The new emoticons look good on my phone."),
            ("bob", "On the desktop one of them is upside down."),
            ("zhaolei", "那个我来修。"),
        ),
    ),
    Chat(
        "carol",
        49,
        (
            ("frank", "Do we have the figures for October?"),
            ("carol", "By five o'clock."),
            ("frank", "You are the best."),
        ),
    ),
    Chat(
        "周末爬山 Hiking",
        27,
        (
            ("zhaolei", "周六早上八点，老地方集合？"),
            ("anna", "Count me in. I bring the tea."),
            ("张敏", "我可能晚到十分钟。"),
            ("bob", "Is it going to rain?"),
            ("李娜", "天气预报说晴天。"),
        ),
    ),
    Chat(
        "anna",
        5,
        (
            ("dave", "The backup of last night went through."),
            ("anna", "Then let us ship it."),
            ("dave", "It is Friday…"),
        ),
    ),
    Chat("anna", 2, (("王伟", "有空的时候看一下我的补丁，不急。"), ("王伟", "测试都过了。"))),
)
