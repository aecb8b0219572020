"""What stands over the screen for a moment: help, and choosing people."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from hongyan.chat.text import one_line
from hongyan.client import User

HELP: Final = (
    ("Enter", "send; in a list, open"),
    ("Ctrl+J", "begin a new line"),
    ("Tab", "next field"),
    ("Esc", "back to the list"),
    ("F2, F3", "conversations, contacts"),
    ("Ctrl+Up, Down", "previous, next conversation"),
    ("PgUp, PgDn", "page through the messages"),
    ("F4", "new group"),
    ("F5", "members of this group"),
    ("F8", "mute this group, or not"),
    ("Ctrl+R", "send again what failed"),
    ("Ctrl+Q", "quit"),
    ("/file PATH", "send a file to whom you write"),
    ("/files", "the files that wait for you"),
    ("/get N PATH", "fetch one of them, into PATH if given"),
)


class HelpDialog(ModalScreen[None]):
    """The keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,enter,q", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """Lay out the table of keys."""
        width = max(len(keys) for keys, _ in HELP)
        lines = [Text.assemble((keys.ljust(width), "bold"), "  ", what) for keys, what in HELP]
        with Vertical(classes="dialog"):
            yield Label(Text("Keys", "bold"))
            yield Static(Text("\n").join(lines))
            yield Label(Text("Esc closes", "dim"))


@dataclass(frozen=True, slots=True)
class People:
    """Who was chosen, and the name that was given."""

    name: str
    user_ids: frozenset[int]


class PeopleDialog(ModalScreen[People | None]):
    """Choose people, and a name where one is needed; Ctrl+S takes the choice.

    Args:
        title: what the choice is for.
        users: who can be chosen.
        chosen: who is chosen at the beginning.
        asks_name: whether a name is needed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("ctrl+s", "accept", "Done", priority=True),
        Binding("space", "choose", "Choose"),
    ]

    def __init__(
        self, title: str, users: Iterable[User], chosen: Iterable[int] = (), *, asks_name: bool = False
    ) -> None:
        super().__init__()
        self._caption = title
        self._users = sorted(users, key=lambda user: user.display_name)
        self._chosen = set(chosen)
        self._asks_name = asks_name
        self._listed: list[User] = []

    def compose(self) -> ComposeResult:
        """Lay out name, search and list."""
        with Vertical(classes="dialog"):
            yield Label(Text(self._caption, "bold"))
            if self._asks_name:
                yield Input(placeholder="Name of the group", id="name", max_length=64, compact=True)
            yield Input(placeholder="Search", id="people-search", compact=True)
            yield OptionList(id="people")
            yield Label("", id="problem")
            yield Label(Text("Enter or Space chooses, Ctrl+S is done, Esc cancels", "dim"))

    def on_mount(self) -> None:
        """Fill the list."""
        self._show("")
        if not self._asks_name:
            self.query_one("#people").focus()

    def on_key(self, event: Key) -> None:
        """Go from the search into the list."""
        if event.key == "down" and isinstance(self.focused, Input):
            event.stop()
            self.query_one("#people").focus()

    def _show(self, search: str) -> None:
        wanted = search.casefold()
        self._listed = [user for user in self._users if wanted in _names(user)]
        people = self.query_one("#people", OptionList)
        people.set_options([Option(self._label(user)) for user in self._listed])
        people.highlighted = 0 if self._listed else None

    def _label(self, user: User) -> Text:
        label = Text("[x] " if user.id in self._chosen else "[ ] ").append(one_line(user.display_name))
        return label.append(f"  {one_line(user.name)}", "dim") if user.name != user.display_name else label

    @on(Input.Changed, "#people-search")
    def _search(self, event: Input.Changed) -> None:
        self._show(event.value.strip())

    @on(OptionList.OptionSelected)
    def _toggle(self, event: OptionList.OptionSelected) -> None:
        user = self._listed[event.option_index]
        self._chosen ^= {user.id}
        event.option_list.replace_option_prompt_at_index(event.option_index, self._label(user))

    @on(Input.Submitted)
    def _move_on(self) -> None:
        self.focus_next()

    def action_accept(self) -> None:
        """Return the choice, or say what is missing."""
        name = self.query_one("#name", Input).value.strip() if self._asks_name else ""
        problem = self._problem(name)
        if problem:
            self.query_one("#problem", Label).update(Text(problem, "red"))
        else:
            self.dismiss(People(name, frozenset(self._chosen)))

    def _problem(self, name: str) -> str:
        if self._asks_name and not name:
            return "Give the group a name"
        return "" if self._chosen else "Choose somebody"

    def action_choose(self) -> None:
        """Choose the highlighted person, or not."""
        self.query_one("#people", OptionList).action_select()

    def action_cancel(self) -> None:
        """Return nothing."""
        self.dismiss(None)


def _names(user: User) -> str:
    return f"{user.display_name} {user.name} {user.domain}".casefold()
