"""Ten thousand contacts and a conversation of a hundred thousand messages.

The limits are for a machine that runs other tests beside; what is measured on a quiet one stands in
docs/benchmarks/web.md, by scripts/bench_web.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from measuring import browser, crowd, filling

from acceptance.client import PASSWORD
from acceptance.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browsing import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")
USERS, MESSAGES, SESSIONS = 10_000, 100_000, 500


@pytest.fixture
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A suite with a large company; the address of its web client."""
    suite = Suite(tmp_path_factory.mktemp("crowd"))
    suite.admin("user", "add", browser.OWNER.rstrip("1"), "--count", str(USERS), "--password", PASSWORD)
    with filling.database(suite.data) as connection:
        crowd.settle(connection)
        crowd.remember(connection, browser.OWNER, browser.PEER, MESSAGES, SESSIONS)
    try:
        suite.start()
        yield f"http://{suite.addresses['login_http']}/"
    finally:
        suite.stop()


async def test_it_stays_quick_with_many_contacts_and_a_long_history(
    open_page: OpenPage, crowded: str
) -> None:
    page = await open_page(crowded)
    assert await browser.sign_in(page, crowded, browser.OWNER, PASSWORD) < 6000
    assert await browser.reload(page) < 6000
    assert await browser.open_chat(page) < 3000
    assert await browser.open_contacts(page) < 3000
    assert await page.locator(".side .row").count() < 40, "only what can be seen is drawn"
    assert await browser.scroll_contacts(page) < 1000
    for text in ("zhang wei", "王"):
        assert await browser.type_search(page, text) < 1000
        assert await page.locator(".side .row").count() > 5
    scrolled = await browser.scroll_back(page, MESSAGES - 2000)
    assert scrolled.longest_ms < 2000
    assert scrolled.rows <= 240
    nodes = await page.evaluate("document.querySelector('hy-thread .rows').childNodes.length")
    assert nodes < 5 * scrolled.rows, "what left the window leaves nothing behind"
    await page.click(".newest")
    assert await browser.type_letter(page) < 1000
    assert await browser.send(page) < 3000
    assert await browser.heap_mb(page) < 100
