"""How long the web client takes, measured inside the page: from an act until what it brings is drawn."""

import json
from typing import Any, Final, NamedTuple

from playwright.async_api import Page

OWNER: Final = "u1"
PEER: Final = "u2"
_DRAWN: Final = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))"
_TIMED: Final = """async () => {
    const shown = () => %s;
    const begun = performance.now();
    %s;
    while (!shown()) await new Promise((done) => requestAnimationFrame(done));
    await %s;
    return performance.now() - begun;
}"""
_BACK: Final = """async (first) => {
    const thread = document.querySelector("hy-thread");
    const begun = performance.now();
    let [last, longest, rows] = [begun, 0, 0];
    while (Number(thread.querySelector("[data-row]").dataset.row.slice(1)) > first) {
        thread.scrollTop = 0;
        await %s;
        const now = performance.now();
        longest = Math.max(longest, now - last);
        rows = Math.max(rows, thread.querySelectorAll("article").length);
        last = now;
    }
    return [last - begun, longest, rows];
}"""
_FLING: Final = """async () => {
    const list = document.querySelector(".side hy-list");
    const frames = [];
    for (let step = 0; step < 60; step++) {
        const begun = performance.now();
        list.scrollTop += 2000;
        await %s;
        frames.push(performance.now() - begun);
    }
    return Math.max(...frames);
}"""
HAS_CHATS: Final = 'document.querySelector(".side .row time")'
_SEARCHED: Final = 'document.querySelector(".side input").value === %s'


class Scrolled(NamedTuple):
    """What it took to scroll back: milliseconds, the longest frame of them, the most rows in the page."""

    all_ms: float
    longest_ms: float
    rows: int


async def timed(page: Page, act: str, shown: str) -> float:
    """Return the milliseconds from ``act`` until ``shown`` holds and is drawn."""
    found: float = await page.evaluate(_TIMED % (shown, act, _DRAWN))
    return found


async def sign_in(page: Page, url: str, name: str, password: str) -> float:
    """Fill the form in, send it, and return how long the conversations took."""
    await page.goto(url)
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", password)
    return await timed(page, 'document.querySelector("form").requestSubmit()', HAS_CHATS)


async def reload(page: Page) -> float:
    """Reload, and return how long after the beginning the conversations were there."""
    await page.reload(wait_until="commit")
    await timed(page, "", HAS_CHATS)
    since: float = await page.evaluate("performance.now()")
    return since


async def open_chat(page: Page) -> float:
    """Open the first conversation."""
    act = 'document.querySelector(".side .row button").click()'
    return await timed(page, act, 'document.querySelectorAll("hy-thread article").length > 20')


async def open_contacts(page: Page) -> float:
    """Open the list of everybody."""
    act = 'document.querySelectorAll(".rail .tab")[1].click()'
    return await timed(page, act, 'document.querySelector(".side .department")')


async def type_search(page: Page, text: str) -> float:
    """Type into the search, letter by letter, and return the longest a letter took."""
    longest = 0.0
    for end in range(1, len(text) + 1):
        typed = json.dumps(text[:end])
        act = f'const field = document.querySelector(".side input"); field.value = {typed};'
        act += 'field.dispatchEvent(new Event("input")); await new Promise((done) => setTimeout(done, 10))'
        longest = max(longest, await timed(page, act, _SEARCHED % typed))
    return longest


async def scroll_back(page: Page, first: int) -> Scrolled:
    """Scroll up through the history until the message numbered ``first`` is in the page."""
    found: list[Any] = await page.evaluate(_BACK % _DRAWN, first)
    return Scrolled(*found)


async def scroll_contacts(page: Page) -> float:
    """Scroll through the contacts as fast as one can, and return the longest frame."""
    longest: float = await page.evaluate(_FLING % _DRAWN)
    return longest


async def type_letter(page: Page) -> float:
    """Type one letter of a message."""
    act = 'const field = document.querySelector("#draft"); field.value += "h";'
    act += 'field.dispatchEvent(new Event("input")); await new Promise((done) => setTimeout(done, 10))'
    return await timed(page, act, 'document.querySelector(".composer .send")')


async def send(page: Page) -> float:
    """Send what was typed, and wait until it is said to be stored."""
    act = 'document.querySelector(".composer").requestSubmit()'
    return await timed(page, act, 'document.querySelector("hy-thread .rows > :last-child [title=sent]")')


async def heap_mb(page: Page) -> float:
    """What the page's scripts hold, after the garbage is gone."""
    debugger = await page.context.new_cdp_session(page)
    await debugger.send("HeapProfiler.collectGarbage")
    await debugger.send("Performance.enable")
    found = await debugger.send("Performance.getMetrics")
    await debugger.detach()
    return float(next(each["value"] for each in found["metrics"] if each["name"] == "JSHeapUsedSize")) / 1e6
