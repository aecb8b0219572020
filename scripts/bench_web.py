"""Measure the web client with a large company and a long past, and write docs/benchmarks/web.md.

Usage: bench_web.py [--runs N] [--messages N]

Ten thousand users in sixty departments, and one who has five hundred conversations, one of them of a hundred
thousand messages. The suite and Debian's Chromium run on this machine.
"""

import argparse
import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

from measuring import browser, crowd, filling, page
from measuring.suite import PASSWORD, add_users, folder, running
from playwright.async_api import Page, async_playwright

CHROMIUM: Final = os.environ.get("HONGYAN_CHROMIUM", "/usr/bin/chromium")
FLAGS: Final = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
USERS: Final = 10_000
SESSIONS: Final = 500
PART_OF_HISTORY: Final = 10_000
TARGET: Final = page.FOLDER / "web.md"
WHAT: Final = {
    "sign_in": ("from the click on *Sign in* to the list of conversations", "1,000 ms", "ms"),
    "reload": ("reload to the list of conversations, signed in", "1,000 ms", "ms"),
    "open_chat": ("open the conversation of 100,000 messages", "300 ms", "ms"),
    "open_contacts": ("open the contacts", "300 ms", "ms"),
    "search": ("a letter typed into the search of contacts, the slowest of ten", "100 ms", "ms"),
    "scroll_contacts": ("longest frame while flinging through the contacts", "100 ms", "ms"),
    "back_10000": ("scroll back through 10,000 messages", "", "ms"),
    "back_all": ("scroll back through all of them, to the first", "", "ms"),
    "back_longest": ("longest frame on the way", "250 ms", "ms"),
    "rows": ("most messages in the page at a time", "260", ""),
    "type_letter": ("a letter typed into a message, all 100,000 loaded", "100 ms", "ms"),
    "send": ("sent and stored, all 100,000 loaded", "200 ms", "ms"),
    "heap": ("heap of the page after the start", "", "MB"),
    "heap_all": ("heap of the page with all 100,000 loaded", "100 MB", "MB"),
}
_PAGE: Final = """\
# The web client with a large company

<!-- Written by scripts/bench_web.py. Do not edit. -->

{users:,} users in 60 departments; one of them has {sessions} conversations, of which one has {messages:,}
messages. `hongyan up` on SQLite and headless Chromium on the same machine, the window 1280 by 800. Times end
when the result is drawn, so few are under the 17 ms of a frame. `tests/web/test_scale.py` holds limits that
are several times higher, for machines that have other things to do.

| what | must stay under | measured |
|---|---|---|
{rows}

Medians of {runs} runs; scrolling back through everything once. {where}
"""

Found = dict[str, float]


@asynccontextmanager
async def signed_out_page() -> AsyncIterator[Page]:
    """Open a page that nobody has used."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield await chromium.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
        await chromium.close()


async def one_run(url: str, messages: int, *, is_last: bool) -> Found:
    """Measure everything once; the way back to the first message only in the last run."""
    async with signed_out_page() as shown:
        found = {"sign_in": await browser.sign_in(shown, url, browser.OWNER, PASSWORD)}
        found["reload"] = await browser.reload(shown)
        found["heap"] = await browser.heap_mb(shown)
        found["open_chat"] = await browser.open_chat(shown)
        found["open_contacts"] = await browser.open_contacts(shown)
        found["scroll_contacts"] = await browser.scroll_contacts(shown)
        found["search"] = max([await browser.type_search(shown, text) for text in ("zhang wei", "王")])
        scrolled = await browser.scroll_back(shown, max(1, messages - PART_OF_HISTORY))
        found |= {"back_10000": scrolled.all_ms, "rows": scrolled.rows, "back_longest": scrolled.longest_ms}
        if is_last:
            found |= await _everything(shown, scrolled)
        return found


async def _everything(shown: Page, before: browser.Scrolled) -> Found:
    scrolled = await browser.scroll_back(shown, 1)
    await shown.click(".newest")
    return {
        "back_all": before.all_ms + scrolled.all_ms,
        "rows": scrolled.rows,
        "back_longest": max(before.longest_ms, scrolled.longest_ms),
        "heap_all": await browser.heap_mb(shown),
        "type_letter": await browser.type_letter(shown),
        "send": await browser.send(shown),
    }


def measure(runs: int, messages: int) -> Found:
    """Fill a database and run; the median of what every run has measured."""
    with folder() as data:
        add_users(data, browser.OWNER.rstrip("1"), USERS)
        with filling.database(data) as connection:
            crowd.settle(connection)
            crowd.remember(connection, browser.OWNER, browser.PEER, messages, SESSIONS)
        with running(data) as suite:
            rounds = [
                asyncio.run(one_run(suite.login_url, messages, is_last=number == runs - 1))
                for number in range(runs)
            ]
    return {name: median(each[name] for each in rounds if name in each) for name in WHAT}


def write(found: Found, runs: int, messages: int, target: Path) -> None:
    """Write the page."""
    rows = "\n".join(
        f"| {what} | {floor} | {found[name]:,.{int(unit == 'MB')}f} {unit}".rstrip() + " |"
        for name, (what, floor, unit) in WHAT.items()
    )
    text = _PAGE.format(
        users=USERS, sessions=SESSIONS, messages=messages, rows=rows, runs=runs, where=page.where()
    )
    target.write_text(text, "utf-8")
    print(text)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    write(measure(options.runs, options.messages), options.runs, options.messages, options.out)


if __name__ == "__main__":
    main()
