"""What is more than text: pictures, files and voice; the profile, and what is told outside the page."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Route, expect

from acceptance.client import PASSWORD, eventually
from acceptance.people import People
from acceptance.suite import Suite
from hongyan.wire.cipher import MessageCipher

from .visitor import Visitor

if TYPE_CHECKING:
    from browsing import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg=="
)
PICTURE = {"name": "goose.png", "mimeType": "image/png", "buffer": PNG}
BRING = """([selector, event, data]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], "image.png", { type: "image/png" }));
    const how = { bubbles: true, cancelable: true, clipboardData: carried, dataTransfer: carried };
    const kind = event === "paste" ? ClipboardEvent : DragEvent;
    document.querySelector(selector).dispatchEvent(new kind(event, how));
}"""
WATCHED = """(button) => {
    window.classes = [];
    const watch = new MutationObserver(() => classes.push(button.className));
    watch.observe(button, { attributeFilter: ["class"] });
}"""
NOTED = """() => {
    window.noted = [];
    window.Notification = class {
        static permission = "granted";
        static requestPermission = async () => "granted";
        constructor(title, options) { noted.push([title, options.body]); }
    };
}"""


async def two(open_page: OpenPage, suite: Suite, url: str) -> tuple[Visitor, Visitor]:
    """Two people, each with the other's conversation open."""
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    bob = await Visitor.sign_in(open_page, url, suite.people.take_name())
    await anna.open_contact(bob.name)
    await bob.open_contact(anna.name)
    return anna, bob


async def test_pictures_are_picked_pasted_and_dropped_and_enlarged(
    open_page: OpenPage, suite: Suite, url: str
) -> None:
    anna, bob = await two(open_page, suite, url)
    await anna.page.set_input_files("input[type=file]", [PICTURE])
    await expect(bob.page.locator(".picture img")).to_have_count(1)
    data = base64.b64encode(PNG).decode()
    await anna.page.evaluate(BRING, ["#draft", "paste", data])
    await expect(bob.page.locator(".picture img")).to_have_count(2)
    await anna.page.evaluate(BRING, [".conversation", "drop", data])
    await expect(bob.page.locator(".picture img")).to_have_count(3)
    await expect(anna.page.get_by_role("img", name="sent")).to_have_count(3)
    await bob.page.locator(".picture").first.click()
    await expect(bob.page.locator("dialog img.enlarged")).to_have_js_property("naturalWidth", 2)
    await bob.page.keyboard.press("Escape")
    await expect(bob.page.locator("dialog")).to_have_count(0)


async def test_a_file_shows_how_far_it_is_and_stock_clients_get_its_name_and_a_link(
    open_page: OpenPage, suite: Suite, people: People, url: str
) -> None:
    stock = await people.online()
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    await anna.open_contact(stock.user.name)
    go_on = asyncio.Event()

    async def wait(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await anna.page.route(lambda address: not address.startswith(url), wait)
    evil = "<img src=x onerror=hacked=1>.txt"
    await anna.page.set_input_files(
        "input[type=file]", [{"name": evil, "mimeType": "text/plain", "buffer": b"letters" * 300}]
    )
    await expect(anna.page.locator(".file progress")).to_be_visible()
    await expect(anna.page.locator(".file small")).to_contain_text("% of 2.1 KB")
    go_on.set()
    link = anna.page.locator("a.file")
    await expect(link.locator("strong")).to_have_text(evil)
    body = MessageCipher().decrypt((await stock.expect("IMMsgData")).msg_data).decode()
    name, address = body.split("\n")
    assert name == f"\U0001f4ce {evil}"
    answer = await anna.page.request.get(address)
    assert await answer.body() == b"letters" * 300
    assert await anna.page.evaluate("typeof hacked") == "undefined"


async def test_an_upload_can_be_given_up(open_page: OpenPage, suite: Suite, url: str) -> None:
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    await anna.open_contact(suite.people.take_name())
    never = asyncio.Event()

    async def wait(route: Route) -> None:
        await never.wait()
        await route.abort()

    await anna.page.route(lambda address: not address.startswith(url), wait)
    await anna.page.set_input_files("input[type=file]", [{**PICTURE, "name": "unwanted.png"}])
    await anna.page.get_by_role("button", name="Do not send unwanted.png").click()
    await expect(anna.page.locator(".file")).to_have_count(0)
    await anna.say("better so")
    await anna.has_sent("better so")
    never.set()


async def test_an_upload_that_fails_is_tried_again(open_page: OpenPage, suite: Suite, url: str) -> None:
    anna = await Visitor.sign_in(open_page, url, suite.people.take_name())
    await anna.open_contact(suite.people.take_name())
    tried: list[str] = []

    async def fail_once(route: Route) -> None:
        tried.append(route.request.url)
        await (route.abort() if len(tried) == 1 else route.continue_())

    await anna.page.route(lambda address: not address.startswith(url), fail_once)
    await anna.page.set_input_files("input[type=file]", [PICTURE])
    await expect(anna.page.get_by_role("img", name="sent")).to_have_count(1)
    assert len(tried) > 1


async def test_a_voice_message_is_recorded_and_played(open_page: OpenPage, suite: Suite, url: str) -> None:
    anna, bob = await two(open_page, suite, url)
    await anna.page.click("button[aria-label='Record a voice message']")
    await expect(anna.page.locator(".recording")).to_contain_text(re.compile("[1-9] s"))
    await anna.page.click("button[aria-label='Stop and send']")
    await expect(anna.page.get_by_role("img", name="sent")).to_have_count(1)
    heard = bob.page.locator("button.voice")
    await expect(heard).to_have_class("voice")
    await heard.evaluate(WATCHED)
    await heard.click()
    await eventually(
        lambda: bob.page.evaluate("classes"),
        lambda classes: classes == ["voice playing", "voice"],
        "the end of the voice message",
    )
    await expect(heard).not_to_contain_text("cannot play")


async def test_a_picture_and_a_signature_of_ones_own_are_seen_by_others(
    open_page: OpenPage, suite: Suite, url: str
) -> None:
    anna, bob = await two(open_page, suite, url)
    await anna.page.click(".rail .me")
    await anna.page.set_input_files("dialog input[type=file]", [PICTURE])
    await expect(anna.page.locator(".rail .me img")).to_be_visible()
    await anna.page.fill("#signature", "<b>over the mountains</b>")
    await anna.page.click("dialog button[type=submit]")
    await expect(bob.page.locator(".conversation header small")).to_contain_text("<b>over the mountains</b>")
    await expect(bob.page.locator(".conversation header img")).to_have_js_property("naturalWidth", 2)


async def test_a_message_is_notified_unless_one_is_looking_at_it(
    open_page: OpenPage, suite: Suite, people: People, url: str
) -> None:
    anna = Visitor(await open_page(url), suite.people.take_name())
    await anna.page.evaluate(NOTED)
    await anna.type_credentials(PASSWORD)
    await anna.is_in()
    await anna.page.click(".rail .last")
    await anna.page.check("dialog input[type=checkbox]")
    await anna.page.keyboard.press("Escape")
    stock = await people.online()
    await anna.open_contact(stock.user.name)
    await anna.say("hello")
    me = (await stock.expect("IMMsgData")).from_user_id
    await stock.say(me, MessageCipher().encrypt(b"seen at once"))
    await anna.sees("seen at once")
    assert await anna.page.evaluate("noted") == []
    other = await people.online()
    await other.say(me, MessageCipher().encrypt("你好".encode()))
    noted = await eventually(lambda: anna.page.evaluate("noted"), bool, "a notification")
    assert [body for _, body in noted] == ["你好"]
