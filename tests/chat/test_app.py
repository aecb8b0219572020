"""The screens, as somebody sees and uses them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from hongyan.chat.app import ChatApp
from hongyan.chat.views.composer import Composer
from hongyan.chat.views.history import HistoryView
from hongyan.chat.views.lists import Rows
from hongyan.client import (
    ConnectionLost,
    Conversation,
    FileOffered,
    Kicked,
    KickReason,
    RequestRefused,
    Typing,
)

from .screen import Screen
from .stub import BOB, TEAM, TO_BOB, WANG, StubClient, offer


class StubScreen(Screen):
    """The screen of Anna, who is not connected to anything."""

    def __init__(self, client: StubClient, pilot: Pilot[str]) -> None:
        super().__init__(pilot)
        self.client = client

    async def open_bob(self) -> None:
        await self.until_shown("Bob")
        await self.press("f2", "home", "enter")
        await self.until_shown("line 100")


@asynccontextmanager
async def running(size: tuple[int, int] = (100, 30)) -> AsyncIterator[StubScreen]:
    async with over(StubClient(), size) as screen:
        yield screen


@asynccontextmanager
async def over(client: StubClient, size: tuple[int, int] = (100, 30)) -> AsyncIterator[StubScreen]:
    app = ChatApp(client, "anna at home")  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        yield StubScreen(client, pilot)


async def test_the_lists_show_who_wrote_and_what_is_unread() -> None:
    async with running() as screen:
        for text in ("line 100", "● Bob", " 2 ", "# Team 团队", "王伟: welcome", "● online  anna at home"):
            await screen.until_shown(text)


async def test_enter_opens_the_first_conversation_of_a_fresh_list() -> None:
    async with running() as screen:
        await screen.until_shown("Bob")
        await screen.press("enter")
        await screen.until_shown("line 100")
        assert screen.title


async def test_opening_a_conversation_shows_its_end_and_counts_as_reading() -> None:
    async with running() as screen:
        await screen.open_bob()
        await screen.until(lambda: screen.title.startswith("Bob  online  busy"))
        await screen.until(lambda: ("read", TO_BOB, 100) in screen.client.told)
        assert "2024-05-01 Wednesday" not in screen.text()
        assert [told for told in screen.client.told if told[0] == "history"] == [("history", TO_BOB, 0)]


async def test_older_messages_load_as_one_scrolls_up_and_the_place_is_kept() -> None:
    async with running() as screen:
        await screen.open_bob()
        view = screen.app.query_one(HistoryView)
        while "line 1 " not in screen.text() or view.scroll_offset.y:
            await screen.press("pageup")
            await screen.pilot.pause()
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
        await screen.until(lambda: ("read", TO_BOB, 101) in screen.client.told)


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
        await screen.until(lambda: ("add", TEAM.id, [BOB]) in screen.client.told)


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


async def test_a_file_is_sent_and_tells_how_far_it_is() -> None:
    async with running() as screen:
        await screen.open_bob()
        screen.client.hold = asyncio.Event()
        await screen.say("/file /tmp/my report.pdf")
        await screen.until_shown("● online  my report.pdf: 30 %")
        screen.client.hold.set()
        await screen.until_shown("• sent my report.pdf, 100 bytes")
        assert ("file", TO_BOB, "/tmp/my report.pdf") in screen.client.told  # noqa: S108 - no file
        assert not [told for told in screen.client.told if told[0] == "send"]


async def test_an_offered_file_shows_where_its_sender_writes_and_is_fetched() -> None:
    async with running() as screen:
        await screen.until_shown("Bob")
        screen.client.hub.publish(FileOffered(offer("new")))
        await screen.until_shown("● online  Bob sends new.txt, 5 bytes: /get 1")
        await screen.open_bob()
        await screen.until_shown("• Bob sends new.txt, 5 bytes: /get 1")
        await screen.say("/get 1 /srv")
        await screen.until_shown("• received /srv/new.txt")
        assert ("get", "new", "/srv") in screen.client.told


async def test_files_that_came_before_are_counted_and_listed() -> None:
    client = StubClient()
    client.waiting = [offer("one"), offer("two")]
    async with over(client) as screen:
        await screen.until_shown("2 files wait for you: /files lists them")
        await screen.open_bob()
        await screen.say("/files")
        await screen.until_shown("• Bob sends one.txt, 5 bytes: /get 1")
        await screen.until_shown("• Bob sends two.txt, 5 bytes: /get 2")


async def test_a_file_that_does_not_go_says_why() -> None:
    async with running() as screen:
        await screen.open_bob()
        screen.client.refusal = RequestRefused(6, "slow down")
        await screen.say("/file x")
        await screen.until_shown("• ✗ not sent: slow down")
        await screen.say("/get")
        await screen.until_shown("• ✗ which file? Write /get NUMBER")


async def test_other_words_with_a_slash_are_sent_as_they_are() -> None:
    async with running() as screen:
        await screen.open_bob()
        await screen.say("/etc/hosts")
        await screen.until(lambda: ("send", TO_BOB, "/etc/hosts") in screen.client.told)


async def test_what_comes_after_a_note_stands_below_it_with_its_sender() -> None:
    async with running() as screen:
        await screen.open_bob()
        await screen.say("/files")
        await screen.until_shown("• no file waits for you")
        await screen.say("and now")
        await screen.until(lambda: ("send", TO_BOB, "and now") in screen.client.told)

        def between() -> str:
            _, _, below = screen.text().partition("• no file waits for you")
            name, is_shown, _ = below.partition("and now")
            return name if is_shown else ""

        await screen.until(lambda: "Anna  " in between())
