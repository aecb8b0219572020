"""The full-screen client: joins the views to what a user can do."""

from collections.abc import Coroutine
from typing import Any, ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import AppBlur, AppFocus, Resize
from textual.widgets import Static, TabbedContent, TabPane, TextArea

from hongyan.chat.chatter import Chatter
from hongyan.chat.file_notes import FileNotes
from hongyan.chat.files import is_about_files
from hongyan.chat.rows import contact_rows, conversation_rows
from hongyan.chat.text import one_line
from hongyan.chat.views.composer import Composer
from hongyan.chat.views.dialogs import HelpDialog, PeopleDialog
from hongyan.chat.views.history import HistoryView, blocks
from hongyan.chat.views.lists import Chosen, Contacts, Rows
from hongyan.client import Client, ClientError, ClientState, Conversation, Group, Message

NARROW_COLUMNS: Final = 70
"""Below this the list and the conversation take turns."""
_TICK_S: Final = 1.0
_STATES: Final = {
    ClientState.ONLINE: ("● online", "green"),
    ClientState.CONNECTING: ("◌ connecting", "yellow"),
    ClientState.WAITING: ("◌ offline", "yellow"),
    ClientState.CLOSED: ("○ closed", "red"),
    ClientState.NEW: ("○ starting", "dim"),
}


class ChatApp(App[str]):
    """The client on a whole terminal; ``run_async`` returns why it ended, ``None`` when the user left.

    Args:
        client: logged in, for as long as the app runs.
        place: where the user is logged in, for the status line.
    """

    TITLE = "Hongyan"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #side { width: 34; border-right: solid $border-blurred; }
    #title, #status { height: 1; padding: 0 1; background: $panel; }
    #title, #status { text-wrap: nowrap; text-overflow: ellipsis; }
    Rows { border: none; padding: 0; height: 1fr; background: transparent; scrollbar-size-vertical: 1; }
    Contacts, TabbedContent, ContentSwitcher, TabPane { padding: 0; height: 1fr; }
    #empty { height: 1fr; content-align: center middle; color: $text-muted; }
    .narrow #side { width: 1fr; border: none; }
    ModalScreen { align: center middle; }
    .dialog { width: 60; max-width: 95%; height: auto; max-height: 90%; padding: 1 2; border: round $border;
              background: $surface; }
    .dialog OptionList { height: auto; max-height: 14; border: none; }
    #problem { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help"),
        Binding("f2", "chats", "Chats"),
        Binding("f3", "contacts", "Contacts"),
        Binding("f4", "new_group", "New group"),
        Binding("f5", "members", "Members"),
        Binding("f8", "mute", "Mute"),  # F6 and F7 are the text field's own
        Binding("ctrl+r", "retry", "Send again"),
        Binding("ctrl+up", "step(-1)", "Previous", priority=True),
        Binding("ctrl+down", "step(1)", "Next", priority=True),
        Binding("escape", "to_list", "Back"),
        Binding("ctrl+q", "quit", "Quit", priority=True),
    ]

    def __init__(self, client: Client, place: str) -> None:
        super().__init__()
        self._chatter = Chatter(client, self._changed, self._call_attention)
        self._model = self._chatter.model
        self._files = FileNotes(client, self._model, self._changed, self.bell)
        self._place = place
        self._shown: Conversation | None = None
        self._is_dirty = False

    def compose(self) -> ComposeResult:
        """Lay out the lists on the left and the conversation on the right."""
        with Horizontal():
            with Vertical(id="side"), TabbedContent(id="tabs"):
                with TabPane("Chats", id="chats"):
                    yield Rows(id="chat-rows")
                with TabPane("Contacts", id="contacts"):
                    yield Contacts()
            with Vertical(id="main"):
                yield Static(id="title")
                yield Static("Choose a conversation on the left, or F3 for somebody new", id="empty")
                yield HistoryView()
                yield Composer()
        yield Static(id="status")

    def on_mount(self) -> None:
        """Start listening and fill the lists."""
        self.set_interval(_TICK_S, self._changed)
        self._follow()
        self._do(self._files.follow())
        self._do(self._chatter.refresh())
        self._do(self._files.tell_waiting())
        self.query_one("#chat-rows", Rows).focus()
        self._lay_out()

    @work
    async def _follow(self) -> None:
        """Take what happens until the client ends, which ends the app."""
        try:
            await self._chatter.follow()
        except* ClientError as ended:
            self.exit(str(ended.exceptions[0]))

    def _do(self, task: Coroutine[Any, Any, object]) -> None:
        """Start what the user asked for; what goes wrong in it is shown as a notice."""
        self.run_worker(self._guard(task))

    async def _guard(self, task: Coroutine[Any, Any, object]) -> None:
        try:
            await task
        except ClientError as error:
            self._model.notice = one_line(str(error))
            self._changed()

    def _changed(self) -> None:
        """Draw soon; many changes at once are drawn once."""
        if not self._is_dirty:
            self._is_dirty = True
            self.call_later(self._draw)

    def _call_attention(self, _: Message) -> None:
        self.bell()

    def _draw(self) -> None:
        self._is_dirty = False
        if not self.is_running or self._has_dialog():
            return
        self.query_one("#chat-rows", Rows).show(conversation_rows(self._model))
        contacts = self.query_one(Contacts)
        contacts.show(contact_rows(self._model, contacts.search))
        self.query_one("#status", Static).update(self._status())
        self._draw_conversation()

    def _has_dialog(self) -> bool:
        return len(self.screen_stack) > 1

    def _draw_conversation(self) -> None:
        conversation = self._model.open
        for widget in (HistoryView, Composer):
            self.query_one(widget).display = conversation is not None
        self.query_one("#empty").display = conversation is None
        if conversation is None:
            return
        self.query_one("#title", Static).update(self._title(conversation))
        names = self._model.directory.user_name
        shown = blocks(self._model.thread(conversation).entries(), names)
        is_other = self._shown != conversation
        self._shown = conversation
        self.query_one(HistoryView).show(shown, from_end=is_other)

    def _title(self, conversation: Conversation) -> Text:
        directory = self._model.directory
        title = Text(one_line(directory.name_of(conversation)), "bold")
        group = directory.groups.get(conversation.id) if conversation.is_group else None
        if group is not None:
            names = ", ".join(one_line(directory.user_name(user_id)) for user_id in group.member_ids)
            muted = "muted, " if self._model.is_muted(conversation) else ""
            title.append(f"  {muted}{len(group.member_ids)} members: {names}", "dim")
        elif not conversation.is_group:
            title.append(f"  {self._person_state(conversation.id)}", "dim")
        return title

    def _person_state(self, user_id: int) -> str:
        if self._model.is_typing(user_id):
            return "is typing…"
        user = self._model.directory.users.get(user_id)
        state = "online" if self._model.directory.is_online(user_id) else "offline"
        return f"{state}  {one_line(user.signature)}" if user is not None and user.signature else state

    def _status(self) -> Text:
        change = self._model.state
        text, color = _STATES[change.state]
        status = Text.assemble((text, color))
        if change.retry_in_s is not None:
            status.append(f", trying again: {one_line(str(change.error))}", "yellow")
        elif self._model.notice:
            status.append(f"  {self._model.notice}", "yellow")
        else:
            status.append(f"  {self._place}  F1 help  F3 contacts  F4 new group  Ctrl+Q quit", "dim")
        return status

    @on(Chosen)
    def _choose(self, event: Chosen) -> None:
        self._open(event.conversation)

    def _open(self, conversation: Conversation) -> None:
        self._keep_draft()
        composer = self.query_one(Composer)
        self._model.open = conversation
        composer.text = self._model.thread(conversation).draft
        composer.display = True
        composer.focus()
        self._lay_out()
        self._do(self._chatter.open(conversation))

    def _keep_draft(self) -> None:
        if self._model.open is not None:
            self._model.thread(self._model.open).draft = self.query_one(Composer).text

    @on(Contacts.Searched)
    def _search(self) -> None:
        self._changed()

    @on(Composer.Submitted)
    def _submit(self, event: Composer.Submitted) -> None:
        place = self._model.open
        if place is not None:
            self.query_one(HistoryView).scroll_end(animate=False)
            obey = self._files.obey if is_about_files(event.text) else self._chatter.send
            self._do(obey(place, event.text))

    @on(TextArea.Changed)
    def _write(self) -> None:
        if self._model.open is not None:
            is_typing = bool(self.query_one(Composer).text)
            self._do(self._chatter.typing(self._model.open, is_typing=is_typing))

    @on(Composer.Scrolled)
    def _scroll(self, event: Composer.Scrolled) -> None:
        view = self.query_one(HistoryView)
        view.scroll_relative(y=event.pages * max(view.size.height - 1, 1), animate=False)

    @on(HistoryView.NearTop)
    def _load_older(self) -> None:
        if self._model.open is not None:
            self.run_worker(self._guard(self._chatter.load_older(self._model.open)), group="older")

    @on(AppFocus)
    def _focused(self) -> None:
        self._model.is_focused = True
        self._do(self._chatter.read())

    @on(AppBlur)
    def _blurred(self) -> None:
        self._model.is_focused = False

    @on(Resize)
    def _resized(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        """On a narrow terminal show the list or the conversation, not both."""
        is_narrow = self.size.width < NARROW_COLUMNS
        self.screen.set_class(is_narrow, "narrow")
        self.query_one("#side").display = not is_narrow or self._model.open is None
        self.query_one("#main").display = not is_narrow or self._model.open is not None

    def _open_group(self) -> Group | None:
        """Return the group on the screen; without one, say what to do."""
        conversation = self._model.open
        if conversation is not None and conversation.is_group:
            return self._model.directory.groups.get(conversation.id)
        self._model.notice = "Open a group first"
        self._changed()
        return None

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(HelpDialog())

    def action_chats(self) -> None:
        """Go to the conversations."""
        self._show_list("chats")
        self.query_one("#chat-rows", Rows).focus()

    def action_contacts(self) -> None:
        """Go to the contacts' search."""
        self._show_list("contacts")
        self.query_one("#search").focus()

    def _show_list(self, tab: str) -> None:
        if self.size.width < NARROW_COLUMNS:
            self._leave_conversation()
        self.query_one("#tabs", TabbedContent).active = tab

    def _leave_conversation(self) -> None:
        self._keep_draft()
        self._model.open = None
        self._shown = None
        self._lay_out()
        self._changed()

    def action_to_list(self) -> None:
        """Go back to the list."""
        self.action_chats()

    def action_step(self, by: int) -> None:
        """Go to the conversation above or below."""
        if self._has_dialog():
            return
        neighbour = self.query_one("#chat-rows", Rows).neighbour(self._model.open, by)
        if neighbour is not None:
            self._open(neighbour)

    @work
    async def action_new_group(self) -> None:
        """Ask for a name and members, and make the group."""
        users = self._others()
        choice = await self.push_screen_wait(PeopleDialog("New group", users, asks_name=True))
        if choice is not None:
            group = await self._chatter.create_group(choice.name, choice.user_ids)
            if group is not None:
                self._open(group.conversation)

    @work
    async def action_members(self) -> None:
        """Show who is in the group, to be changed."""
        group = self._open_group()
        if group is None:
            return
        title = f"Members of {one_line(group.name)}"
        users = [user for user in self._model.directory.users.values() if not user.has_left]
        choice = await self.push_screen_wait(PeopleDialog(title, users, group.member_ids))
        if choice is not None:
            await self._chatter.set_members(group, choice.user_ids)

    def _others(self) -> list[Any]:
        users = self._model.directory.users.values()
        return [user for user in users if not user.has_left and user.id != self._model.own_id]

    def action_mute(self) -> None:
        """Mute the group, or let it ask for attention again."""
        group = self._open_group()
        if group is not None:
            self._do(self._chatter.toggle_mute(group.id))

    def action_retry(self) -> None:
        """Send again what failed."""
        if self._model.open is not None:
            self._do(self._chatter.retry(self._model.open))
