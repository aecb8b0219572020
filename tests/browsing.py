"""A real browser for tests: Debian's Chromium, driven by Playwright.

Tests that use it run in the session's event loop, since the browser does::

    pytestmark = pytest.mark.asyncio(loop_scope="session")

    async def test_something(open_page: OpenPage) -> None:
        page = await open_page(url)
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

CHROMIUM: Final = os.environ.get("HONGYAN_CHROMIUM", "/usr/bin/chromium")
FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
DEADLINE_MS: Final = 45_000
_HAS_FAILED: Final = pytest.StashKey[bool]()
expect.set_options(timeout=DEADLINE_MS)
HARMLESS: Final = ("net::ERR_", "WebSocket connection to", "Failed to load resource")
"""What the console says of a server that a test has stopped, or of an answer that a test provokes."""


class OpenPage(Protocol):
    """Opens a page in a browser profile of its own, or in that of another page.

    The options are Playwright's for a new context, such as ``locale``, ``viewport`` and
    ``color_scheme``. A test fails when a page of its had an uncaught error or logged one.
    """

    async def __call__(self, url: str, beside: Page | None = None, **options: Any) -> Page: ...


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser: one for all tests. Without it the tests say so, and under CI they fail."""
    if shutil.which(CHROMIUM) is None:
        missing = f"there is no {CHROMIUM}; run scripts/install_test_servers.sh"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(
    chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[OpenPage]:
    """Opens pages, and holds them to account at the end of the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    async def open_one(url: str, beside: Page | None = None, **options: Any) -> Page:
        if beside is None:
            context = await chromium.new_context(**{"locale": "en-GB", **options})
            context.set_default_timeout(DEADLINE_MS)
            contexts.append(context)
        else:
            context = beside.context
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(f"uncaught: {error}"))
        page.on("console", lambda message: faults.extend(_fault(message)))
        await page.goto(url)
        return page

    yield open_one
    has_failed = bool(faults) or request.node.stash.get(_HAS_FAILED, False)
    for number, context in enumerate(contexts):
        for index, page in enumerate(context.pages if has_failed else ()):
            await page.screenshot(path=tmp_path / f"page-{number}-{index}.png")
        await context.close()
    assert not faults, f"{faults}; screenshots are in {tmp_path}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes a failure, so that the pages are photographed into the test's folder before they close."""
    report = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
    return report


def _fault(message: ConsoleMessage) -> list[str]:
    text = message.text
    if message.type != "error" or any(harmless in text for harmless in HARMLESS):
        return []
    return [f"console: {text}"]
