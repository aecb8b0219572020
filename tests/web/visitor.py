"""Somebody in front of the web client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from playwright.async_api import Locator, Page, expect

from acceptance.client import PASSWORD

if TYPE_CHECKING:
    from browsing import OpenPage


class Visitor:
    """A page, and what a person does with it."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name

    @classmethod
    async def sign_in(cls, open_page: OpenPage, url: str, name: str, **options: object) -> Self:
        visitor = cls(await open_page(url, **options), name)
        await visitor.type_credentials(PASSWORD)
        await visitor.is_in()
        return visitor

    async def type_credentials(self, password: str) -> None:
        await self.page.fill("input[name=name]", self.name)
        await self.page.fill("input[name=password]", password)
        await self.page.click("button[type=submit]")

    async def is_in(self) -> None:
        await expect(self.page.locator(".app")).to_be_visible()

    async def is_out(self) -> None:
        await expect(self.page.locator(".signin")).to_be_visible()

    async def go(self, panel: str) -> None:
        """To chats, contacts or groups."""
        await self.page.click(f".rail .tab >> text='{panel}'")

    def row(self, name: str) -> Locator:
        """An entry of the list that is shown."""
        return (
            self.page.locator(".side .row button").filter(has=self.page.get_by_text(name, exact=True)).first
        )

    async def open_contact(self, name: str) -> None:
        await self.go("Contacts")
        await self.page.fill(".side input[type=search]", name)
        await self.row(name).click()
        await expect(self.page.locator("#draft")).to_be_visible()

    async def open_chat(self, name: str) -> None:
        await self.go("Chats")
        await self.row(name).click()
        await expect(self.page.locator("#draft")).to_be_visible()

    async def say(self, text: str) -> None:
        await self.page.fill("#draft", text)
        await self.page.press("#draft", "Enter")

    def message(self, text: str) -> Locator:
        """The message with exactly this text."""
        exactly = re.compile(f"^\\s*{re.escape(text)}\\s*$")
        return self.page.locator("hy-thread article").filter(
            has=self.page.locator(".bubble", has_text=exactly)
        )

    async def sees(self, text: str) -> None:
        await expect(self.message(text)).to_have_count(1)

    async def has_sent(self, text: str) -> None:
        await expect(self.message(text).get_by_role("img", name="sent")).to_have_count(1)
