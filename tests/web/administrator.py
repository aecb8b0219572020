"""An administrator in front of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from playwright.async_api import Locator, Page, expect

if TYPE_CHECKING:
    from acceptance.suite import Suite
    from browsing import OpenPage

PASSWORD = "correct horse battery"


def console_url(suite: Suite) -> str:
    """The address of the console."""
    return f"http://{suite.addresses['login_http']}/admin"


class Administrator:
    """A page of the console, and what one does with it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def sign_in(cls, open_page: OpenPage, suite: Suite, **options: object) -> Self:
        admin = cls(await open_page(console_url(suite), **options))
        await admin.type_credentials("root", PASSWORD)
        await expect(admin.page.locator(".console")).to_be_visible()
        return admin

    async def type_credentials(self, name: str, password: str) -> None:
        await self.page.fill("input[name=name]", name)
        await self.page.fill("input[name=password]", password)
        await self.page.click("button[type=submit]")

    async def go(self, page: str) -> None:
        """To a page of the menu."""
        await self.page.click(f".menu .tab:has-text('{page}')")
        await expect(self.page.get_by_role("heading", name=page, exact=True, level=1)).to_be_visible()

    def row(self, text: str) -> Locator:
        """The row of the table in which this text stands."""
        return self.page.locator("main tbody tr").filter(has=self.page.get_by_text(text, exact=True))

    async def find(self, text: str) -> None:
        await self.page.fill("main input[type=search]", text)
        await expect(self.row(text)).to_be_visible()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def fill(self, **values: str) -> None:
        """Fills in the form of the dialog by the names of its fields and sends it."""
        for name, value in values.items():
            await self.page.fill(f"dialog [name={name}]", value)
        await self.send()

    async def send(self) -> None:
        await self.page.click("dialog button.primary")
        await expect(self.page.locator("dialog")).to_have_count(0)
