"""The web client in a real browser: signing in, chatting, and what may go wrong in between."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from measuring import browser
from measuring.ports import free_ports
from playwright.async_api import expect

from acceptance.client import GROUP_TEXT, Client, User
from acceptance.people import People
from acceptance.suite import Suite
from hongyan.wire.cipher import MessageCipher
from web.visitor import Visitor

if TYPE_CHECKING:
    from browsing import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")
CIPHER = MessageCipher()
NARROW = {"width": 390, "height": 780}


def cipher(text: str) -> bytes:
    return CIPHER.encrypt(text.encode())


async def id_of(client: Client, name: str) -> int:
    everybody = (await client.ask("IMAllUserReq", latest_update_time=0)).user_list
    return next(user.user_id for user in everybody if user.user_real_name == name)


async def test_a_wrong_password_is_told_and_the_right_one_lets_in(
    open_page: OpenPage, suite: Suite, url: str
) -> None:
    visitor = Visitor(await open_page(url), suite.people.take_name())
    await visitor.type_credentials("wrong")
    await expect(visitor.page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    await expect(visitor.page.locator("input[name=name]")).to_have_value(visitor.name)
    await Visitor.sign_in(open_page, url, visitor.name)


async def test_a_reload_stays_signed_in_without_keeping_the_password(
    open_page: OpenPage, suite: Suite, url: str
) -> None:
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    kept = await anna.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert anna.name in kept
    assert "wild goose" not in kept
    assert not re.search(r"\b[0-9a-f]{32}\b", kept), "nor its digest, which is as good"
    await anna.page.reload()
    await anna.is_in()
    await anna.page.click(".rail .last")
    await anna.page.click("text='Sign out'")
    await anna.is_out()
    await anna.page.evaluate("(kept) => localStorage.setItem('hongyan.session', kept)", _session_in(kept))
    await anna.page.reload()
    await anna.is_out()  # a copy of the token is worth nothing any more


def _session_in(kept: str) -> str:
    found = re.search(r'"hongyan.session":"((?:[^"\\]|\\.)*)"', kept)
    assert found is not None
    return found.group(1).replace('\\"', '"')


async def test_two_browsers_chat(open_page: OpenPage, suite: Suite, url: str) -> None:
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    bob = await Visitor.sign_in(open_page, url, suite.people.take_name())
    await anna.open_contact(bob.name)
    await anna.say("hello 你好 😀")
    await anna.has_sent("hello 你好 😀")
    await expect(bob.page.locator(".rail .badge")).to_have_text("1")
    await expect(bob.page).to_have_title(re.compile(r"^\(1\) "))
    await bob.open_chat(anna.name)
    await bob.sees("hello 你好 😀")
    await expect(bob.page.locator(".rail .badge")).to_have_count(0)
    await bob.say("hello back")
    await anna.sees("hello back")


async def test_one_sees_that_the_other_is_typing(open_page: OpenPage, suite: Suite, url: str) -> None:
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    bob = await Visitor.sign_in(open_page, url, suite.people.take_name())
    await bob.open_contact(anna.name)
    await anna.open_contact(bob.name)

    async def type_on() -> None:
        while True:  # what was seen long ago is not shown any more
            await anna.page.locator("#draft").press_sequentially("hm ", delay=200)

    async with asyncio.TaskGroup() as tasks:
        typing = tasks.create_task(type_on())
        await expect(bob.page.locator(".conversation header small")).to_have_text("is typing…")
        typing.cancel()


async def test_a_stock_desktop_and_the_page_read_each_other(
    open_page: OpenPage, suite: Suite, people: People, url: str
) -> None:
    name = suite.people.take_name()
    stock = await people.online()
    anna = await Visitor.sign_in(open_page, url, name)
    await anna.open_contact(stock.user.name)
    await anna.say("from the page")
    await stock.hears(cipher("from the page"))
    anna_id = await id_of(stock, name)
    await stock.say(anna_id, cipher("from the desktop"))
    await anna.sees("from the desktop")


async def test_the_desktop_of_the_same_user_stays_and_tabs_stand_beside_each_other(
    open_page: OpenPage, suite: Suite, people: People, url: str
) -> None:
    name, other = suite.people.take_name(), suite.people.take_name()
    own = await people.online(User(name))
    anna = await Visitor.sign_in(open_page, url, name)
    tab = Visitor(await open_page(url, beside=anna.page), name)
    await tab.is_in()
    for each in (anna, tab):
        await each.open_contact(other)
    await anna.say("written in one tab")
    await tab.sees("written in one tab")
    await own.hears(cipher("written in one tab"))
    assert await own.server_time() > 0


async def test_a_group_is_made_and_a_mention_is_noticed(open_page: OpenPage, suite: Suite, url: str) -> None:
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    bob = await Visitor.sign_in(open_page, url, suite.people.take_name())
    page = anna.page
    await page.click("button[aria-label='New group']")
    await page.fill("input[name=group]", "Wild geese")
    await page.fill("dialog input[type=search]", bob.name)
    await page.click(f".pick >> text='{bob.name}'")
    await page.click("dialog button[type=submit]")
    await expect(page.locator(".conversation header strong")).to_have_text("Wild geese")
    await page.locator("#draft").press_sequentially(f"@{bob.name[:6]}")
    await page.locator(".suggestions").get_by_text(bob.name, exact=True).click()
    await page.locator("#draft").press_sequentially("look")
    await page.press("#draft", "Enter")
    await expect(bob.page.locator(".row em.alert")).to_have_text("[You were mentioned]")
    await bob.open_chat("Wild geese")
    await bob.sees(f"@{bob.name} look")
    await expect(bob.page.locator("mark")).to_have_text(f"@{bob.name}")
    await bob.page.click("button[aria-label='Do not disturb']")
    await expect(bob.page.locator("button[aria-label='Do not disturb']")).to_have_attribute(
        "aria-pressed", "true"
    )
    await bob.page.reload()
    await expect(bob.row("Wild geese").get_by_label("muted")).to_be_visible()


async def test_drafts_and_settings_survive_a_reload(open_page: OpenPage, suite: Suite, url: str) -> None:
    anna, bob = suite.people.take_name(), suite.people.take_name()
    visitor = await Visitor.sign_in(open_page, url, anna)
    await visitor.open_contact(bob)
    await visitor.say("first")
    await visitor.has_sent("first")
    await visitor.page.fill("#draft", "half a thought")
    await visitor.page.click(".rail .last")
    await visitor.page.select_option("dialog select >> nth=0", "zh")
    await visitor.page.select_option("dialog select >> nth=1", "dark")
    await expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")
    await visitor.page.reload()
    await visitor.is_in()
    await expect(visitor.page.locator(".side h1")).to_have_text("消息")
    assert await visitor.page.evaluate("document.documentElement.dataset.theme") == "dark"
    await expect(visitor.row(bob)).to_contain_text("half a thought")
    await visitor.row(bob).click()
    await expect(visitor.page.locator("#draft")).to_have_value("half a thought")


async def test_a_history_loads_to_its_beginning_as_one_scrolls(
    open_page: OpenPage, suite: Suite, people: People, url: str
) -> None:
    name = suite.people.take_name()
    writer = await people.online()
    anna_id = await id_of(writer, name)
    total = 320
    seqs = await writer.post_all(anna_id, [cipher(f"number {number}") for number in range(1, total + 1)])
    await writer.acked(seqs[-1])
    anna = await Visitor.sign_in(open_page, url, name)
    await anna.open_chat(writer.user.name)
    await expect(anna.message(f"number {total}")).to_be_in_viewport()
    await browser.scroll_back(anna.page, 1)
    await anna.sees("number 1")
    await expect(anna.page.get_by_text("This is the beginning of the conversation.")).to_be_visible()
    await anna.page.get_by_role("button", name="To the newest message").click()
    await expect(anna.message(f"number {total}")).to_be_in_viewport()


async def test_what_one_reads_stays_where_it_is_when_older_messages_come(
    open_page: OpenPage, suite: Suite, people: People, url: str
) -> None:
    name = suite.people.take_name()
    writer = await people.online()
    anna_id = await id_of(writer, name)
    seqs = await writer.post_all(anna_id, [cipher(f"line {number}") for number in range(1, 301)])
    await writer.acked(seqs[-1])
    anna = await Visitor.sign_in(open_page, url, name)
    await anna.open_chat(writer.user.name)
    await anna.sees("line 300")
    await anna.page.locator("hy-thread").evaluate("(element) => element.scrollBy(0, -1200)")
    await expect(anna.page.get_by_role("button", name="To the newest message")).to_be_visible()
    before = await anna.message("line 285").bounding_box()
    await writer.say(anna_id, cipher("a new one"))
    await expect(anna.row(writer.user.name)).to_contain_text("a new one")
    await anna.sees("line 230")  # older ones have come too
    after = await anna.message("line 285").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2


async def test_a_restart_is_shown_and_loses_nothing(open_page: OpenPage, tmp_path: Path) -> None:
    http, ws = free_ports(2)
    suite = Suite(tmp_path, "", "--port", f"login_http={http}", "--port", f"msg_ws={ws}")
    suite.start()
    try:
        url = f"http://{suite.addresses['login_http']}/"
        anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
        bob = await Visitor.sign_in(open_page, url, suite.people.take_name())
        await anna.open_contact(bob.name)
        await bob.open_contact(anna.name)
        await anna.say("before")
        await bob.sees("before")
        suite.kill()
        await expect(anna.page.locator(".link-state")).to_be_visible()
        await anna.say("meanwhile")
        await anna.sees("meanwhile")
        await expect(anna.message("meanwhile").get_by_role("img", name="sending")).to_be_visible()
        suite.start()
        await anna.has_sent("meanwhile")
        await bob.sees("meanwhile")
        await bob.say("after")
        await anna.sees("after")
        for visitor in (anna, bob):
            await expect(visitor.page.locator(".link-state")).to_have_count(0)
            await expect(visitor.page.locator("article .bubble")).to_have_text(
                ["before", "meanwhile", "after"]
            )
    finally:
        suite.stop()


async def test_a_message_that_is_refused_can_be_tried_again_or_discarded(
    open_page: OpenPage, suite: Suite, people: People, url: str
) -> None:
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    creator = await people.online()
    anna_id = await id_of(creator, anna.name)
    group = (await creator.create_group(anna_id, creator.user_id + 100_000, name="Short-lived")).group_id
    await creator.say(group, cipher("welcome"), GROUP_TEXT)
    await anna.open_chat("Short-lived")
    await creator.change_members(group, 2, anna_id)
    await anna.say("too late")
    await expect(anna.page.get_by_role("alert")).to_contain_text("not sent")
    await anna.page.click("text='Try again'")
    await expect(anna.page.get_by_role("alert")).to_contain_text("not sent")
    await anna.page.click("text='Discard'")
    await expect(anna.message("too late")).to_have_count(0)


async def test_on_a_narrow_screen_one_pane_is_shown_at_a_time(
    open_page: OpenPage, suite: Suite, url: str
) -> None:
    bob = suite.people.take_name()
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name(), viewport=NARROW)
    await anna.open_contact(bob)
    await expect(anna.page.locator(".side")).to_be_hidden()
    await anna.say("hello")
    await anna.has_sent("hello")
    await anna.page.click("button[aria-label='Back']")
    await expect(anna.page.locator(".side")).to_be_visible()
    await expect(anna.page.locator(".conversation")).to_be_hidden()
    assert await anna.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


async def test_the_keyboard_is_enough(open_page: OpenPage, suite: Suite, url: str) -> None:
    bob = suite.people.take_name()
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    keyboard = anna.page.keyboard
    await anna.page.get_by_role("button", name="Contacts").focus()
    await keyboard.press("Enter")
    await anna.page.get_by_role("searchbox").focus()
    await keyboard.type(bob)
    first = anna.page.locator(".side .row button").first
    await expect(first.locator("strong")).to_have_text(bob)  # the list has followed what was typed
    await keyboard.press("Tab")
    await expect(anna.row(bob)).to_be_focused()
    await keyboard.press("Enter")
    await expect(anna.page.locator("#draft")).to_be_focused()
    await keyboard.type("no mouse")
    await keyboard.press("Enter")
    await anna.has_sent("no mouse")
