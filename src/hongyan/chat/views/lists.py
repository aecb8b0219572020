"""The lists on the left: conversations, and contacts with a search."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option, OptionDoesNotExist

from hongyan.chat.rows import ContactRow, ConversationRow, Heading
from hongyan.chat.text import fit
from hongyan.client import Conversation

_ONLINE: Final = ("● ", "green")
_OFFLINE: Final = ("○ ", "dim")
_GROUP: Final = ("# ", "dim")
_MUTED: Final = " ⊘"


class Chosen(Message):
    """The user wants to see a conversation."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self.conversation = conversation


class Rows(OptionList):
    """A list of rows that keeps its highlight on the same conversation while it changes."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - the widget's own word
        super().__init__(id=id)
        self._rows: Sequence[Heading | ContactRow | ConversationRow] = []
        self._drawn_width = 0

    def show(self, rows: Sequence[Heading | ContactRow | ConversationRow]) -> None:
        """Show these rows."""
        width = self.scrollable_content_region.width
        if rows == self._rows and width == self._drawn_width:
            return
        highlighted = self.highlighted_option
        self._rows, self._drawn_width = rows, width
        self.set_options([_option(row, max(width, 12)) for row in rows])
        if highlighted is not None and highlighted.id is not None:
            self._highlight(highlighted.id)
        if self.highlighted is None:
            self.action_first()  # so that Enter does something from the beginning

    def _highlight(self, option_id: str) -> None:
        try:
            self.highlighted = self.get_option_index(option_id)
        except OptionDoesNotExist:
            self.highlighted = None

    @property
    def places(self) -> list[Conversation]:
        """The conversations in the order in which they are shown."""
        return [row.conversation for row in self._rows if not isinstance(row, Heading)]

    def neighbour(self, current: Conversation | None, by: int) -> Conversation | None:
        """Return the conversation ``by`` rows below the current one, or above; from the end to the start."""
        places = self.places
        if not places:
            return None
        at = places.index(current) if current in places else -max(by, 0)
        return places[(at + by) % len(places)]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Report the choice."""
        event.stop()
        row = self._rows[event.option_index]
        if not isinstance(row, Heading):
            self.post_message(Chosen(row.conversation))

    def on_resize(self) -> None:
        """Draw to the new width."""
        self.show(self._rows)


class Contacts(Vertical):
    """Everybody by department, and the groups; the search narrows as one types."""

    class Searched(Message):
        """The search text changed."""

    def compose(self) -> ComposeResult:
        """Lay out the search and the list."""
        yield Input(placeholder="Search", id="search", compact=True)
        yield Rows(id="contact-rows")

    @property
    def search(self) -> str:
        """What is looked for."""
        return self.query_one("#search", Input).value.strip()

    def show(self, rows: Sequence[Heading | ContactRow]) -> None:
        """Show these rows."""
        self.query_one(Rows).show(rows)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self.post_message(self.Searched())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the best match."""
        event.stop()
        places = self.query_one(Rows).places
        if places:
            self.post_message(Chosen(places[0]))


def _option(row: Heading | ContactRow | ConversationRow, width: int) -> Option:
    if isinstance(row, Heading):
        return Option(Text(fit(row.title, width), "bold"), disabled=True)
    key = f"{row.conversation.kind.name}-{row.conversation.id}"
    draw = _contact if isinstance(row, ContactRow) else _conversation
    return Option(draw(row, width), id=key)  # type: ignore[arg-type] # chosen by the row's class


def _dot(conversation: Conversation, *, is_online: bool) -> tuple[str, str]:
    if conversation.is_group:
        return _GROUP
    return _ONLINE if is_online else _OFFLINE


def _contact(row: ContactRow, width: int) -> Text:
    line = Text.assemble(_dot(row.conversation, is_online=row.is_online), row.title)
    if row.detail:
        line.append("  " + row.detail, "dim")
    line.truncate(width, overflow="ellipsis")
    return line


def _conversation(row: ConversationRow, width: int) -> Text:
    when = _when(row.at)
    mark = _MUTED if row.is_muted else ""
    title = fit(row.title + mark, width - 3 - len(when))
    badge = f" {row.unread} " if row.unread else ""
    preview = fit(row.preview, width - 2 - cell_len(badge))
    return Text.assemble(
        _dot(row.conversation, is_online=row.is_online),
        (title, "bold" if row.unread else ""),
        (" " + when, "dim"),
        "\n  ",
        (preview, "dim"),
        (badge, "dim reverse" if row.is_muted else "bold reverse"),
    )


def _when(at: float) -> str:
    """Show a time of today as a time, an older one as a day."""
    if not at:
        return ""
    then, now = datetime.fromtimestamp(at).astimezone(), datetime.now().astimezone()
    if then.date() == now.date():
        return f"{then:%H:%M}"
    return f"{then:%m-%d}" if then.year == now.year else f"{then:%Y}"
