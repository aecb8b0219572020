"""Where messages are written: Enter sends, Ctrl+J or Alt+Enter begins a line."""

from typing import Final

from textual import events
from textual.message import Message
from textual.widgets import TextArea

_NEW_LINE: Final = frozenset({"ctrl+j", "alt+enter", "shift+enter"})
_SCROLL: Final = {"pageup": -1, "pagedown": 1}


class Composer(TextArea):
    """A text field that grows with what is written."""

    DEFAULT_CSS = """
    Composer { height: auto; max-height: 7; border: tall $border-blurred; }
    Composer:focus { border: tall $border; }
    """

    class Submitted(Message):
        """The text is to be sent."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Scrolled(Message):
        """The user pages through the history without leaving this field."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    def __init__(self) -> None:
        super().__init__(
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder="Write a message",
        )

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            self._take(event)
            self._submit()
        elif event.key in _NEW_LINE:
            self._take(event)
            self.insert("\n")
        elif event.key in _SCROLL:
            self._take(event)
            self.post_message(self.Scrolled(_SCROLL[event.key]))
        else:
            await super()._on_key(event)

    def _take(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    def _submit(self) -> None:
        text = self.text.strip()
        if text:
            self.text = ""
            self.post_message(self.Submitted(text))
