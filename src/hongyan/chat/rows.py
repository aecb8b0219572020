"""What the lists on the left show, worked out from the model."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from hongyan.chat.model import ChatModel
from hongyan.chat.text import one_line
from hongyan.client import Conversation, Department, User


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A line of the conversation list; ``at`` is 0 when nothing was written yet."""

    conversation: Conversation
    title: str
    preview: str
    at: float
    unread: int
    is_online: bool
    is_muted: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """A department, or the groups."""

    title: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """Somebody, or a group, that can be written to."""

    conversation: Conversation
    title: str
    detail: str
    is_online: bool


def conversation_rows(model: ChatModel) -> list[ConversationRow]:
    """List the conversations, the newest message first; the open one is always among them."""
    shown = set(model.latest)
    if model.open is not None:
        shown.add(model.open)
    rows = [_conversation_row(model, conversation) for conversation in shown]
    return sorted(rows, key=lambda row: (-row.at, row.title, row.conversation))


def _conversation_row(model: ChatModel, conversation: Conversation) -> ConversationRow:
    latest = model.latest.get(conversation)
    return ConversationRow(
        conversation=conversation,
        title=one_line(model.directory.name_of(conversation)),
        preview=_preview(model, conversation),
        at=latest.at if latest is not None else 0.0,
        unread=model.unread.get(conversation, 0),
        is_online=not conversation.is_group and model.directory.is_online(conversation.id),
        is_muted=model.is_muted(conversation),
    )


def _preview(model: ChatModel, conversation: Conversation) -> str:
    latest = model.latest.get(conversation)
    if not conversation.is_group and model.is_typing(conversation.id):
        return "is typing…"
    if latest is None:
        return ""
    if not conversation.is_group:
        return latest.text
    return f"{one_line(model.directory.user_name(latest.sender_id))}: {latest.text}"


def contact_rows(model: ChatModel, search: str = "") -> list[Heading | ContactRow]:
    """List people by department, then groups; with a search, only those whose name matches."""
    directory = model.directory
    found = {user.id for user in directory.find(search)}
    by_department: dict[int, list[User]] = defaultdict(list)
    for user in directory.users.values():
        if user.id in found and user.id != model.own_id:
            by_department[user.department_id].append(user)
    rows: list[Heading | ContactRow] = []
    for department_id in _department_order(model, set(by_department)):
        rows.append(Heading(department_path(directory.departments, department_id)))
        rows += _people(model, by_department[department_id])
    return rows + list(_groups(model, search))


def _department_order(model: ChatModel, wanted: set[int]) -> list[int]:
    departments = model.directory.departments

    def key(department_id: int) -> tuple[bool, int, str]:
        department = departments.get(department_id)
        priority = department.priority if department is not None else 0
        return department is None, priority, department_path(departments, department_id)

    return sorted(wanted, key=key)


def department_path(departments: dict[int, Department], department_id: int) -> str:
    """Name a department with those above it."""
    names: list[str] = []
    seen: set[int] = set()
    while department_id in departments and department_id not in seen:
        seen.add(department_id)  # the tree comes from the server, and may be none
        names.append(one_line(departments[department_id].name))
        department_id = departments[department_id].parent_id
    return " / ".join(reversed(names)) or "Others"


def _people(model: ChatModel, users: list[User]) -> Iterator[ContactRow]:
    directory = model.directory
    for user in sorted(users, key=lambda user: (not directory.is_online(user.id), user.display_name)):
        title, detail = one_line(user.display_name), one_line(user.signature)
        yield ContactRow(user.conversation, title, detail, directory.is_online(user.id))


def _groups(model: ChatModel, search: str) -> Iterator[Heading | ContactRow]:
    wanted = search.casefold()
    groups = [one for one in model.directory.groups.values() if wanted in one.name.casefold()]
    mine = [one for one in groups if model.own_id in one.member_ids]
    if mine:
        yield Heading("Groups")
    for group in sorted(mine, key=lambda group: group.name):
        detail = f"{len(group.member_ids)} members"
        yield ContactRow(group.conversation, one_line(group.name), detail, is_online=False)
