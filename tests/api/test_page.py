"""The page to try the HTTP API, from this server alone and under its content security policy."""

import pytest

from browsing import OpenPage

from .running import ApiSuite

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_operation_is_tried_with_a_key(suite: ApiSuite, open_page: OpenPage) -> None:
    token = suite.key("page", ["users:read"])
    page = await open_page(f"{suite.base_url}/api/docs")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.get_by_role("button", name="Authorize").first.click()
    await page.get_by_label("Value").fill(token)
    await page.locator(".auth-btn-wrapper .authorize").click()
    await page.locator(".btn-done").click()
    operation = page.locator("#operations-keys-get_me")
    await operation.locator(".opblock-summary-control").click()
    await operation.get_by_role("button", name="Try it out").click()
    await operation.get_by_role("button", name="Execute").click()
    await operation.locator(".live-responses-table").get_by_text('"users:read"').first.wait_for()
    assert all(url.startswith((suite.base_url, "data:")) for url in asked)
