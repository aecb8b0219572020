"""The screens, as somebody sees and uses them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Static

from hongyan.chat.app import ChatApp
from hongyan.chat.views.composer import Composer
from hongyan.chat.views.history import HistoryView
from hongyan.chat.views.lists import Rows
from hongyan.client import ConnectionLost, Conversation, Kicked, KickReason, RequestRefused, Typing

from .stub import BOB, TEAM, TO_BOB, WANG, StubClient


class Screen:
    """The app under the pilot, with words for what is on it."""

    def __init__(self, client: StubClient, pilot: Pilot[str]) -> None:
        self.client = client
        self.pilot = pilot
        self.app = pilot.app

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await self.pilot.pause(0.02)

    async def until_shown(self, text: str) -> None:
        await self.until(lambda: text in self.text())

    def text(self) -> str:
        """Everything on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        self.app.query_one(Composer).insert(text)
        await self.pilot.pause()

    async def open_bob(self) -> None:
        await self.until_shown("Bob")
        await self.press("f2", "home", "enter")
        await self.until_shown("line 100")

    @property
    def title(self) -> str:
        return str(self.app.query_one("#title", Static).content)


@asynccontextmanager
async def running(size: tuple[int, int] = (100, 30)) -> AsyncIterator[Screen]:
    client = StubClient()
    app = ChatApp(client, "anna at home")  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        yield Screen(client, pilot)


async def test_the_lists_show_who_wrote_and_what_is_unread() -> None:
    async with running() as screen:
        await screen.until_shown("line 100")
        text = screen.text()
        assert "● Bob" in text
        assert " 2 " in text
        assert "# Team 团队" in text
        assert "王伟: welcome" in text
        assert "● online  anna at home" in text


async def test_enter_opens_the_first_conversation_of_a_fresh_list() -> None:
    async with running() as screen:
        await screen.until_shown("Bob")
        await screen.press("enter")
        await screen.until_shown("line 100")
        assert screen.title


async def test_opening_a_conversation_shows_its_end_and_counts_as_reading() -> None:
    async with running() as screen:
        await screen.open_bob()
        assert screen.title.startswith("Bob  online  busy")
        assert ("read", TO_BOB, 100) in screen.client.told
        assert "2024-05-01 Wednesday" not in screen.text()
        assert [told for told in screen.client.told if told[0] == "history"] == [("history", TO_BOB, 0)]


async def test_older_messages_load_as_one_scrolls_up_and_the_place_is_kept() -> None:
    async with running() as screen:
        await screen.open_bob()
        view = screen.app.query_one(HistoryView)
        for _ in range(20):
            await screen.press("pageup")
            await screen.pilot.pause()
        await screen.until_shown("line 1 ")
        pages = [
            before
            for what, of, before in (told for told in screen.client.told if len(told) == 3)
            if what == "history" and of == TO_BOB
        ]
        assert pages == [0, 61, 21]
        assert view.scroll_offset.y == 0
        screen.client.say("a new one")
        await screen.pilot.pause(0.1)
        assert view.scroll_offset.y == 0, "a new message must not tear the reader away"
        assert screen.app.focused is screen.app.query_one(Composer)


async def test_what_is_written_is_sent_shown_and_told_while_it_is_typed() -> None:
    async with running() as screen:
        await screen.open_bob()
        screen.client.hold = asyncio.Event()
        await screen.write("你好 [bold]x[/bold]")
        await screen.until(lambda: ("typing", BOB, True) in screen.client.told)
        await screen.press("enter")
        await screen.until_shown("你好 [bold]x[/bold]  … sending")
        assert screen.app.query_one(Composer).text == ""
        screen.client.hold.set()
        await screen.until(lambda: "sending" not in screen.text())
        assert ("send", TO_BOB, "你好 [bold]x[/bold]") in screen.client.told


async def test_a_message_that_fails_says_why_and_can_be_sent_again() -> None:
    async with running() as screen:
        await screen.open_bob()
        screen.client.refusal = RequestRefused(6, "slow down")
        await screen.write("hello")
        await screen.press("enter")
        await screen.until_shown("✗ not sent: slow down (Ctrl+R tries again)")
        screen.client.refusal = None
        await screen.press("ctrl+r")
        await screen.until(lambda: ("send", TO_BOB, "hello") in screen.client.told)
        await screen.until(lambda: "✗" not in screen.text())


async def test_lines_can_be_broken_before_sending() -> None:
    async with running() as screen:
        await screen.open_bob()
        await screen.press("a", "ctrl+j", "b", "enter")
        await screen.until(lambda: ("send", TO_BOB, "a\nb") in screen.client.told)


async def test_a_message_that_comes_in_shows_and_its_controls_do_not_work() -> None:
    async with running() as screen:
        await screen.open_bob()
        screen.client.say("red \x1b[31malert")
        await screen.until_shown("red \ufffd[31malert")
        assert ("read", TO_BOB, 101) in screen.client.told


async def test_typing_of_the_other_side_shows() -> None:
    async with running() as screen:
        await screen.open_bob()
        screen.client.hub.publish(Typing(BOB, is_typing=True))
        await screen.until(lambda: screen.title == "Bob  is typing…")


async def test_the_search_finds_somebody_to_write_to() -> None:
    async with running() as screen:
        await screen.until_shown("Bob")
        await screen.press("f3", *"wang", "enter")
        await screen.until(lambda: screen.title.startswith("王伟"))
        await screen.write("hi")
        await screen.press("enter")
        await screen.until(lambda: ("send", Conversation.with_user(WANG), "hi") in screen.client.told)


async def test_a_group_is_made_of_a_name_and_people() -> None:
    async with running() as screen:
        await screen.until_shown("Bob")
        await screen.press("f4")
        await screen.until_shown("New group")
        await screen.press("ctrl+s")
        await screen.until_shown("Give the group a name")
        await screen.press(*"Fun", "tab", "down", "enter", "down", "space", "ctrl+s")
        await screen.until(lambda: ("create", "Fun", [BOB, WANG]) in screen.client.told)
        await screen.until(lambda: "Fun  3 members" in screen.title)


async def test_members_are_added_and_removed() -> None:
    async with running() as screen:
        await screen.open_bob()
        await screen.press("f5")
        await screen.until_shown("Open a group first")
        await screen.press("ctrl+down")
        await screen.until(lambda: screen.title.startswith("Team"))
        await screen.press("f5")
        await screen.until_shown("[x] 王伟")
        await screen.press("down", "enter", "down", "enter", "ctrl+s")
        await screen.until(lambda: ("remove", TEAM.id, [WANG]) in screen.client.told)
        assert ("add", TEAM.id, [BOB]) in screen.client.told


async def test_a_group_is_muted_and_heard_again() -> None:
    async with running() as screen:
        await screen.open_bob()
        await screen.press("ctrl+down", "f8")
        await screen.until_shown("⊘")
        await screen.press("f8")
        await screen.until(lambda: ("mute", TEAM.id, False) in screen.client.told)


async def test_a_draft_waits_in_its_conversation() -> None:
    async with running() as screen:
        await screen.open_bob()
        await screen.write("half a sen")
        await screen.press("ctrl+down")
        await screen.until(lambda: screen.title.startswith("Team"))
        assert screen.app.query_one(Composer).text == ""
        await screen.press("ctrl+up")
        await screen.until(lambda: screen.app.query_one(Composer).text == "half a sen")


async def test_the_help_opens_and_closes() -> None:
    async with running() as screen:
        await screen.press("f1")
        await screen.until_shown("previous, next conversation")
        await screen.press("escape")
        await screen.until(lambda: "previous, next" not in screen.text())


async def test_a_lost_connection_shows_with_its_reason() -> None:
    async with running() as screen:
        await screen.open_bob()
        screen.client.lose_connection(ConnectionLost("nothing heard for 60 s"))
        await screen.until_shown("◌ offline, trying again: nothing heard for 60 s")


async def test_a_kick_ends_the_app_and_says_why() -> None:
    async with running() as screen:
        await screen.open_bob()
        screen.client.end(Kicked(KickReason.LOGGED_IN_ELSEWHERE))
        await screen.until(lambda: screen.app.return_value is not None)
        assert "logged in on another device" in screen.app.return_value


async def test_a_narrow_terminal_shows_one_thing_at_a_time() -> None:
    async with running((40, 16)) as screen:
        await screen.open_bob()
        assert "Chats" not in screen.text()
        await screen.press("escape")
        await screen.until_shown("Chats")
        assert "line 99" not in screen.text()
        assert screen.app.focused is screen.app.query_one("#chat-rows", Rows)


async def test_all_lines_are_as_wide_as_the_terminal() -> None:
    async with running() as screen:
        screen.client.say("鸿雁传书" * 40)
        await screen.until_shown("鸿雁")
        await screen.press("f2", "home", "enter")
        await screen.until_shown("传书鸿雁传书鸿雁")
        widths = {strip.cell_length for strip in screen.app.screen._compositor.render_strips()}
        assert widths == {100}
