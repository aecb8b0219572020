"""That the tests have a browser at all."""

import pytest

from browsing import OpenPage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_page_runs_scripts_and_keeps_profiles_apart(open_page: OpenPage) -> None:
    first = await open_page("data:text/html,<title>one</title>")
    second = await open_page("data:text/html,<title>two</title>", locale="zh-CN")
    assert await first.title() == "one"
    assert await first.evaluate("navigator.language") == "en-GB"
    assert await second.evaluate("navigator.language") == "zh-CN"
