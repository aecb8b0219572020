"""The messages of a conversation, drawn line by line so that long ones cost no more than what shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hongyan.chat.text import fit, one_line, safe
from hongyan.chat.thread import Delivery, Entry

_TOGETHER: Final = timedelta(minutes=5)
"""Messages of one sender within this time stand under one name."""
_NEAR_TOP: Final = 2
_INDENT: Final = "  "
_NOTE: Final = "• "


@dataclass(frozen=True, slots=True)
class Block:
    """One message with what stands above it: the key of its drawn lines."""

    entry: Entry
    name: str
    new_date: date | None
    has_name: bool


def blocks(entries: list[Entry], name_of: Callable[[int], str]) -> list[Block]:
    """Decide where dates and names stand."""
    result: list[Block] = []
    before: Entry | None = None
    for entry in entries:
        new_date = _date_if_new(entry, before)
        has_name = not entry.is_note and (new_date is not None or before is None or _is_apart(entry, before))
        result.append(Block(entry, one_line(name_of(entry.sender_id)), new_date, has_name))
        before = entry
    return result


def _date_if_new(entry: Entry, before: Entry | None) -> date | None:
    day = entry.at.astimezone().date()
    return day if before is None or before.at.astimezone().date() != day else None


def _is_apart(entry: Entry, before: Entry) -> bool:
    return before.is_note or entry.sender_id != before.sender_id or entry.at - before.at > _TOGETHER


def clock(at: datetime) -> str:
    """Show a time of day as it is here."""
    return f"{at.astimezone():%H:%M}"


class HistoryView(ScrollView, can_focus=True):
    """Scrolls through the messages; asks for older ones near the top."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "history--name",
        "history--own-name",
        "history--dim",
        "history--failed",
    }
    DEFAULT_CSS = """
    HistoryView { height: 1fr; padding: 0 1; }
    HistoryView .history--name { color: $text-primary; text-style: bold; }
    HistoryView .history--own-name { color: $text-accent; text-style: bold; }
    HistoryView .history--dim { text-style: dim; }
    HistoryView .history--failed { color: $text-error; }
    """

    class NearTop(Message):
        """Older messages would show soon."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[Block] = []
        self._drawn: dict[tuple[Block, int], list[Strip]] = {}
        self._lines: list[Strip] = []

    def show(self, shown: list[Block], *, from_end: bool = False) -> None:
        """Show these messages.

        Args:
            shown: from ``blocks``.
            from_end: show the newest, as when another conversation is opened.
        """
        if shown == self._blocks and not from_end:
            return
        was_at_end = from_end or self.scroll_offset.y >= self.max_scroll_y - 1
        below = len(self._lines) - self.scroll_offset.y
        has_older = bool(self._blocks and shown) and shown[0].entry != self._blocks[0].entry
        self._blocks = shown
        self._draw()
        if was_at_end:
            self.call_after_refresh(self._go_to_end)
        elif has_older:
            # What was on the screen stays where it is while a page is put above it.
            self.scroll_to(y=len(self._lines) - below, animate=False)
            self.call_after_refresh(self._ask_if_near_top)

    def _go_to_end(self) -> None:
        self.scroll_end(animate=False, immediate=True)
        if len(self._lines) <= self.size.height:
            self._ask_if_near_top()

    def _draw(self) -> None:
        width = max(self.scrollable_content_region.width, 10)
        drawn = {}
        self._lines = []
        for block in self._blocks:
            key = (block, width)
            drawn[key] = self._drawn.get(key) or self._draw_block(block, width)
            self._lines += drawn[key]
        self._drawn = drawn
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def _draw_block(self, block: Block, width: int) -> list[Strip]:
        lines: list[Text] = []
        if block.new_date is not None:
            lines += self._date_line(block.new_date, width)
        if block.has_name:
            lines.append(self._name_line(block))
        lines += self._body_lines(block.entry, width)
        return [Strip(line.render(self.app.console)) for line in lines]

    def _date_line(self, day: date, width: int) -> list[Text]:
        label = f" {day:%Y-%m-%d %A} "
        return [Text(), Text(label.center(width, "─"), self._style("dim"))]

    def _name_line(self, block: Block) -> Text:
        name = self._style("own-name" if block.entry.is_own else "name")
        return Text.assemble((block.name, name), ("  " + clock(block.entry.at), self._style("dim")))

    def _body_lines(self, entry: Entry, width: int) -> list[Text]:
        style = self._style("dim") if self._is_faint(entry) else Style()
        wrapped = Text(safe(entry.text), style).wrap(self.app.console, width - len(_INDENT), overflow="fold")
        lines = [Text(_INDENT) + line for line in wrapped]
        if entry.is_note:
            lines[0] = Text(_NOTE, style) + wrapped[0]
        if entry.delivery is Delivery.PENDING:
            lines[-1] += Text("  … sending", self._style("dim"))
        elif entry.delivery is Delivery.FAILED:
            problem = fit(f"{_INDENT}✗ not sent: {one_line(entry.problem)} (Ctrl+R tries again)", width)
            lines.append(Text(problem, self._style("failed")))
        return lines

    def _is_faint(self, entry: Entry) -> bool:
        return entry.delivery is Delivery.PENDING or entry.is_note or not entry.is_readable

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"history--{name}", partial=True)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        row = y + self.scroll_offset.y
        strip = self._lines[row] if row < len(self._lines) else Strip.blank(0)
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def on_resize(self, _: events.Resize) -> None:
        """Wrap anew."""
        self._draw()
        self.call_after_refresh(self._go_to_end)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Look for older messages in time."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self._ask_if_near_top()

    def _ask_if_near_top(self) -> None:
        if self._blocks and self.scroll_offset.y <= _NEAR_TOP:
            self.post_message(self.NearTop())
